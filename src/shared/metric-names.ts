import { LAYERS, METRICS, MSF_EVENTS, MSF_LAYERS } from './lab.ts'
import type { Metrics } from './lab.ts'

const LATENCY_PARTS: readonly (keyof Metrics['latency_ns'])[] = [
  'mean',
  'p50',
  'p90',
  'p95',
  'p99',
  'p999',
  'max',
]

/** Names of the parts of the metrics that are no plain numbers; the CPU tree has none that are known beforehand. */
const PARTS: Partial<Record<keyof Metrics, readonly string[]>> = {
  latency_ns: LATENCY_PARTS,
  cpu_ns_per_request_by_layer: LAYERS,
  cpu_tree: [],
  msf_by_layer: MSF_LAYERS.flatMap((layer) => MSF_EVENTS.map((event) => `${layer}_${event}`)),
}

/** Every name that scalarMetrics gives, known before there is a result: `iops`, `latency_ns.p99` and so on. */
export const SCALAR_METRIC_NAMES: readonly string[] = (Object.keys(METRICS) as (keyof Metrics)[]).flatMap(
  (name) => PARTS[name]?.map((part) => `${name}.${part}`) ?? [name],
)
