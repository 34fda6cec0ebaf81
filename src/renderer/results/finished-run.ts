import type { RunResult, RunSeries } from '../../shared/lab.ts'

/** What one finished run left behind. */
export interface FinishedRun {
  readonly result: RunResult
  readonly series: RunSeries
}
