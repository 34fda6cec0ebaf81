import type { Metrics, RunResult } from '../metrics.ts'
import type { IoPath } from '../scenario.ts'
import { judge, metricsOf, predict } from './judge.ts'
import type { Experiment, PlannedRun, ValidationRow } from './types.ts'

const SOURCE =
  'FreeBSD r248508, 2013: unmapped buffers save up to 25 to 30 % of system time on large SMP machines'
const CORES = [1, 2, 4, 8, 16, 32, 64] as const
const BLOCKS = [16, 32] as const
const PIO = 'provider that needs an address'
const PATHS: readonly IoPath[] = ['mapped', 'unmapped']

const coresName = (cores: number): string => (cores === 1 ? '1 core' : `${cores} cores`)
const blockName = (kib: number): string => `16 cores, ${kib} KiB buffers`
const SCENARIOS = [...CORES.map(coresName), ...BLOCKS.map(blockName), PIO]

/** A buffer cache without mappings, on 1 to 64 cores (FreeBSD 2013). */
export const v5: Experiment = {
  id: 'V5',
  title: 'unmapped buffer cache, FreeBSD 2013',
  calibrates: [],
  runs: SCENARIOS.flatMap((scenario) => PATHS.map((path): PlannedRun => ({ scenario, path }))),
  evaluate: rows,
}

/** Processor time as a kernel reports it: shootdown handlers on idle processors go unseen, as the idle thread's. */
export function systemNs(metrics: Metrics): number {
  return metrics.cpu_ns_per_request * metrics.requests - metrics.idle_handler_ns
}

/** Per cent of system time that a scenario saves without mappings. */
function saving(results: readonly RunResult[], scenario: string): number {
  const [mapped, unmapped] = PATHS.map((path) => systemNs(metricsOf(results, scenario, path)))
  return 100 * (1 - unmapped! / mapped!)
}

function rows(results: readonly RunResult[]): readonly ValidationRow[] {
  const savings = CORES.map((cores) => saving(results, coresName(cores)))
  const row = { unit: '%', source: SOURCE, class: 'TREND', published: null } as const
  const note =
    'Sequential reads of files larger than the cache, read ahead, 64 KiB buffers, every buffer reused; 1 socket up to 8 cores, 2 at 16, 4 from 32 on. Handlers on idle processors are left out, as a kernel charges them to nobody.'
  const steps = savings.slice(1).map((value, i) => value - savings[i]!)
  const large = savings.slice(CORES.indexOf(16))
  const nearest = large.reduce((best, value) =>
    Math.abs(value - 27.5) < Math.abs(best - 27.5) ? value : best,
  )
  const pio = PATHS.map((path) => metricsOf(results, PIO, path))
  return [
    ...CORES.map((cores, i) =>
      cores <= 2
        ? judge({
            ...row,
            quantity: `saving, ${coresName(cores)}`,
            low: 0,
            high: 5,
            simulated: savings[i]!,
            note,
          })
        : predict({ ...row, quantity: `saving, ${coresName(cores)}`, simulated: savings[i]!, note }, 'TREND'),
    ),
    judge({
      ...row,
      quantity: 'least rise of the saving from one row to the next',
      low: 0,
      high: null,
      simulated: Math.min(...steps),
    }),
    judge({
      ...row,
      quantity: 'saving of 16, 32 or 64 cores that is nearest to 27.5',
      published: 27.5,
      low: 20,
      high: 35,
      simulated: nearest,
      note: 'Published as up to 25 to 30 %, without the machine.',
    }),
    ...BLOCKS.map((kib) =>
      predict(
        { ...row, quantity: `saving, ${blockName(kib)}`, simulated: saving(results, blockName(kib)) },
        'TREND',
      ),
    ),
    judge({
      ...row,
      quantity: 'provider that needs an address: transient maps for each buffer read',
      unit: '',
      class: 'CHECK',
      low: 1,
      high: 1,
      simulated: pio[1]!.kva_maps / pio[1]!.cache_misses,
    }),
    judge({
      ...row,
      quantity: 'provider that needs an address: time, unmapped over mapped',
      unit: 'times',
      class: 'PRED',
      low: null,
      high: 1.05,
      simulated: pio[1]!.simulated_ns / pio[0]!.simulated_ns,
    }),
  ]
}
