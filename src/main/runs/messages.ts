import type { Failure } from '../../shared/ipc/contract.ts'
import type { RunResult, RunSeries } from '../../sim/lab/metrics.ts'
import type { RunSpec } from '../../sim/lab/scenario.ts'
import type { RunProgress } from './drive-run.ts'

/** One run, as a worker is told it. */
export interface RunTask {
  readonly spec: RunSpec
  /** Folder for relative paths; null for a project without a file. */
  readonly projectDir: string | null
  readonly resourcesDir: string
  /** An Int32 word that the batch shares with its workers: not 0 when they are to stop. */
  readonly cancel: SharedArrayBuffer
}

/** What a worker is told: its next run, or that it may end. */
export type WorkerTask = RunTask | null

/** How a run ended, as the worker that had it tells. */
export type RunEnd =
  | { readonly kind: 'result'; readonly result: RunResult; readonly series: RunSeries }
  | { readonly kind: 'failed'; readonly error: Failure }
  | { readonly kind: 'cancelled' }

/** What a worker reports: that it is there, once, and then of the one run that it has. */
export type WorkerMessage =
  { readonly kind: 'ready' } | { readonly kind: 'progress'; readonly progress: RunProgress } | RunEnd
