import type { RunResult } from '../metrics.ts'
import { around, judge, predict } from './judge.ts'
import { loopMetrics, loopRuns } from './loop-runs.ts'
import type { Experiment, ValidationRow } from './types.ts'

const SOURCE =
  'Linux, 2025: NVMe behind an IOMMU, one busy core for each device, 1.93 M and 5.01 M requests per second'
const PASSTHROUGH_MIOPS = 5.01
const LAZY_MIOPS = 1.93

const POLICIES = ['strict', 'lazy'] as const
const premappedName = (policy: (typeof POLICIES)[number]): string => `${policy}, mapped beforehand`

/** Millions of requests per second of one core. */
export function nvmeRate(results: readonly RunResult[], scenario: string): number {
  const { simulated_ns, requests } = loopMetrics(results, scenario)
  return 1000 / (simulated_ns / requests)
}

/** DMA mapping policies in front of fast devices (Linux 2025). */
export const v6: Experiment = {
  id: 'V6',
  title: 'DMA mapping policy on NVMe, Linux 2025',
  calibrates: ['x86new: iommuMap', 'x86new: iommuUnmap', 'V6: request without mapping'],
  runs: loopRuns(['passthrough', ...POLICIES, ...POLICIES.map(premappedName)]),
  evaluate: rows,
}

function rows(results: readonly RunResult[]): readonly ValidationRow[] {
  const M = { unit: 'M/s', source: SOURCE }
  const strict = nvmeRate(results, 'strict')
  const lazy = nvmeRate(results, 'lazy')
  return [
    judge({
      ...M,
      quantity: 'passthrough',
      class: 'CAL',
      ...around(PASSTHROUGH_MIOPS, 0.05),
      simulated: nvmeRate(results, 'passthrough'),
      note: 'Sets the processor time of a request without mapping: 1 / 5.01 M s.',
    }),
    judge({
      ...M,
      quantity: 'lazy',
      class: 'CAL',
      ...around(LAZY_MIOPS, 0.05),
      simulated: lazy,
      note: 'Sets iommuMap and iommuUnmap together: what is left of 318.5 ns after the other steps of a lazy request.',
    }),
    predict({
      ...M,
      quantity: 'strict',
      simulated: strict,
      note: 'One IOTLB invalidation for each request, waited for; its time is recalled from a paper of 2015.',
    }),
    predict({ unit: 'times', source: SOURCE, quantity: 'lazy over strict', simulated: lazy / strict }),
    ...POLICIES.map((policy) =>
      judge({
        ...M,
        quantity: `${policy}, buffers mapped beforehand`,
        class: 'PRED',
        ...around(PASSTHROUGH_MIOPS, 0.05),
        simulated: nvmeRate(results, premappedName(policy)),
      }),
    ),
  ]
}
