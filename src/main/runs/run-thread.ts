import { Worker } from 'node:worker_threads'
import type { RunProgress } from './drive-run.ts'
import type { RunEnd, RunTask, WorkerMessage, WorkerTask } from './messages.ts'

/** How a run ended; `crashed` when its thread died, and whether that thread had ever got as far as waiting for runs. */
export type RunOutcome =
  RunEnd | { readonly kind: 'crashed'; readonly reason: string; readonly started: boolean }

/** The run that a thread has. */
interface RunInHand {
  progress(progress: RunProgress): void
  ended(outcome: RunOutcome): void
}

/** A worker thread that carries out one run at a time. While it has none, it does not keep the process alive. */
export class RunThread {
  readonly #worker: Worker
  #inHand: RunInHand | null = null
  #started = false
  #alive = true

  /** @param workerFile the built run-worker */
  constructor(workerFile: string) {
    this.#worker = new Worker(workerFile)
    let reason: string | null = null
    this.#worker.on('message', (message: WorkerMessage) => this.#receive(message))
    this.#worker.on('error', (error) => (reason = String(error)))
    this.#worker.on('exit', (code) => this.#exited(reason ?? `exit code ${code}`))
  }

  /** False once it has ended, however it did. */
  get alive(): boolean {
    return this.#alive
  }

  /** Carries out a run; one at a time. It never rejects. */
  run(task: RunTask, progress: (progress: RunProgress) => void): Promise<RunOutcome> {
    this.#worker.ref()
    return new Promise((ended) => {
      this.#inHand = { progress, ended }
      this.#tell(task)
    })
  }

  /** Lets it end by itself; it must have no run. */
  end(): void {
    this.#tell(null)
  }

  /** Stops it at once; a run that it has ends as a crash. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #tell(task: WorkerTask): void {
    this.#worker.postMessage(task)
  }

  #receive(message: WorkerMessage): void {
    if (message.kind === 'ready') this.#started = true
    else if (message.kind === 'progress') this.#inHand?.progress(message.progress)
    else this.#endRun(message)
  }

  #endRun(outcome: RunOutcome): void {
    const inHand = this.#inHand
    this.#inHand = null
    this.#worker.unref()
    inHand?.ended(outcome)
  }

  /** Node delivers all messages of a worker before its exit. */
  #exited(reason: string): void {
    this.#alive = false
    this.#endRun({ kind: 'crashed', reason, started: this.#started })
  }
}
