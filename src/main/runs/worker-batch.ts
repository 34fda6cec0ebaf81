import { Worker } from 'node:worker_threads'
import type { Failure } from '../../shared/ipc/contract.ts'
import type { RunResult, RunSeries } from '../../sim/lab/metrics.ts'
import type { RunSpec } from '../../sim/lab/scenario.ts'
import type { RunProgress } from './drive-run.ts'
import type { BatchOrder, WorkerMessage, WorkerTask } from './messages.ts'
import { RunDealer } from './run-dealer.ts'
import { crashFailure } from './run-failure.ts'

/** A worker that has not stopped by itself this long after it was asked to is terminated. */
const CANCEL_GRACE_MS = 500

export interface BatchOptions {
  /** The built run-worker. */
  readonly workerFile: string
  readonly resourcesDir: string
  /** Folder for relative paths; null for a project without a file. */
  readonly projectDir: string | null
  /** Worker threads at most; there are never more than runs. */
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
 * Runs spread over worker threads. Each worker lives as long as the batch, loads the engine once and takes one run after another;
 * which worker has which run makes no difference to its result.
 */
export class WorkerBatch {
  readonly #specs: readonly RunSpec[]
  readonly #options: BatchOptions
  readonly #listener: BatchListener
  readonly #order: BatchOrder
  readonly #cancel: Int32Array
  readonly #dealer: RunDealer
  readonly #workers = new Map<number, Worker>()
  /** The run that each worker is at. */
  readonly #inHand = new Map<number, number>()
  #cancelled = false

  /** Starts at once. */
  constructor(specs: readonly RunSpec[], options: BatchOptions, listener: BatchListener) {
    this.#specs = specs
    this.#options = options
    this.#listener = listener
    this.#dealer = new RunDealer(specs)
    const { projectDir, resourcesDir } = options
    const cancel = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
    this.#cancel = new Int32Array(cancel)
    this.#order = { specs, projectDir, resourcesDir, cancel }
    const jobs = Math.max(1, Math.min(options.jobs, specs.length))
    for (let worker = 0; worker < jobs; worker++) this.#startWorker(worker)
  }

  /** Asks all workers to stop, and makes those stop that do not listen. */
  cancel(): void {
    this.#stopDealing()
    setTimeout(() => void this.terminate(), CANCEL_GRACE_MS).unref()
  }

  /** Stops all workers at once. */
  async terminate(): Promise<void> {
    this.#stopDealing()
    await Promise.all([...this.#workers.values()].map((worker) => worker.terminate()))
  }

  #stopDealing(): void {
    this.#cancelled = true
    Atomics.store(this.#cancel, 0, 1)
  }

  #startWorker(number: number): void {
    const worker = new Worker(this.#options.workerFile, { workerData: this.#order })
    let reason: string | null = null
    this.#workers.set(number, worker)
    worker.on('message', (message: WorkerMessage) => this.#receive(number, message))
    worker.on('error', (error) => (reason = String(error)))
    worker.on('exit', (code) => this.#exited(number, reason ?? `exit code ${code}`))
  }

  #receive(number: number, message: WorkerMessage): void {
    if (message.kind === 'progress') {
      this.#listener.progress(message.index, message.progress)
      return
    }
    this.#inHand.delete(number)
    if (message.kind === 'result') this.#listener.result(message.index, message.result, message.series)
    else if (message.kind === 'failed') this.#listener.failed(message.index, message.error)
    this.#tell(number)
  }

  /** Tells a worker its next run. */
  #tell(number: number): void {
    const task: WorkerTask = this.#cancelled ? null : this.#dealer.deal(number)
    if (task !== null) this.#inHand.set(number, task)
    this.#workers.get(number)?.postMessage(task)
  }

  /** Node delivers all messages of a worker before its exit. */
  #exited(number: number, reason: string): void {
    this.#workers.delete(number)
    this.#dealer.forget(number)
    const index = this.#inHand.get(number)
    this.#inHand.delete(number)
    if (index !== undefined && !this.#cancelled) {
      this.#fail(index, reason)
      // The others' runs are worth a new worker. One that dies before it takes a run would only die again.
      if (this.#dealer.left.length > 0) this.#startWorker(number)
    }
    if (this.#workers.size > 0) return
    // No worker is left: what none of them took cannot be run.
    if (!this.#cancelled) for (const left of this.#dealer.left) this.#fail(left, reason)
    this.#listener.ended(this.#cancelled ? 'cancelled' : 'done')
  }

  #fail(index: number, reason: string): void {
    this.#listener.failed(index, crashFailure(reason, this.#specs[index] ?? null))
  }
}
