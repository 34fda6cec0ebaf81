import type { IommuPolicy } from '../../kernel/iommu/policy-names.ts'
import type { CostProfile } from '../../machine/costs.ts'
import { runIommuLoop } from './iommu-loop.ts'
import { around, judge, predict } from './judge.ts'
import type { Experiment, ValidationRow } from './types.ts'

const SOURCE =
  'Linux, 2025: NVMe behind an IOMMU, one busy core for each device, 1.93 M and 5.01 M requests per second'
const REQUESTS = 50_000
const PASSTHROUGH_MIOPS = 5.01
const LAZY_MIOPS = 1.93

/** Millions of requests per second of one core. */
export function nvmeRate(
  costs: CostProfile,
  policy: IommuPolicy,
  premapped = false,
  requests = REQUESTS,
): number {
  return 1000 / runIommuLoop({ costs, policy, premapped, requestNs: 1000 / PASSTHROUGH_MIOPS, requests })
}

/** DMA mapping policies in front of fast devices (Linux 2025). */
export const v6: Experiment = {
  id: 'V6',
  title: 'DMA mapping policy on NVMe, Linux 2025',
  calibrates: ['x86new: iommuMap', 'x86new: iommuUnmap', 'V6: request without mapping'],
  runs: [],
  evaluate: (_results, costsOf) => rows(costsOf('x86new')),
}

function rows(costs: CostProfile): readonly ValidationRow[] {
  const M = { unit: 'M/s', source: SOURCE }
  const strict = nvmeRate(costs, 'strict')
  const lazy = nvmeRate(costs, 'lazy')
  return [
    judge({
      ...M,
      quantity: 'passthrough',
      class: 'CAL',
      ...around(PASSTHROUGH_MIOPS, 0.05),
      simulated: nvmeRate(costs, 'passthrough'),
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
    ...(['strict', 'lazy'] as const).map((policy) =>
      judge({
        ...M,
        quantity: `${policy}, buffers mapped beforehand`,
        class: 'PRED',
        ...around(PASSTHROUGH_MIOPS, 0.05),
        simulated: nvmeRate(costs, policy, true),
      }),
    ),
  ]
}
