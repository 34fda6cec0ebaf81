import type { RunResult } from '../shared/lab.ts'
import { HOST_METRICS } from '../shared/lab.ts'
import { SCALAR_METRIC_NAMES } from '../shared/metric-names.ts'
import { scalarMetrics } from '../shared/scalar-metrics.ts'
import { formatValue } from './format-value.ts'
import type { SweepAxis } from './sweep-axes.ts'

type Value = string | number | boolean

/** One run of a sweep: where it stands on the axes, and what came of it. */
export interface SweepPoint {
  readonly scenario: string
  readonly path: string
  readonly seed: number
  /** Value of each axis's field. */
  readonly set: Readonly<Record<string, Value>>
  readonly result: RunResult
}

/** Metrics shown when the user names none. */
export const USUAL_METRICS = [
  'iops',
  'latency_ns.p99',
  'cpu_ns_per_request',
  'ipis',
  'bytes_bounced',
] as const

/** Metrics that do not depend on the host, and so can be compared byte for byte. */
const LASTING_METRICS = SCALAR_METRIC_NAMES.filter(
  (name) => !(HOST_METRICS as readonly string[]).includes(name),
)

const GAP = '  '

/** A sweep as text: a row for each point, its place first, then the chosen metrics. Scenario and axes of one value only stand above. */
export function formatSweep(
  axes: readonly SweepAxis[],
  points: readonly SweepPoint[],
  metrics: readonly string[],
): string {
  const [first] = points
  if (first === undefined) return ''
  const oneScenario = points.every(({ scenario }) => scenario === first.scenario)
  const fixed = axes.filter(({ values }) => values.length === 1)
  const moving = axes.filter(({ values }) => values.length > 1)
  const title = [
    ...(oneScenario ? [first.scenario] : []),
    `seed ${first.seed}`,
    ...fixed.map(({ field, values }) => `${field} ${String(values[0])}`),
  ].join(', ')
  const places = [...(oneScenario ? [] : ['scenario']), ...moving.map(({ field }) => field), 'path']
  const rows = points.map((point) => {
    const values = new Map(scalarMetrics(point.result.metrics))
    return [
      ...(oneScenario ? [] : [point.scenario]),
      ...moving.map(({ field }) => String(point.set[field])),
      point.path,
      ...metrics.map((name) => formatValue(values.get(name) ?? 0)),
    ]
  })
  const table = [[...places, ...metrics], ...rows]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  const lines = table.map((row) =>
    row
      .map((cell, column) =>
        column < places.length ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join(GAP)
      .trimEnd(),
  )
  return `${[title, ...lines].join('\n')}\n`
}

/** The same for a CSV file: every field, and every metric but those of the host. */
export function sweepRows(axes: readonly SweepAxis[], points: readonly SweepPoint[]): (string | number)[][] {
  const fields = axes.map(({ field }) => field)
  return [
    ['scenario', 'path', 'seed', ...fields, ...LASTING_METRICS],
    ...points.map(({ scenario, path, seed, set, result }) => {
      const values = new Map(scalarMetrics(result.metrics))
      return [
        scenario,
        path,
        seed,
        ...fields.map((field) => String(set[field])),
        ...LASTING_METRICS.map((name) => values.get(name) ?? 0),
      ]
    }),
  ]
}
