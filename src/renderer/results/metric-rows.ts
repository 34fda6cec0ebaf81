import type { Metrics, MsfByLayer } from '../../shared/lab.ts'
import { LAYERS, METRICS, MSF_EVENTS, MSF_LAYERS } from '../../shared/lab.ts'

/** One number of a result: structured metrics have a row for each part; the CPU tree, which is no number, has none. */
export interface MetricRow {
  /** The metric's name in result files; `latency_ns.p99` for a part. */
  readonly name: string
  readonly label: string
  readonly unit: string
  readonly definition: string
  readonly better: 'lower' | 'higher' | null
  readonly read: (metrics: Metrics) => number
  /** Most runs have nothing to say in it: tables leave it out while all its values are 0. */
  readonly isRare?: boolean
}

export const LATENCY_PARTS = ['mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const
export type LatencyPart = (typeof LATENCY_PARTS)[number]

/** `p99.9` for p999; the other parts are called as they are. */
export function latencyLabel(part: LatencyPart): string {
  return part === 'p999' ? 'p99.9' : part
}

type StructuredName = 'latency_ns' | 'cpu_ns_per_request_by_layer' | 'msf_by_layer' | 'cpu_tree'
type ScalarName = Exclude<keyof Metrics, StructuredName>

function part(name: StructuredName, key: string, label: string, read: MetricRow['read']): MetricRow {
  const { label: base, ...info } = METRICS[name]
  return { ...info, name: `${name}.${key}`, label: `${base}, ${label}`, read }
}

function rowsOf(name: keyof Metrics): MetricRow[] {
  if (name === 'cpu_tree') return []
  if (name === 'latency_ns')
    return LATENCY_PARTS.map((each) =>
      part(name, each, latencyLabel(each), (metrics) => metrics.latency_ns[each]),
    )
  if (name === 'cpu_ns_per_request_by_layer') {
    return LAYERS.map((layer) =>
      part(name, layer, layer, (metrics) => metrics.cpu_ns_per_request_by_layer[layer]),
    )
  }
  if (name === 'msf_by_layer') {
    return MSF_LAYERS.flatMap((layer) =>
      MSF_EVENTS.map((event) => {
        const key: keyof MsfByLayer = `${layer}_${event}`
        const row = part(name, key, `${layer}, ${event}`, (metrics) => metrics.msf_by_layer[key])
        return { ...row, isRare: true }
      }),
    )
  }
  const scalar: ScalarName = name
  return [{ ...METRICS[scalar], name, read: (metrics) => metrics[scalar] }]
}

/** Every number of a result, in the order of METRICS. */
export const METRIC_ROWS: readonly MetricRow[] = (Object.keys(METRICS) as (keyof Metrics)[]).flatMap(rowsOf)
