import type { Operation } from './operation.ts'

/** Host nanoseconds of one operation, over all rounds. */
export interface Timing {
  readonly name: string
  readonly median: number
  readonly min: number
  readonly max: number
}

/**
 * Times operations against each other. Each round runs all of them, one after the other, so that what disturbs the host
 * for a while disturbs all; how often each runs in a round is found first, which also lets the compiler finish.
 * @param roundMs host time of one operation in one round
 */
export function timeOperations(operations: readonly Operation[], rounds: number, roundMs: number): Timing[] {
  const counts = operations.map((operation) => countFor(operation, roundMs))
  const samples = operations.map(() => new Float64Array(rounds))
  for (let round = 0; round < rounds; round++) {
    operations.forEach((operation, i) => {
      samples[i]![round] = elapsedNs(operation, counts[i]!) / counts[i]!
    })
  }
  return operations.map(({ name }, i) => {
    const sorted = samples[i]!.toSorted()
    return { name, median: medianOf(sorted), min: sorted[0]!, max: sorted[rounds - 1]! }
  })
}

/** How often an operation runs in about `roundMs` milliseconds, a power of two. Twice over, lest one stall of the host count. */
export function countFor(operation: Operation, roundMs: number): number {
  let count = 1
  const wanted = roundMs * 1e6
  while (elapsedNs(operation, count) < wanted || elapsedNs(operation, count) < wanted) count *= 2
  return count
}

export function elapsedNs(operation: Operation, count: number): number {
  const started = process.hrtime.bigint()
  operation.run(count)
  return Number(process.hrtime.bigint() - started)
}

/** CPU time of all threads of the process so far. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

export function medianOf(sorted: Float64Array): number {
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
