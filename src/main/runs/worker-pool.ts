import type { RunSpec } from '../../sim/lab/scenario.ts'
import { expectedRequests } from './expected-work.ts'
import { kindOf } from './run-kind.ts'
import { RunThread } from './run-thread.ts'

/**
 * Requests from which a run is worth a thread of its own. What V8 compiles for the first run of a thread is compiled for its very
 * objects and about a microsecond a request faster than for any later run (ADR 13); to compile it anew takes 1.5 s.
 */
const WORTH_A_NEW_THREAD = 2_000_000
/** A thread that was not needed for so long gives its memory back. */
const IDLE_MS = 300_000

/** A thread that waits for runs. */
interface IdleThread {
  readonly thread: RunThread
  /** Of the run that it had last. */
  readonly kind: string
  readonly timer: NodeJS.Timeout
}

/**
 * Worker threads that outlive their batches. A new thread takes more than a second of processor time to load the engine and to
 * have it compiled, far more than the run of a few thousand requests that somebody waits for; one that has had a run of the kind
 * starts at full speed.
 */
export class WorkerPool {
  readonly #workerFile: string
  readonly #most: number
  readonly #idleMs: number
  /** The one that was given back last is last. */
  #idle: IdleThread[] = []
  #closed = false

  /**
   * @param workerFile the built run-worker
   * @param most threads that it keeps; more are there only while runs are under way
   */
  constructor(workerFile: string, most: number, idleMs = IDLE_MS) {
    this.#workerFile = workerFile
    this.#most = most
    this.#idleMs = idleMs
  }

  /** @returns a thread for the run, warm if that is better; to be given back */
  take(spec: RunSpec): RunThread {
    for (const idle of this.#idle) if (!idle.thread.alive) this.#remove(idle)
    const long = expectedRequests(spec) >= WORTH_A_NEW_THREAD
    const idle = this.#idle.findLast(({ kind }) => kind === kindOf(spec)) ?? this.#idle.at(-1)
    if (idle !== undefined) {
      this.#remove(idle)
      if (!long) return idle.thread
      idle.thread.end()
    }
    return new RunThread(this.#workerFile)
  }

  /** @param spec what it ran last */
  giveBack(thread: RunThread, spec: RunSpec): void {
    if (!thread.alive) return
    if (this.#closed || this.#idle.length >= this.#most) {
      thread.end()
      return
    }
    const timer = setTimeout(() => this.#end(idle), this.#idleMs).unref()
    const idle = { thread, kind: kindOf(spec), timer }
    this.#idle.push(idle)
  }

  /** Ends the threads that wait, and from now on those that come back. */
  close(): void {
    this.#closed = true
    for (const idle of this.#idle) this.#end(idle)
  }

  #end(idle: IdleThread): void {
    this.#remove(idle)
    idle.thread.end()
  }

  #remove(idle: IdleThread): void {
    clearTimeout(idle.timer)
    this.#idle = this.#idle.filter((each) => each !== idle)
  }
}
