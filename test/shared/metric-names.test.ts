import { expect, it } from 'vitest'
import { SCALAR_METRIC_NAMES } from '../../src/shared/metric-names.ts'
import { scalarMetrics } from '../../src/shared/scalar-metrics.ts'
import { runToEnd, spec } from '../sim/lab/scenarios.ts'

it('knows the names of all metrics of a run, in their order', () => {
  const { metrics } = runToEnd(spec('direct', {}, { requests: 10 }))
  expect(SCALAR_METRIC_NAMES).toEqual(scalarMetrics(metrics).map(([name]) => name))
})
