import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { Failure } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import type { RunSpec } from '../../sim/lab/scenario.ts'
import type { Emit } from '../handlers/host.ts'
import { WorkerBatch } from './worker-batch.ts'
import { WorkerPool } from './worker-pool.ts'

const MOST_BATCHES = 4

export interface RunManagerOptions {
  readonly resourcesDir: string
  /** The built run-worker. */
  readonly workerFile: string
  readonly emit: Emit
  /** Runs of a batch at a time at most; one for each processor when left out. */
  readonly jobs?: number
}

/** The batches that run, in worker threads that outlive them, so that no window waits for them. */
export class RunManager {
  readonly #batches = new Map<string, WorkerBatch>()
  readonly #options: RunManagerOptions
  readonly #jobs: number
  readonly #pool: WorkerPool

  constructor(options: RunManagerOptions) {
    this.#options = options
    this.#jobs = options.jobs ?? availableParallelism()
    this.#pool = new WorkerPool(options.workerFile, this.#jobs)
  }

  /**
   * Starts runs and tells of them by events. Every batch that starts ends with one `run.ended`: a run that fails does not
   * keep the others from their end, and the failure told is that of the first such run.
   * @param projectDir folder for relative trace paths; null for a project without a file
   * @returns the batch's id
   * @throws FailureError `refused` when too many batches run already
   */
  start(specs: readonly RunSpec[], projectDir: string | null): string {
    if (this.#batches.size >= MOST_BATCHES) {
      throw new FailureError({
        code: 'refused',
        message: `${MOST_BATCHES} batches are running already`,
        remedy: 'Wait for one to end, or cancel it.',
      })
    }
    const batch = randomUUID()
    const { resourcesDir, emit } = this.#options
    const failures: Failure[] = []
    const started = new WorkerBatch(
      specs,
      { pool: this.#pool, resourcesDir, projectDir, jobs: this.#jobs },
      {
        progress: (index, progress) => {
          const { scenario, path } = specs[index]!
          emit('run.progress', { batch, index, scenario: scenario.name, path, ...progress })
        },
        result: (index, result, series) => emit('run.result', { batch, index, result, series }),
        failed: (index, error) => (failures[index] = error),
        ended: (status) => {
          this.#batches.delete(batch)
          const error = failures.find((each) => each !== undefined)
          if (status === 'cancelled' || error === undefined) emit('run.ended', { batch, status })
          else emit('run.ended', { batch, status: 'failed', error })
        },
      },
    )
    this.#batches.set(batch, started)
    return batch
  }

  /** @returns false when the batch is unknown or has ended */
  cancel(id: string): boolean {
    const batch = this.#batches.get(id)
    batch?.cancel()
    return batch !== undefined
  }

  /** Ends every batch at once, for a window that closes. */
  async close(): Promise<void> {
    this.#pool.close()
    await Promise.all([...this.#batches.values()].map((batch) => batch.terminate()))
  }
}
