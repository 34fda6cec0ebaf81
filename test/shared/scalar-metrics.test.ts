import { expect, it } from 'vitest'
import { METRICS } from '../../src/shared/lab.ts'
import { scalarMetrics } from '../../src/shared/scalar-metrics.ts'
import { runToEnd, spec } from '../sim/lab/scenarios.ts'

it('gives every metric as numbers, but for the tree', () => {
  const { metrics } = runToEnd(spec('direct', {}, { requests: 20 }))
  const rows = scalarMetrics(metrics)
  expect(rows.every(([, value]) => Number.isFinite(value))).toBe(true)
  const names = rows.map(([name]) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(new Set(names.map((name) => name.split('.')[0]))).toEqual(
    new Set(Object.keys(METRICS).filter((name) => name !== 'cpu_tree')),
  )
  expect(new Map(rows).get('latency_ns.p99')).toBe(metrics.latency_ns.p99)
  expect(new Map(rows).get('cpu_ns_per_request_by_layer.copy')).toBe(metrics.cpu_ns_per_request_by_layer.copy)
  expect(new Map(rows).get('iops')).toBe(metrics.iops)
})
