import type { RunResult } from '../../shared/lab.ts'
import { LAYERS, LOOP_PATH } from '../../shared/lab.ts'
import type { BarModel } from '../charts/model.ts'
import { formatTime, timeScale } from '../format/quantity.ts'

function heaviest({ metrics }: RunResult): string {
  const layers = metrics.cpu_ns_per_request_by_layer
  const layer = LAYERS.reduce((most, each) => (layers[each] > layers[most] ? each : most))
  return `mostly ${layer} (${formatTime(layers[layer])})`
}

/** CPU time per request, a bar for each path, stacked by layer. Layers that cost nothing on any path are left out. */
export function cpuChart(results: readonly RunResult[]): BarModel {
  const scale = timeScale(Math.max(...results.map((result) => result.metrics.cpu_ns_per_request)))
  const layers = LAYERS.filter((layer) =>
    results.some(({ metrics }) => metrics.cpu_ns_per_request_by_layer[layer] > 0),
  )
  const summary = results.map(
    (result) => `${result.path} spends ${formatTime(result.metrics.cpu_ns_per_request)}, ${heaviest(result)}`,
  )
  return {
    id: 'cpu',
    kind: 'bar',
    title: 'CPU time per request by layer',
    xTitle: `CPU time per request (${scale.unit})`,
    yTitle: results.every(({ path }) => path === LOOP_PATH) ? 'Workload' : 'I/O path',
    categories: results.map((result) => result.path),
    stacked: true,
    horizontal: true,
    canBeLogarithmic: false,
    labels: [results.map((result) => formatTime(result.metrics.cpu_ns_per_request))],
    summary: `CPU time per request: ${summary.join('; ')}.`,
    table: [
      ['path', ...LAYERS.map((layer) => `cpu_ns_per_request_by_layer.${layer}`), 'cpu_ns_per_request'],
      ...results.map(({ path, metrics }) => [
        path,
        ...LAYERS.map((layer) => metrics.cpu_ns_per_request_by_layer[layer]),
        metrics.cpu_ns_per_request,
      ]),
    ],
    series: layers.map((layer) => ({
      label: layer,
      ink: { kind: 'layer', layer },
      values: results.map(({ metrics }) => metrics.cpu_ns_per_request_by_layer[layer] / scale.factor),
    })),
  }
}
