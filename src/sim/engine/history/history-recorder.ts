import type { Breakpoints } from './breakpoints.ts'
import { OwnerTable } from './owner-table.ts'
import { EVENT_BASE, NO_REQUEST, RECORD_BYTES, RecordRing } from './record-ring.ts'
import { REQUEST_BYTES, REQUEST_DONE, REQUEST_FAILED, REQUEST_OPEN, RequestRing } from './request-ring.ts'

/** How much is remembered. */
export interface HistoryLimits {
  /** Most bytes of records and requests. */
  readonly bytes: number
  /** Most requests; as many as the bytes hold when it is left out. */
  readonly requests?: number
}

export const DEFAULT_HISTORY_BYTES = 64 * 1024 * 1024
export const MIN_HISTORY_BYTES = 64 * 1024

/** Share of the bytes that goes to the table of requests; records take the rest. */
const REQUEST_SHARE = 1 / 8

const MAX_DEPTH = 255
/** What a recorder has besides records and requests when it is new. */
const FIXED_BYTES = 4096

/** The processor that runs now, and how far its time is used up, ns. */
export interface RunningCpu {
  readonly cpu: { readonly id: number; readonly clock: number }
}

/**
 * Writes down what happens to each request: spans of CPU time by call site, and events. It holds a fixed number of bytes,
 * however long the run is (and 4 for each thread, CCB and buffer of the kernel); when they are full the oldest records go,
 * and with the first record of a request the whole request. Whoever calls it works for request `current`.
 */
export class HistoryRecorder {
  readonly records: RecordRing
  readonly requests: RequestRing
  /** Requests that threads, CCBs and buffers work for. */
  readonly threads = new OwnerTable()
  readonly ccbs = new OwnerTable()
  readonly bufs = new OwnerTable()
  /** The request that the code being simulated works for, or NO_REQUEST. */
  current = NO_REQUEST
  breakpoints: Breakpoints | null = null
  private readonly ids = new WeakMap<object, number>()
  private nextId = 0
  private running: RunningCpu = { cpu: { id: 0, clock: 0 } }
  /** A processor that spends time although it is not the running one. */
  private interrupted: RunningCpu['cpu'] | null = null
  /** Records of the open spans, outermost first. */
  private readonly open = new Float64Array(MAX_DEPTH + 1)
  private depth = 0
  /** The record of the last charge, which an equal one may join; -1 for none. */
  private lastCharge = -1
  /** Latest time in a record of each processor. */
  private clocks = new Float64Array(8)

  /** @throws RangeError for less than MIN_HISTORY_BYTES, or no request */
  constructor({ bytes, requests = Infinity }: HistoryLimits) {
    if (!(bytes >= MIN_HISTORY_BYTES))
      throw new RangeError(`a history needs at least ${MIN_HISTORY_BYTES} bytes, not ${bytes}`)
    if (!(requests >= 1)) throw new RangeError(`a history of ${requests} requests has nothing to tell`)
    this.requests = new RequestRing(Math.min(requests, Math.floor((bytes * REQUEST_SHARE) / REQUEST_BYTES)))
    this.records = new RecordRing(Math.floor((bytes - FIXED_BYTES - this.requests.bytes) / RECORD_BYTES))
  }

  /** Bytes of all its arrays. */
  get bytes(): number {
    const { records, requests, threads, ccbs, bufs, open, clocks } = this
    return [records.bytes, requests.bytes, threads.bytes, ccbs.bytes, bufs.bytes, open.byteLength].reduce(
      (sum, part) => sum + part,
      clocks.byteLength,
    )
  }

  /** Whose clock counts from now on. */
  attach(running: RunningCpu): void {
    this.running = running
  }

  /** A number for an object that has none of its own: the same whenever it is asked for, counted by first sight. */
  idOf(object: object): number {
    let id = this.ids.get(object)
    if (id === undefined) {
      id = this.nextId++
      this.ids.set(object, id)
    }
    return id
  }

  /**
   * A thread begins a request, and works for it from now on.
   * @param site call site of the request's kind @param startedAt ns @param event what the record of it is called
   */
  begin(
    thread: number,
    site: number,
    startedAt: number,
    offset: number,
    length: number,
    event: number,
  ): void {
    const { requests } = this
    const request = requests.push()
    const slot = requests.slot(request)
    requests.startNs[slot] = startedAt
    requests.endNs[slot] = startedAt
    requests.offset[slot] = offset
    requests.length[slot] = length
    requests.cpuNs[slot] = 0
    requests.firstRecord[slot] = this.records.next
    requests.thread[slot] = thread
    requests.site[slot] = site
    requests.state[slot] = REQUEST_OPEN
    this.threads.set(thread, request)
    this.current = request
    this.event(event, thread, offset, 0, 0)
    if (this.breakpoints !== null) this.breakpoints.began(request, this.records.next - 1)
  }

  /** The request of a thread is complete. The rest of what the thread does now still counts as its. */
  end(thread: number, failed: boolean, event: number): void {
    const { requests } = this
    const request = this.threads.of(thread)
    this.event(event, thread, 0, REQUEST_OPEN, failed ? REQUEST_FAILED : REQUEST_DONE)
    this.threads.set(thread, NO_REQUEST)
    if (!requests.holds(request)) return
    const slot = requests.slot(request)
    requests.endNs[slot] = this.running.cpu.clock
    requests.state[slot] = failed ? REQUEST_FAILED : REQUEST_DONE
  }

  /** What follows is done for another request, or for none. @returns the request before, to go back to */
  workFor(request: number): number {
    const before = this.current
    this.current = request
    return before
  }

  /** Something happened. @param kind 0 and up @param value an address, a block, bytes */
  event(kind: number, object: number, value: number, before: number, after: number): void {
    this.eventFor(this.current, kind, object, value, before, after)
  }

  /** Something happened that concerns another request than the one that is worked for. */
  eventFor(
    request: number,
    kind: number,
    object: number,
    value: number,
    before: number,
    after: number,
  ): void {
    const { cpu } = this.running
    this.write(EVENT_BASE + kind, request, cpu.id, cpu.clock, value, object, before, after)
    this.lastCharge = -1
  }

  /** A span begins on the running processor. */
  enter(site: number): void {
    const { cpu } = this.running
    this.open[this.depth] = this.records.next
    this.write(site, this.current, cpu.id, cpu.clock, cpu.clock, 1, 0, 0)
    this.depth++
    this.lastCharge = -1
    this.reach(cpu.id, cpu.clock)
  }

  /** The innermost span ends. */
  leave(): void {
    const { records } = this
    const { cpu } = this.running
    const number = this.open[--this.depth]!
    this.lastCharge = -1
    this.reach(cpu.id, cpu.clock)
    if (records.holds(number)) records.value[records.slot(number)] = cpu.clock
  }

  /** What follows, until `endInterrupt`, spends the time of another processor, by an interrupt from the running one. */
  beginInterrupt(cpu: RunningCpu['cpu']): void {
    this.interrupted = cpu
  }

  endInterrupt(): void {
    this.interrupted = null
    this.lastCharge = -1
  }

  /** A processor spent `ns` at a call site. Time at the site of the innermost span is that span's own and makes no record. */
  charge(site: number, ns: number): void {
    const { requests, current } = this
    const cpu = this.interrupted ?? this.running.cpu
    const from = this.reach(cpu.id, cpu.clock)
    const start = Math.max(from, cpu.clock - ns)
    if (requests.holds(current)) requests.cpuNs[requests.slot(current)]! += ns
    if (this.interrupted === null && this.isInside(site)) return
    if (!this.joinLast(site, cpu, start)) {
      this.lastCharge = this.records.next
      this.write(site, current, cpu.id, start, cpu.clock, 1, 0, 0)
    }
  }

  private isInside(site: number): boolean {
    const { records } = this
    if (this.depth === 0) return false
    const around = this.open[this.depth - 1]!
    return records.holds(around) && records.code[records.slot(around)] === site
  }

  /** A loop charges the same site again and again: one record tells of all. @returns whether the last record was of its kind */
  private joinLast(site: number, cpu: RunningCpu['cpu'], start: number): boolean {
    const { records, lastCharge } = this
    if (lastCharge < 0 || lastCharge !== records.next - 1) return false
    const slot = records.slot(lastCharge)
    if (records.code[slot] !== site || records.cpu[slot] !== cpu.id || records.value[slot] !== start)
      return false
    if (records.request[slot] !== this.current) return false
    records.value[slot] = cpu.clock
    records.object[slot]!++
    this.breakpoints?.recorded(lastCharge, site)
    return true
  }

  /** Notes how far a processor is. @returns how far it was in the record before */
  private reach(cpu: number, clock: number): number {
    if (cpu >= this.clocks.length) {
      const clocks = new Float64Array(cpu * 2)
      clocks.set(this.clocks)
      this.clocks = clocks
    }
    const before = this.clocks[cpu]!
    this.clocks[cpu] = clock
    return before
  }

  private write(
    code: number,
    request: number,
    cpu: number,
    time: number,
    value: number,
    object: number,
    before: number,
    after: number,
  ): void {
    const { records, requests } = this
    const number = records.next
    const slot = records.push()
    records.time[slot] = time
    records.value[slot] = value
    records.request[slot] = request
    records.object[slot] = object
    records.before[slot] = before
    records.after[slot] = after
    records.code[slot] = code
    records.cpu[slot] = cpu
    records.depth[slot] = this.interrupted === null ? this.depth : 0
    if (requests.holds(request)) requests.lastRecord[requests.slot(request)] = number
    if (this.breakpoints !== null) this.breakpoints.recorded(number, code)
  }
}
