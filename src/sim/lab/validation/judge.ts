import type { Metrics, RunResult } from '../metrics.ts'
import type { RunPath } from '../scenario.ts'
import type { RowFigures, ValidationRow } from './types.ts'

/**
 * A row with its verdict: `ok` when the simulated figure is a number within the band, its ends included; `predicted` when
 * there is neither a published figure nor a band.
 */
export function judge(figures: RowFigures): ValidationRow {
  const { simulated, low, high } = figures
  const isWithin =
    Number.isFinite(simulated) && (low === null || simulated >= low) && (high === null || simulated <= high)
  const isPrediction = figures.published === null && low === null && high === null
  return { ...figures, verdict: !isWithin ? 'off' : isPrediction ? 'predicted' : 'ok' }
}

/** A published figure and the band around it. @param share tolerance: 0.1 for 10 per cent either way */
export function around(
  published: number,
  share: number,
): { readonly published: number; readonly low: number; readonly high: number } {
  return { published, low: published * (1 - share), high: published * (1 + share) }
}

/**
 * The metrics of one planned run.
 * @throws Error when no result is of this scenario and path: the experiment's list of runs and its rows do not agree
 */
export function metricsOf(results: readonly RunResult[], scenario: string, path: RunPath): Metrics {
  const found = results.find((result) => result.scenario === scenario && result.path === path)
  if (found === undefined) throw new Error(`the experiment has no run of "${scenario}" on the path ${path}`)
  return found.metrics
}

/** A figure that the documents do not give: a row to be compared with what others measured. */
export function predict(
  figures: Pick<RowFigures, 'quantity' | 'unit' | 'simulated' | 'source'> & { readonly note?: string },
  rowClass: RowFigures['class'] = 'PRED',
): ValidationRow {
  return judge({ ...figures, class: rowClass, published: null, low: null, high: null })
}
