import type { Metrics, RunResult } from '../../../../src/sim/lab/metrics.ts'
import { LAYERS, METRICS } from '../../../../src/sim/lab/metrics.ts'
import type { RunPath } from '../../../../src/sim/lab/scenario.ts'

/** Metrics that are 0 but for those named. */
export function someMetrics(changes: Partial<Metrics> = {}): Metrics {
  const zeros = Object.fromEntries(Object.keys(METRICS).map((name) => [name, 0])) as unknown as Metrics
  return { ...zeros, cpu_ns_per_request_by_layer: byLayer({}), ...changes }
}

/** CPU time of each layer, 0 but for those named. */
export function byLayer(
  changes: Partial<Metrics['cpu_ns_per_request_by_layer']>,
): Metrics['cpu_ns_per_request_by_layer'] {
  const zeros = Object.fromEntries(LAYERS.map((layer) => [layer, 0]))
  return { ...(zeros as Metrics['cpu_ns_per_request_by_layer']), ...changes }
}

export function someResult(scenario: string, path: RunPath, changes: Partial<Metrics> = {}): RunResult {
  return { scenario, path, seed: 1, metrics: someMetrics(changes) }
}
