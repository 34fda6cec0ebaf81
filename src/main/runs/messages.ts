import type { Failure } from '../../shared/ipc/contract.ts'
import type { RunResult, RunSeries } from '../../sim/lab/metrics.ts'
import type { RunSpec } from '../../sim/lab/scenario.ts'
import type { RunProgress } from './drive-run.ts'

/** What each worker of a batch starts with. */
export interface BatchOrder {
  readonly specs: readonly RunSpec[]
  readonly projectDir: string | null
  readonly resourcesDir: string
  /** An Int32 word that all workers and the main thread share: not 0 when all are to stop. */
  readonly cancel: SharedArrayBuffer
}

/** What a worker is told: the index of its next run, or that there is none, and it may end. */
export type WorkerTask = number | null

/** What a worker reports; `index` counts through the order's specs. It is told its next run when it is ready, and after each end. */
export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly index: number; readonly progress: RunProgress }
  | {
      readonly kind: 'result'
      readonly index: number
      readonly result: RunResult
      readonly series: RunSeries
    }
  | { readonly kind: 'failed'; readonly index: number; readonly error: Failure }
  | { readonly kind: 'cancelled' }
