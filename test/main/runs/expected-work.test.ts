import { expect, it } from 'vitest'
import { loopWorkloadSchemas } from '../../../src/shared/project/loop-schema.ts'
import { longestFirst } from '../../../src/main/runs/expected-work.ts'
import type { RunSpec } from '../../../src/sim/lab/scenario.ts'
import { spec } from '../../sim/lab/scenarios.ts'

const jobOf = (requests: number, requestKiB = 4): RunSpec => spec('direct', {}, { requests, requestKiB })

function traceOf(limit: number): RunSpec {
  const { scenario, ...rest } = jobOf(1)
  const workload = { kind: 'trace', name: 't', file: 'f', format: 'auto', units: 1, pace: 'asap' } as const
  return { ...rest, scenario: { ...scenario, workload: { ...workload, limit, queueDepth: 1 } } }
}

function loopOf(requests: number): RunSpec {
  const { scenario, ...rest } = jobOf(1)
  const workload = loopWorkloadSchemas['iommu-map'].parse({
    kind: 'loop',
    name: 'l',
    loop: 'iommu-map',
    requests,
  })
  return { ...rest, path: 'loop', scenario: { ...scenario, workload } }
}

it('deals kernel loops by their iterations', () => {
  expect(longestFirst([loopOf(10), jobOf(100), loopOf(500), loopOf(100)])).toEqual([2, 1, 3, 0])
})

it('deals the longest runs first, and equal ones in their order', () => {
  const specs = [
    jobOf(100),
    jobOf(5000),
    jobOf(100),
    traceOf(0),
    jobOf(5000, 64),
    jobOf(100),
    traceOf(900),
    traceOf(0),
  ]
  expect(longestFirst(specs)).toEqual([3, 7, 4, 1, 6, 0, 2, 5])
})
