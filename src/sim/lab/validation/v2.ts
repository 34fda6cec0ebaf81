import type { RunResult } from '../metrics.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { around, judge } from './judge.ts'
import { loopMetrics, loopRuns } from './loop-runs.ts'
import type { Experiment, ValidationRow } from './types.ts'

const SOURCE =
  'DragonFly commit 24712b9068, Apr 2004: pipe between two processors of a DELL-2550, 350 and 550 MB/s'

/** The pipe with mappings that all processors are told of, and with mappings for the reader alone. */
const SCENARIOS = {
  everywhere: 'pipe, everybody is told',
  localOnly: 'pipe, the reader only',
  /** The same two for a processor that computes and maps little. */
  buildEverywhere: 'build, everybody is told',
  buildLocalOnly: 'build, the reader only',
} as const

type PipeTimes = Readonly<Record<keyof typeof SCENARIOS, number>>

/** What a page takes in each scenario, ns. */
export function pipeTimes(results: readonly RunResult[]): PipeTimes {
  const times = Object.entries(SCENARIOS).map(([arm, scenario]) => {
    const { simulated_ns, bytes } = loopMetrics(results, scenario)
    return [arm, simulated_ns / (bytes / PAGE_SIZE)]
  })
  return Object.fromEntries(times) as PipeTimes
}

/** What telling the other processor costs a pipe (DragonFly 2004). */
export const v2: Experiment = {
  id: 'V2',
  title: 'local against global invalidation, DragonFly 2004',
  calibrates: ['p3smp: shootdownBase'],
  runs: loopRuns(Object.values(SCENARIOS)),
  evaluate: (results) => rows(pipeTimes(results)),
}

const MBps = (nsPerPage: number): number => (PAGE_SIZE * 1000) / nsPerPage

function rows(times: PipeTimes): readonly ValidationRow[] {
  const pipe = { source: SOURCE, class: 'PRED' } as const
  const copy = 'The copy costs what V4 says of another machine of that time; nothing else of the pipe is set.'
  return [
    judge({
      source: SOURCE,
      quantity: 'telling the other processor, per page',
      unit: 'us',
      class: 'CAL',
      published: 4.26,
      low: 4.1 * 0.95,
      high: 4.3 * 1.05,
      simulated: (times.everywhere - times.localOnly) / 1000,
      note: 'Sets shootdownBase. 4096 / 350e6 - 4096 / 550e6 s; 4.06 us if the MB are of 2^20 bytes.',
    }),
    judge({
      ...pipe,
      quantity: 'pipe, everybody is told',
      unit: 'MB/s',
      ...around(350, 0.25),
      simulated: MBps(times.everywhere),
      note: copy,
    }),
    judge({
      ...pipe,
      quantity: 'pipe, the reader only',
      unit: 'MB/s',
      ...around(550, 0.25),
      simulated: MBps(times.localOnly),
      note: copy,
    }),
    judge({
      ...pipe,
      quantity: 'gain',
      unit: 'times',
      ...around(550 / 350, 0.1),
      simulated: times.everywhere / times.localOnly,
    }),
    judge({
      source: SOURCE,
      quantity: 'a build, gain',
      unit: 'times',
      class: 'TREND',
      ...around(1, 0.01),
      simulated: times.buildEverywhere / times.buildLocalOnly,
      note: 'Published as unchanged. One map for each millisecond of computing.',
    }),
  ]
}
