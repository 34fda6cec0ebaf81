import { writeFileSync } from 'node:fs'
import { cpus as hostCpus } from 'node:os'
import { parseArgs } from 'node:util'
import type { BusDmaDialectName } from '../../src/sim/kernel/busdma/dialects/names.ts'
import { LOAD_CASES, loadOperation, type LoadCase } from './busdma-loads.ts'
import { compileYardstick, type CYardstick } from './busdma-yardstick.ts'
import { countFor, elapsedNs, medianOf } from './timing.ts'

const DIALECTS: readonly BusDmaDialectName[] = ['dragonfly-2020', 'freebsd-10.4', 'freebsd-main', 'dmalab']
/** A load that does not bounce should take no longer than AIM times what it takes in C; over BOUND it needs work. */
const AIM = 2
const BOUND = 4

interface DialectTimes {
  readonly dialect: BusDmaDialectName
  readonly ns: number
  /** Median of the rounds' ratios to C; null without a compiler. */
  readonly ratio: number | null
}

interface CaseTimes {
  readonly name: string
  readonly cNs: number | null
  readonly dialects: readonly DialectTimes[]
}

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    rounds: { type: 'string', default: '15' },
    'round-ms': { type: 'string', default: '20' },
  },
})
const rounds = wholeNumber('--rounds', values.rounds)
const roundMs = wholeNumber('--round-ms', values['round-ms'])
const yardstick = compileYardstick()
try {
  console.log(
    yardstick === null
      ? 'No C compiler (cc, gcc, clang) works here: times of the dialects only.'
      : `Compared with the same algorithm in C (${yardstick.compiler} -O2), measured in turn with the dialects.`,
  )
  const cases = LOAD_CASES.map((load) => timeCase(load, yardstick))
  cases.forEach(printCase)
  judge(cases)
  if (values.json !== undefined) {
    const host = { cpu: hostCpus()[0]?.model ?? 'unknown', node: process.version }
    const compiler = yardstick?.compiler ?? null
    writeFileSync(values.json, `${JSON.stringify({ host, compiler, rounds, roundMs, cases }, null, 2)}\n`)
  }
} finally {
  yardstick?.remove()
}

/** Each round runs C and every dialect, one after the other, so that what disturbs the host disturbs all. */
function timeCase(load: LoadCase, c: CYardstick | null): CaseTimes {
  const operations = DIALECTS.map((dialect) => loadOperation(dialect, load))
  const counts = operations.map((operation) => countFor(operation, roundMs))
  const cNs: number[] = []
  const ns = operations.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    if (c !== null) cNs.push(c.measure(load, roundMs))
    operations.forEach((operation, i) => ns[i]!.push(elapsedNs(operation, counts[i]!) / counts[i]!))
  }
  return {
    name: load.name,
    cNs: c === null ? null : median(cNs),
    dialects: DIALECTS.map((dialect, i) => {
      const times = ns[i]!
      const ratio = c === null ? null : median(times.map((time, round) => time / cNs[round]!))
      return { dialect, ns: median(times), ratio }
    }),
  }
}

function median(samples: readonly number[]): number {
  return medianOf(Float64Array.from(samples).sort())
}

function printCase({ name, cNs, dialects }: CaseTimes): void {
  console.log(`\n${name}: host ns for load, callback and unload, median of ${rounds} rounds`)
  if (cNs !== null) console.log(`${'C'.padEnd(20)}${cNs.toFixed(1).padStart(10)}`)
  for (const { dialect, ns, ratio } of dialects) {
    const times = ratio === null ? '' : `${ratio.toFixed(2)} x`.padStart(10)
    console.log(dialect.padEnd(20) + ns.toFixed(1).padStart(10) + times)
  }
}

function judge(cases: readonly CaseTimes[]): void {
  if (yardstick === null) return
  const unbounced = cases.filter((_, i) => !bounces(LOAD_CASES[i]!))
  const over = (limit: number): string[] =>
    unbounced.flatMap(({ name, dialects }) =>
      dialects
        .filter(({ ratio }) => ratio !== null && ratio > limit)
        .map(({ dialect, ratio }) => `${dialect}, ${name}: ${ratio!.toFixed(2)} x`),
    )
  const missed = over(AIM)
  if (missed.length === 0)
    console.log(`\nLoads that do not bounce take at most ${AIM} times as long as in C.`)
  else console.log(`\nOver the aim of ${AIM} times C, without bouncing:\n${missed.join('\n')}`)
  const failed = over(BOUND)
  if (failed.length > 0) console.log(`\nOver the bound of ${BOUND} times C:\n${failed.join('\n')}`)
}

function bounces({ tag, firstPfn }: LoadCase): boolean {
  return firstPfn * 4096 > tag.lowaddr
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${option} wants a whole number from 1 on, not "${text}"`)
  return value
}
