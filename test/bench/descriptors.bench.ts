import { writeFileSync } from 'node:fs'
import { cpus as hostCpus } from 'node:os'
import { parseArgs } from 'node:util'
import { objectPerOperation, yardstick } from './controls.ts'
import { descriptorOperations } from './descriptor-operations.ts'
import { report } from './figures.ts'
import type { HeapUse } from './heap.ts'
import { measureHeap } from './heap.ts'
import { wholeNumber } from './options.ts'
import type { Timing } from './timing.ts'
import { timeOperations } from './timing.ts'

/** Most bytes per operation that count as no allocation: what the measurement itself needs. */
const NO_ALLOCATION = 0.5
const MACHINES = [1, 2]

interface Times {
  readonly cpus: number
  readonly timings: readonly (Timing & { readonly ratio: number })[]
}

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    rounds: { type: 'string', default: '15' },
    'round-ms': { type: 'string', default: '20' },
    operations: { type: 'string', default: '10000000' },
  },
})
const rounds = wholeNumber('--rounds', values.rounds)
const roundMs = wholeNumber('--round-ms', values['round-ms'])
const operations = wholeNumber('--operations', values.operations)
const { gc } = globalThis
if (gc === undefined) throw new Error('run this with node --expose-gc, as "npm run bench" does')
const collect = (): void => void gc()

const times = MACHINES.map(timesOn)
times.forEach(printTimes)
const heap = MACHINES.flatMap((cpus) =>
  descriptorOperations(cpus).map((operation) => ({ cpus, ...measureHeap(operation, operations, collect) })),
)
const control = measureHeap(objectPerOperation(), operations, collect)
printHeap()
report(
  times.flatMap(({ cpus, timings }) =>
    timings.slice(1).map(({ name, median, ratio }) => ({
      name: `descriptors/${name}, ${cpus} CPU(s)`,
      value: median,
      unit: 'ns',
      better: 'lower',
      compared: ratio,
    })),
  ),
)
if (values.json !== undefined) {
  const host = { cpu: hostCpus()[0]?.model ?? 'unknown', node: process.version }
  writeFileSync(values.json, `${JSON.stringify({ host, rounds, roundMs, times, heap, control }, null, 2)}\n`)
}

function timesOn(cpus: number): Times {
  const timings = timeOperations([yardstick(), ...descriptorOperations(cpus)], rounds, roundMs)
  const unit = timings[0]!.median
  return { cpus, timings: timings.map((timing) => ({ ...timing, ratio: timing.median / unit })) }
}

function printTimes({ cpus, timings }: Times): void {
  console.log(
    `\nHost ns per operation, ${cpus} CPU(s): median, min, max of ${rounds} rounds; ratio to the yardstick`,
  )
  for (const { name, median, min, max, ratio } of timings) {
    console.log(
      line(
        name,
        [median, min, max].map((ns) => ns.toFixed(1)),
        ratio.toFixed(2),
      ),
    )
  }
}

function printHeap(): void {
  console.log(
    `\nHeap bytes per operation over ${operations} operations: allocated, kept after a full collection`,
  )
  const show = (name: string, use: HeapUse): void =>
    console.log(line(name, [use.allocated.toFixed(4), use.kept.toFixed(4)]))
  for (const use of heap) show(`${use.cpus} CPU(s): ${use.name}`, use)
  show(control.name, control)
  const allocating = heap.filter(({ allocated }) => allocated >= NO_ALLOCATION)
  console.log(
    allocating.length === 0
      ? `No operation allocates (less than ${NO_ALLOCATION} byte each).`
      : `${allocating.length} operation(s) allocate ${NO_ALLOCATION} byte or more.`,
  )
}

function line(name: string, ...columns: (string | string[])[]): string {
  return (
    name.padEnd(72) +
    columns
      .flat()
      .map((column) => column.padStart(10))
      .join('')
  )
}
