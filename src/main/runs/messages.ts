import type { Failure } from '../../shared/ipc/contract.ts'
import type { RunResult, RunSeries } from '../../sim/lab/metrics.ts'
import type { RunSpec } from '../../sim/lab/scenario.ts'
import type { RunProgress } from './drive-run.ts'

/** What each worker of a batch starts with. */
export interface BatchOrder {
  readonly specs: readonly RunSpec[]
  /** Indices of `specs` in the order in which they are dealt out. */
  readonly turns: readonly number[]
  /** Which of the batch's workers this is, from 0 on. */
  readonly worker: number
  readonly projectDir: string | null
  readonly resourcesDir: string
  /** Int32 words that all workers and the main thread share: CANCEL, NEXT_TURN, then for each worker IN_HAND. */
  readonly control: SharedArrayBuffer
}

/** Word that asks all workers to stop when it is not 0. */
export const CANCEL = 0
/** Word that counts the turns that were taken. */
export const NEXT_TURN = 1
/** Word of worker 0: index of the run that it is at, plus 1; 0 for none. It outlives a worker that crashes. */
export const IN_HAND = 2

/** What a worker reports; `index` counts through the order's specs. A worker that has nothing left to do exits. */
export type WorkerMessage =
  | { readonly kind: 'progress'; readonly index: number; readonly progress: RunProgress }
  | {
      readonly kind: 'result'
      readonly index: number
      readonly result: RunResult
      readonly series: RunSeries
    }
  | { readonly kind: 'failed'; readonly index: number; readonly error: Failure }
