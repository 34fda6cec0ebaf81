import { Worker } from 'node:worker_threads'
import type { Failure } from '../../shared/ipc/contract.ts'
import type { RunResult, RunSeries } from '../../sim/lab/metrics.ts'
import type { RunSpec } from '../../sim/lab/scenario.ts'
import type { RunProgress } from './drive-run.ts'
import { longestFirst } from './expected-work.ts'
import type { BatchOrder, WorkerMessage } from './messages.ts'
import { CANCEL, IN_HAND } from './messages.ts'
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
 * Runs spread over worker threads. Each worker lives as long as the batch, loads the engine once and takes one run after
 * another; which worker has which run makes no difference to its result.
 */
export class WorkerBatch {
  readonly #specs: readonly RunSpec[]
  readonly #options: BatchOptions
  readonly #listener: BatchListener
  readonly #order: Omit<BatchOrder, 'worker'>
  readonly #control: Int32Array
  readonly #workers = new Map<number, Worker>()
  /** Runs that have told how they ended. */
  readonly #settled = new Set<number>()
  #cancelled = false

  /** Starts at once. */
  constructor(specs: readonly RunSpec[], options: BatchOptions, listener: BatchListener) {
    this.#specs = specs
    this.#options = options
    this.#listener = listener
    const { projectDir, resourcesDir } = options
    const jobs = Math.max(1, Math.min(options.jobs, specs.length))
    const control = new SharedArrayBuffer((IN_HAND + jobs) * Int32Array.BYTES_PER_ELEMENT)
    this.#control = new Int32Array(control)
    this.#order = { specs, turns: longestFirst(specs), projectDir, resourcesDir, control }
    for (let worker = 0; worker < jobs; worker++) this.#startWorker(worker)
  }

  /** Asks all workers to stop, and makes those stop that do not listen. */
  cancel(): void {
    this.#cancelled = true
    Atomics.store(this.#control, CANCEL, 1)
    setTimeout(() => void this.terminate(), CANCEL_GRACE_MS).unref()
  }

  /** Stops all workers at once. */
  async terminate(): Promise<void> {
    this.#cancelled = true
    Atomics.store(this.#control, CANCEL, 1)
    await Promise.all([...this.#workers.values()].map((worker) => worker.terminate()))
  }

  #startWorker(number: number): void {
    const workerData: BatchOrder = { ...this.#order, worker: number }
    const worker = new Worker(this.#options.workerFile, { workerData })
    let reason: string | null = null
    this.#workers.set(number, worker)
    worker.on('message', (message: WorkerMessage) => this.#receive(message))
    worker.on('error', (error) => (reason = String(error)))
    worker.on('exit', (code) => this.#exited(number, reason ?? `exit code ${code}`))
  }

  #receive(message: WorkerMessage): void {
    const { kind, index } = message
    if (kind === 'progress') {
      this.#listener.progress(index, message.progress)
      return
    }
    this.#settled.add(index)
    if (kind === 'result') this.#listener.result(index, message.result, message.series)
    else this.#listener.failed(index, message.error)
  }

  /** Node delivers all messages of a worker before its exit. */
  #exited(number: number, reason: string): void {
    this.#workers.delete(number)
    const index = Atomics.exchange(this.#control, IN_HAND + number, 0) - 1
    const crashed = index >= 0 && !this.#settled.has(index)
    if (crashed && !this.#cancelled) {
      this.#fail(index, reason)
      // The others' runs are worth a new worker. One that dies before it takes a run would only die again.
      if (this.#settled.size < this.#specs.length) this.#startWorker(number)
    }
    if (this.#workers.size > 0) return
    if (!this.#cancelled) this.#failRest(reason)
    this.#listener.ended(this.#cancelled ? 'cancelled' : 'done')
  }

  #fail(index: number, reason: string): void {
    this.#settled.add(index)
    this.#listener.failed(index, crashFailure(reason, this.#specs[index] ?? null))
  }

  /** No worker is left: what none of them took cannot be run. */
  #failRest(reason: string): void {
    this.#specs.forEach((_, index) => {
      if (!this.#settled.has(index)) this.#fail(index, reason)
    })
  }
}
