import type { Failure } from '../../shared/ipc/contract.ts'
import type { RunResult, RunSeries } from '../../sim/lab/metrics.ts'
import type { RunSpec } from '../../sim/lab/scenario.ts'
import type { RunProgress } from './drive-run.ts'
import { RunDealer } from './run-dealer.ts'
import { crashFailure } from './run-failure.ts'
import type { RunOutcome, RunThread } from './run-thread.ts'
import type { WorkerPool } from './worker-pool.ts'

/** A worker that has not stopped by itself this long after it was asked to is terminated. */
const CANCEL_GRACE_MS = 500

export interface BatchOptions {
  readonly pool: WorkerPool
  readonly resourcesDir: string
  /** Folder for relative paths; null for a project without a file. */
  readonly projectDir: string | null
  /** Runs at a time at most. */
  readonly jobs: number
}

/** Is told of every run by its index, in the order in which things happen. */
export interface BatchListener {
  progress(index: number, progress: RunProgress): void
  result(index: number, result: RunResult, series: RunSeries): void
  failed(index: number, error: Failure): void
  /** Once, at the end: every run has then told its result or failure, unless the batch was cancelled. */
  ended(status: 'done' | 'cancelled'): void
}

/**
 * Runs spread over worker threads of a pool: as many as may run at a time, each takes one run after another. Which thread has
 * which run makes no difference to its result.
 */
export class WorkerBatch {
  readonly #specs: readonly RunSpec[]
  readonly #options: BatchOptions
  readonly #listener: BatchListener
  readonly #cancel = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  readonly #dealer: RunDealer
  /** Threads that have a run. */
  readonly #busy = new Set<RunThread>()
  #cancelled = false

  /** Starts at once. */
  constructor(specs: readonly RunSpec[], options: BatchOptions, listener: BatchListener) {
    this.#specs = specs
    this.#options = options
    this.#listener = listener
    this.#dealer = new RunDealer(specs)
    const jobs = Math.max(1, Math.min(options.jobs, specs.length))
    void Promise.all(Array.from({ length: jobs }, (_, slot) => this.#takeRuns(slot))).then((reasons) =>
      this.#end(reasons.find((reason) => reason !== null) ?? null),
    )
  }

  /** Asks all workers to stop, and makes those stop that do not listen. */
  cancel(): void {
    this.#stopDealing()
    setTimeout(() => void this.terminate(), CANCEL_GRACE_MS).unref()
  }

  /** Stops all workers at once. */
  async terminate(): Promise<void> {
    this.#stopDealing()
    await Promise.all([...this.#busy].map((thread) => thread.terminate()))
  }

  #stopDealing(): void {
    this.#cancelled = true
    Atomics.store(new Int32Array(this.#cancel), 0, 1)
  }

  /** Has one run after another carried out. @returns why it gave up while there were runs, or null */
  async #takeRuns(slot: number): Promise<string | null> {
    while (!this.#cancelled) {
      const index = this.#dealer.deal(slot)
      if (index === null) return null
      const outcome = await this.#carryOut(index)
      this.#tell(index, outcome)
      // A thread that never got to its run would die again. Of one that died later the run may be the reason.
      if (outcome.kind === 'crashed' && !outcome.started) return outcome.reason
    }
    return null
  }

  async #carryOut(index: number): Promise<RunOutcome> {
    const { pool, projectDir, resourcesDir } = this.#options
    const spec = this.#specs[index]!
    const thread = pool.take(spec)
    this.#busy.add(thread)
    const task = { spec, projectDir, resourcesDir, cancel: this.#cancel }
    const outcome = await thread.run(task, (progress) => this.#listener.progress(index, progress))
    this.#busy.delete(thread)
    pool.giveBack(thread, spec)
    return outcome
  }

  #tell(index: number, outcome: RunOutcome): void {
    if (outcome.kind === 'result') this.#listener.result(index, outcome.result, outcome.series)
    else if (outcome.kind === 'failed') this.#listener.failed(index, outcome.error)
    else if (outcome.kind === 'crashed' && !this.#cancelled) this.#fail(index, outcome.reason)
  }

  /** @param reason why nobody takes the runs that are left, if any are */
  #end(reason: string | null): void {
    if (!this.#cancelled && reason !== null) for (const left of this.#dealer.left) this.#fail(left, reason)
    this.#listener.ended(this.#cancelled ? 'cancelled' : 'done')
  }

  #fail(index: number, reason: string): void {
    this.#listener.failed(index, crashFailure(reason, this.#specs[index]!))
  }
}
