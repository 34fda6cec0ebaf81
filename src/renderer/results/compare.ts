import type { RunResult } from '../../shared/lab.ts'
import { METRIC_ROWS } from './metric-rows.ts'
import type { MetricRow } from './metric-rows.ts'

/** How a value differs from the baseline's. */
export interface Delta {
  readonly direction: 'up' | 'down' | 'same'
  /** Signed change relative to the baseline; null when the baseline is 0 and the value is not. */
  readonly percent: number | null
  /** Whether the change is an improvement; null when it is none or the metric has no better direction. */
  readonly judgement: 'better' | 'worse' | null
}

export interface ComparedMetric {
  readonly metric: MetricRow
  /** One value for each result. */
  readonly values: readonly number[]
  /** One for each result after the first, which is the baseline. */
  readonly deltas: readonly Delta[]
}

/** How `value` differs from `baseline`, judged by the direction that is better. */
export function deltaOf(baseline: number, value: number, better: MetricRow['better']): Delta {
  if (value === baseline) return { direction: 'same', percent: 0, judgement: null }
  const direction = value > baseline ? 'up' : 'down'
  const percent = baseline === 0 ? null : ((value - baseline) / Math.abs(baseline)) * 100
  const improves = (direction === 'up') === (better === 'higher')
  return { direction, percent, judgement: better === null ? null : improves ? 'better' : 'worse' }
}

/** Every metric of some results, but for rare ones that none of them has; the first result is the baseline of the others. */
export function compareResults(results: readonly RunResult[]): readonly ComparedMetric[] {
  return METRIC_ROWS.flatMap((metric) => {
    const values = results.map((result) => metric.read(result.metrics))
    if (metric.isRare === true && values.every((value) => value === 0)) return []
    const baseline = values[0] ?? 0
    return { metric, values, deltas: values.slice(1).map((value) => deltaOf(baseline, value, metric.better)) }
  })
}

/** True when not all results agree on the metric. */
export function differs(compared: ComparedMetric): boolean {
  return compared.deltas.some((delta) => delta.direction !== 'same')
}

/** `▼ 62.3%`, `▲ from 0`, `same`. The arrow and the sign say the direction without colour. */
export function describeDelta(delta: Delta): string {
  if (delta.direction === 'same') return 'same'
  const arrow = delta.direction === 'up' ? '▲' : '▼'
  if (delta.percent === null) return `${arrow} from 0`
  const size = Math.abs(delta.percent)
  const sign = delta.direction === 'up' ? '+' : '−'
  return `${arrow} ${sign}${size < 0.05 ? '<0.1' : size.toLocaleString('en-US', { maximumFractionDigits: size < 1000 ? 1 : 0 })}%`
}
