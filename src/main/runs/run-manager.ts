import { randomUUID } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { Failure, HostEvents } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import type { RunSpec } from '../../sim/lab/scenario.ts'
import type { Emit } from '../handlers/host.ts'
import type { BatchOrder, WorkerMessage } from './messages.ts'

/** A worker that has not stopped by itself this long after its cancel flag was set is terminated. */
const CANCEL_GRACE_MS = 500
const MOST_BATCHES = 4

interface Batch {
  readonly worker: Worker
  readonly flag: Int32Array
  cancelled: boolean
}

type Ended = Omit<HostEvents['run.ended'], 'batch'>

function crashFailure(message: string): Failure {
  return {
    code: 'run-failed',
    message: `The simulation stopped unexpectedly: ${message}`,
    remedy: 'Finished runs are kept. A smaller memory, cache or span needs less of this computer.',
  }
}

/** The batches that run, each in a worker thread of its own, so that no window waits for them. */
export class RunManager {
  readonly #batches = new Map<string, Batch>()
  readonly #resourcesDir: string
  readonly #workerFile: string
  readonly #emit: Emit

  constructor(options: { readonly resourcesDir: string; readonly workerFile: string; readonly emit: Emit }) {
    this.#resourcesDir = options.resourcesDir
    this.#workerFile = options.workerFile
    this.#emit = options.emit
  }

  /**
   * Starts runs, one after another, and tells of them by events. Every batch that starts ends with one `run.ended`.
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
    const id = randomUUID()
    const cancelFlag = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
    const order: BatchOrder = { specs, projectDir, resourcesDir: this.#resourcesDir, cancelFlag }
    const worker = new Worker(this.#workerFile, { workerData: order })
    this.#batches.set(id, { worker, flag: new Int32Array(cancelFlag), cancelled: false })
    worker.on('message', (message: WorkerMessage) => this.#receive(id, specs, message))
    worker.on('error', (error) => this.#end(id, { status: 'failed', error: crashFailure(String(error)) }))
    worker.on('exit', (code) => this.#end(id, { status: 'failed', error: crashFailure(`exit code ${code}`) }))
    return id
  }

  /** @returns false when the batch is unknown or has ended */
  cancel(id: string): boolean {
    const batch = this.#batches.get(id)
    if (batch === undefined) return false
    batch.cancelled = true
    Atomics.store(batch.flag, 0, 1)
    setTimeout(() => void batch.worker.terminate(), CANCEL_GRACE_MS).unref()
    return true
  }

  /** Ends every batch at once, for a window that closes. */
  async close(): Promise<void> {
    const workers = [...this.#batches.values()].map((batch) => {
      batch.cancelled = true
      return batch.worker.terminate()
    })
    await Promise.all(workers)
  }

  #receive(batch: string, specs: readonly RunSpec[], message: WorkerMessage): void {
    switch (message.kind) {
      case 'progress': {
        const spec = specs[message.index]
        if (spec === undefined) return
        this.#emit('run.progress', {
          batch,
          index: message.index,
          scenario: spec.scenario.name,
          path: spec.path,
          ...message.progress,
        })
        return
      }
      case 'result':
        this.#emit('run.result', {
          batch,
          index: message.index,
          result: message.result,
          series: message.series,
        })
        return
      case 'ended':
        this.#end(
          batch,
          message.error === undefined
            ? { status: message.status }
            : { status: message.status, error: message.error },
        )
    }
  }

  /** The first reason counts; what follows (the exit after an error or a last message) is no news. */
  #end(id: string, ended: Ended): void {
    const batch = this.#batches.get(id)
    if (batch === undefined) return
    this.#batches.delete(id)
    const cancelled = batch.cancelled && ended.status === 'failed'
    this.#emit('run.ended', { batch: id, ...(cancelled ? { status: 'cancelled' } : ended) })
  }
}
