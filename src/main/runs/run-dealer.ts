import type { RunSpec } from '../../sim/lab/scenario.ts'
import { expectedWork, longestFirst } from './expected-work.ts'
import { kindOf } from './run-kind.ts'

/**
 * Deals the runs of a batch out to workers. V8 compiles for each worker what it runs, and shapes the code after it: so a worker
 * keeps to runs of one kind as long as there are any, and then takes a kind that no other worker has. Within a kind the longest runs
 * go first. A worker that has run another kind is still better than a new one, which would compile all of the engine again.
 */
export class RunDealer {
  /** Runs of each kind that were not dealt yet, the next one first. */
  readonly #waiting = new Map<string, number[]>()
  /** What each worker runs. */
  readonly #kinds = new Map<number, string>()
  readonly #work: readonly number[]

  constructor(specs: readonly RunSpec[]) {
    this.#work = specs.map(expectedWork)
    for (const index of longestFirst(specs)) {
      const kind = kindOf(specs[index]!)
      const runs = this.#waiting.get(kind)
      if (runs === undefined) this.#waiting.set(kind, [index])
      else runs.push(index)
    }
  }

  /** Runs that were not dealt yet. */
  get left(): readonly number[] {
    return [...this.#waiting.values()].flat()
  }

  /** @returns the index of the next run for a worker, or null */
  deal(worker: number): number | null {
    const own = this.#kinds.get(worker)
    const kind = own !== undefined && this.#waiting.has(own) ? own : this.#best(worker)
    if (kind === null) return null
    const runs = this.#waiting.get(kind)!
    const index = runs.shift()!
    if (runs.length === 0) this.#waiting.delete(kind)
    this.#kinds.set(worker, kind)
    return index
  }

  /** The kind with the most work left, of those that no other worker has if there are any. */
  #best(worker: number): string | null {
    const taken = new Set([...this.#kinds].filter(([other]) => other !== worker).map(([, kind]) => kind))
    const kinds = [...this.#waiting.keys()]
    const free = kinds.filter((kind) => !taken.has(kind))
    return (free.length > 0 ? free : kinds).reduce<string | null>(
      (best, kind) => (best === null || this.#workOf(kind) > this.#workOf(best) ? kind : best),
      null,
    )
  }

  #workOf(kind: string): number {
    return this.#waiting.get(kind)!.reduce((sum, index) => sum + this.#work[index]!, 0)
  }
}
