import { writeFileSync } from 'node:fs'
import { cpus as hostCpus } from 'node:os'
import { parseArgs } from 'node:util'
import type { BusDmaDialectName } from '../../src/sim/kernel/busdma/dialects/names.ts'
import { LOAD_CASES, type LoadCase } from './busdma-loads.ts'
import { compileYardstick, type CYardstick } from './busdma-yardstick.ts'
import { DialectProcess, serveDialect } from './dialect-process.ts'
import { report } from './figures.ts'
import { wholeNumber } from './options.ts'
import { medianOf } from './timing.ts'

/*
 * Times loads in the manner of some dialects, each in a process of its own, and of the C program in turn with them.
 */

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
    dialect: { type: 'string' },
    json: { type: 'string' },
    rounds: { type: 'string', default: '15' },
    'round-ms': { type: 'string', default: '20' },
  },
})
const rounds = wholeNumber('--rounds', values.rounds)
const roundMs = wholeNumber('--round-ms', values['round-ms'])
const own = DIALECTS.find((dialect) => dialect === values.dialect)
if (own !== undefined) serveDialect(own)
else await compareDialects()

async function compareDialects(): Promise<void> {
  const yardstick = compileYardstick()
  const processes = DIALECTS.map((dialect) => new DialectProcess(dialect))
  try {
    console.log('Each dialect is measured in a process of its own, as a run has one dialect only.')
    console.log(
      yardstick === null
        ? 'No C compiler (cc, gcc, clang) works here: times of the dialects only.'
        : `Compared with the same algorithm in C (${yardstick.compiler} -O2), measured in turn with the dialects.`,
    )
    const cases: CaseTimes[] = []
    for (let i = 0; i < LOAD_CASES.length; i++) {
      const times = await timeCase(i, processes, yardstick)
      printCase(times)
      cases.push(times)
    }
    if (yardstick !== null) judge(cases)
    report(
      cases.flatMap(({ name, dialects }) =>
        dialects.flatMap(({ dialect, ns, ratio }) =>
          ratio === null
            ? []
            : [
                {
                  name: `busdma/${dialect}, ${name}`,
                  value: ns,
                  unit: 'ns',
                  better: 'lower',
                  compared: ratio,
                },
              ],
        ),
      ),
    )
    if (values.json !== undefined) {
      const host = { cpu: hostCpus()[0]?.model ?? 'unknown', node: process.version }
      const compiler = yardstick?.compiler ?? null
      writeFileSync(values.json, `${JSON.stringify({ host, compiler, rounds, roundMs, cases }, null, 2)}\n`)
    }
  } finally {
    processes.forEach((each) => each.end())
    yardstick?.remove()
  }
}

/** Each round runs C and every dialect, one after the other, so that what disturbs the host disturbs all. */
async function timeCase(
  index: number,
  processes: readonly DialectProcess[],
  c: CYardstick | null,
): Promise<CaseTimes> {
  const load = LOAD_CASES[index]!
  const cNs: number[] = []
  const ns = processes.map((): number[] => [])
  for (const each of processes) await each.round(index, roundMs)
  for (let round = 0; round < rounds; round++) {
    if (c !== null) cNs.push(c.measure(load, roundMs))
    for (const [i, each] of processes.entries()) ns[i]!.push(await each.round(index, roundMs))
  }
  return {
    name: load.name,
    cNs: c === null ? null : median(cNs),
    dialects: processes.map(({ dialect }, i) => {
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
