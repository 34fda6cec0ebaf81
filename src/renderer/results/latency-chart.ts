import type { RunResult } from '../../shared/lab.ts'
import type { BarModel } from '../charts/model.ts'
import { formatTime, timeScale } from '../format/quantity.ts'
import { latencyLabel } from './metric-rows.ts'

const SHOWN = ['p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const

/** Latency percentiles, a group of bars for each percentile. */
export function latencyChart(results: readonly RunResult[]): BarModel {
  const scale = timeScale(Math.max(...results.map((result) => result.metrics.latency_ns.p50)))
  const summary = results.map(({ path, metrics: { latency_ns: latency } }) => {
    return `${path} has a median of ${formatTime(latency.p50)}, p99 of ${formatTime(latency.p99)} and a maximum of ${formatTime(latency.max)}`
  })
  return {
    id: 'latency',
    kind: 'bar',
    title: 'Latency percentiles',
    xTitle: 'Percentile of requests',
    yTitle: `Latency (${scale.unit})`,
    categories: SHOWN.map(latencyLabel),
    stacked: false,
    horizontal: false,
    canBeLogarithmic: true,
    labels: null,
    summary: `Latency: ${summary.join('; ')}.`,
    table: [
      ['path', ...SHOWN.map((part) => `latency_ns.${part}`)],
      ...results.map(({ path, metrics }) => [path, ...SHOWN.map((part) => metrics.latency_ns[part])]),
    ],
    series: results.map(({ path, metrics }) => ({
      label: path,
      ink: { kind: 'path', path },
      values: SHOWN.map((part) => metrics.latency_ns[part] / scale.factor),
    })),
  }
}
