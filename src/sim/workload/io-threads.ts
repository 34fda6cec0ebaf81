import type { HistoryRecorder } from '../engine/history/history-recorder.ts'
import type { Simulator } from '../engine/simulator.ts'
import { WIDE } from '../engine/wide.ts'
import type { Machine } from '../machine/machine.ts'
import { Site } from '../kernel/call-sites.ts'
import { Happening } from '../kernel/history-events.ts'
import type { KernelThreads } from '../kernel/sleep-channel.ts'
import type { RequestHandler } from './request-handler.ts'
import { ASLEEP, FAILED } from './request-handler.ts'
import type { Progress } from './request-handler.ts'
import { KIND_BLOCK } from './request-kind.ts'
import type { IoRequest, RequestSource } from './request-source.ts'

/** Where a thread goes on when it runs next. */
const FETCH = 0
const BEGIN = 1
const PROCEED = 2

/** One thread and the request that it works on. */
class IoThread {
  readonly request: IoRequest = { kind: KIND_BLOCK, write: false, offset: 0, bytes: 0, atNs: 0 }
  /** Processor that it runs on. */
  readonly cpu: number
  phase = FETCH
  sleeping = false
  startedAt = WIDE

  constructor(cpu: number) {
    this.cpu = cpu
    this.startedAt = 0
  }
}

export interface IoThreadsParts {
  readonly simulator: Simulator
  readonly machine: Machine
  /** Threads 0 and up are these. */
  readonly kernelThreads: KernelThreads
  readonly source: RequestSource
}

export interface IoThreadsOptions {
  /** Requests in flight: one thread each, spread over the processors. */
  readonly threads: number
  /** Do not issue a request before its recorded time. */
  readonly paced: boolean
  /** The last request is complete. */
  readonly onEnd: () => void
  /** A request is complete: when it started and ended, ns, and its bytes. */
  readonly onComplete: (startedAt: number, endedAt: number, bytes: number) => void
}

/** The processes of the workload. Each takes requests from the source, one after another, and has them carried out. */
export class IoThreads {
  private readonly parts: IoThreadsParts
  private readonly options: IoThreadsOptions
  private readonly threads: IoThread[]
  private readonly runEvent: number
  private handlers: readonly RequestHandler[] = []
  private startNs = 0
  private live = 0
  private failures = 0

  constructor(parts: IoThreadsParts, options: IoThreadsOptions) {
    this.parts = parts
    this.options = options
    this.threads = Array.from(
      { length: options.threads },
      (_, id) => new IoThread(id % parts.machine.cpus.length),
    )
    this.runEvent = parts.simulator.on(this.run)
  }

  /** Threads that have not run out of requests. */
  get running(): number {
    return this.live
  }

  /** Requests that ended with an error. */
  get failed(): number {
    return this.failures
  }

  /** @param handlers of each kind of request, by its number @param at simulated ns at which all threads start */
  start(handlers: readonly RequestHandler[], at: number): void {
    this.handlers = handlers
    this.startNs = at
    this.live = this.threads.length
    for (let id = 0; id < this.threads.length; id++) this.parts.simulator.schedule(at, this.runEvent, id)
  }

  /** What the thread slept for has happened. */
  wake(id: number): void {
    const { history } = this.parts.machine
    if (history !== null)
      history.eventFor(history.threads.of(id), Happening['thread woken'], id, history.current, 0, 0)
    this.parts.simulator.schedule(this.parts.machine.cpu.clock, this.runEvent, id)
  }

  private readonly run = (id: number): void => {
    const { simulator, machine } = this.parts
    const thread = this.threads[id]!
    machine.switchTo(thread.cpu, simulator.now)
    this.parts.kernelThreads.current = id
    const { history } = machine
    if (history !== null) history.workFor(history.threads.of(id))
    if (thread.phase === FETCH && !this.fetch(thread, id)) return
    const handler = this.handlers[thread.request.kind]!
    if (history !== null && thread.phase === BEGIN)
      noteBegin(history, id, thread, handler.siteOf(thread.request))
    machine.accounting.enter(handler.siteOf(thread.request))
    if (thread.sleeping) {
      thread.sleeping = false
      machine.charge(Site.wakeup, machine.cost.wakeup)
    }
    if (thread.phase === BEGIN) {
      thread.phase = PROCEED
      machine.charge(Site.entry, machine.cost.syscall)
      handler.begin(id, thread.request)
    }
    const progress = handler.proceed(id)
    if (progress === ASLEEP) thread.sleeping = true
    else this.complete(thread, id, progress === FAILED)
    machine.accounting.leave()
    if (history !== null) noteProgress(history, id, progress)
  }

  /** @returns false when the thread has nothing to do now */
  private fetch(thread: IoThread, id: number): boolean {
    const { simulator, machine, source } = this.parts
    if (!source.next(thread.request)) {
      if (--this.live === 0) this.options.onEnd()
      return false
    }
    thread.phase = BEGIN
    thread.startedAt = machine.cpu.clock
    if (!this.options.paced) return true
    const arrival = this.startNs + thread.request.atNs
    thread.startedAt = arrival
    if (arrival <= machine.cpu.clock) return true
    simulator.schedule(arrival, this.runEvent, id)
    return false
  }

  private complete(thread: IoThread, id: number, failed: boolean): void {
    const { machine, simulator } = this.parts
    if (failed) this.failures++
    this.options.onComplete(thread.startedAt, machine.cpu.clock, thread.request.bytes)
    thread.phase = FETCH
    simulator.schedule(machine.cpu.clock, this.runEvent, id)
  }
}

function noteBegin(history: HistoryRecorder, id: number, thread: IoThread, site: number): void {
  const { offset, bytes } = thread.request
  history.begin(id, site, thread.startedAt, offset, bytes, Happening['request begins'])
}

function noteProgress(history: HistoryRecorder, id: number, progress: Progress): void {
  if (progress === ASLEEP) history.event(Happening['thread sleeps'], id, 0, 0, 0)
  else history.end(id, progress === FAILED, Happening['request ends'])
}
