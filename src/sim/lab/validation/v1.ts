import type { RunResult } from '../metrics.ts'
import { around, judge, predict } from './judge.ts'
import { loopMetrics, loopRuns, MBpsOf } from './loop-runs.ts'
import type { Experiment, ValidationRow } from './types.ts'

const SOURCE =
  'FreeBSD commit of md(4), https://git.quacker.org/d/freebsd-skq/src/commit/7cd53fdda8de9ad5f7de3a599f7a544c844d99cd/sys/dev/md'

/** Scenarios, by the name of what each reads in MB/s. */
const SCENARIOS = {
  malloc: 'd: no mapping',
  qenter: 'a: pmap_qenter',
  cold: 'b: sf_bufs, cold',
  warm: 'c: sf_bufs, warm',
  /** Second pass with half as many sf_bufs as pages, and with one too few. */
  half: 'half as many sf_bufs',
  oneShort: 'one sf_buf too few',
} as const

type MemoryDiskRates = Readonly<Record<keyof typeof SCENARIOS, number>>

/** What each scenario reads, MB/s. */
export function memoryDiskRates(results: readonly RunResult[]): MemoryDiskRates {
  const rates = Object.entries(SCENARIOS).map(([arm, scenario]) => [
    arm,
    MBpsOf(loopMetrics(results, scenario)),
  ])
  return Object.fromEntries(rates) as MemoryDiskRates
}

/** A memory disk that maps each page in four ways (FreeBSD 2004). */
export const v1: Experiment = {
  id: 'V1',
  title: 'sf_buf memory disk, FreeBSD 2004',
  calibrates: ['p4up: copyPerByte', 'p4up: kvaAlloc'],
  runs: loopRuns(Object.values(SCENARIOS)),
  evaluate: (results) => rows(memoryDiskRates(results)),
}

function rows(rates: MemoryDiskRates): readonly ValidationRow[] {
  const MBps = { unit: 'MB/s', source: SOURCE }
  const check = { unit: '%', source: SOURCE, class: 'CHECK', published: null } as const
  return [
    judge({
      ...MBps,
      quantity: 'd: no mapping (malloc-backed)',
      class: 'CAL',
      ...around(530.2, 0.05),
      simulated: rates.malloc,
      note: 'Sets copyPerByte: copy and the rest of the read path of a page, but for finding eight sectors and beginning eight copies.',
    }),
    judge({
      ...MBps,
      quantity: 'a: address, pmap_qenter, pmap_qremove for each page',
      class: 'CAL',
      ...around(311.5, 0.05),
      simulated: rates.qenter,
      note: 'Sets kvaAlloc: what is left of 13.15 us after the copy, the page found in its object, the entries and the invalidations.',
    }),
    predict({
      ...MBps,
      quantity: 'b: sf_bufs, cold',
      simulated: rates.cold,
      note: 'The pool mapped other pages before: each page is found in its object and costs a search in vain, an entry, one local invlpg, two locks, and its share of lines from memory.',
    }),
    predict({ ...MBps, quantity: 'c: sf_bufs, warm', simulated: rates.warm }),
    judge({
      ...check,
      quantity: 'c against d',
      low: 97,
      high: 103,
      simulated: (100 * rates.warm) / rates.malloc,
    }),
    ...(
      [
        ['half as many sf_bufs as pages, second pass, against b', rates.half],
        ['one sf_buf too few, second pass, against b', rates.oneShort],
      ] as const
    ).map(([quantity, rate]) =>
      judge({ ...check, quantity, low: 99, high: 101, simulated: (100 * rate) / rates.cold }),
    ),
  ]
}
