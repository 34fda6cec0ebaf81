import type { Failure } from '../../shared/ipc/contract.ts'
import type { RunResult, RunSeries } from '../../sim/lab/metrics.ts'
import type { RunSpec } from '../../sim/lab/scenario.ts'
import type { RunProgress } from './drive-run.ts'

/** What a worker starts with. */
export interface BatchOrder {
  readonly specs: readonly RunSpec[]
  readonly projectDir: string | null
  readonly resourcesDir: string
  /** One Int32: not 0 asks the worker to stop. */
  readonly cancelFlag: SharedArrayBuffer
}

/** What a worker reports; `index` counts through the order's specs. */
export type WorkerMessage =
  | { readonly kind: 'progress'; readonly index: number; readonly progress: RunProgress }
  | {
      readonly kind: 'result'
      readonly index: number
      readonly result: RunResult
      readonly series: RunSeries
    }
  | { readonly kind: 'ended'; readonly status: 'done' | 'cancelled' | 'failed'; readonly error?: Failure }
