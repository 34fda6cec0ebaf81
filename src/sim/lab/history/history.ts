import type { HistoryRecorder } from '../../engine/history/history-recorder.ts'
import { DEFAULT_HISTORY_BYTES } from '../../engine/history/history-recorder.ts'
import { EVENT_BASE } from '../../engine/history/record-ring.ts'
import { REQUEST_DONE, REQUEST_FAILED, REQUEST_OPEN } from '../../engine/history/request-ring.ts'
import { CALL_SITES } from '../../kernel/call-sites.ts'
import { HISTORY_EVENTS } from '../../kernel/history-events.ts'
import { explainRequest } from './explain.ts'
import type {
  EventRecord,
  HistoryRecord,
  HistorySummary,
  RequestOutcome,
  RequestRecord,
} from './history-records.ts'
import { spanTrees } from './span-tree.ts'
import type { SpanNode } from './span-tree.ts'

export { DEFAULT_HISTORY_BYTES }
export type { HistoryLimits } from '../../engine/history/history-recorder.ts'

const OUTCOMES: Readonly<Record<number, RequestOutcome>> = {
  [REQUEST_OPEN]: 'open',
  [REQUEST_DONE]: 'done',
  [REQUEST_FAILED]: 'failed',
}

/** What was written down of a run, to be read. Numbers of requests and records stay the same while the oldest go. */
export class History {
  readonly recorder: HistoryRecorder
  readonly cpus: number

  constructor(recorder: HistoryRecorder, cpus: number) {
    this.recorder = recorder
    this.cpus = cpus
  }

  summary(): HistorySummary {
    const { records, requests, bytes } = this.recorder
    return {
      requests: requests.next,
      droppedRequests: this.firstRequest,
      records: records.next,
      droppedRecords: records.first,
      bytes,
    }
  }

  /** Number of the oldest request that is held as a whole; the number of requests when none is. */
  get firstRequest(): number {
    return this.recorder.requests.oldestWhole(this.recorder.records.first)
  }

  /** The requests that are held, oldest first. */
  *requests(): Generator<RequestRecord> {
    const { next } = this.recorder.requests
    for (let request = this.firstRequest; request < next; request++) yield this.requestAt(request)
  }

  /** @throws RangeError when the request has not begun, or is not held any more */
  request(request: number): RequestRecord {
    this.check(request)
    return this.requestAt(request)
  }

  /** The records that are held, in the order in which they began, without those of requests that were let go. */
  *records(): Generator<HistoryRecord> {
    const { records } = this.recorder
    yield* this.between(records.first, records.next - 1, this.firstRequest)
  }

  /** The records of one request. @throws RangeError as `request` */
  *recordsOf(request: number): Generator<HistoryRecord> {
    this.check(request)
    const { requests } = this.recorder
    const slot = requests.slot(request)
    const last = requests.lastRecord[slot]!
    for (const record of this.between(requests.firstRecord[slot]!, last, request))
      if (record.request === request) yield record
  }

  /** What was called for a request, as trees: one for each time that a processor worked for it. @throws RangeError as `request` */
  spans(request: number): SpanNode[] {
    return spanTrees(this.recordsOf(request))
  }

  /** @throws RangeError as `request` */
  events(request: number): EventRecord[] {
    return [...this.recordsOf(request)].filter((record) => record.kind === 'event')
  }

  /** The story of a request, a line for each thing that happened. @throws RangeError as `request` */
  explain(request: number): string[] {
    return explainRequest(this.request(request), this.recordsOf(request))
  }

  /** @returns null when the record is not held */
  record(number: number): HistoryRecord | null {
    return this.recorder.records.holds(number) ? this.recordAt(number) : null
  }

  private check(request: number): void {
    const { next } = this.recorder.requests
    if (!Number.isInteger(request) || request < 0 || request >= next)
      throw new RangeError(`there is no request ${request}: ${next} have begun, counted from 0`)
    const first = this.firstRequest
    if (request < first)
      throw new RangeError(`request ${request} is not in the history any more: its first request is ${first}`)
  }

  private *between(from: number, to: number, firstRequest: number): Generator<HistoryRecord> {
    const { records } = this.recorder
    for (let number = from; number <= to; number++) {
      const request = records.request[records.slot(number)]!
      if (request < 0 || request >= firstRequest) yield this.recordAt(number)
    }
  }

  private requestAt(request: number): RequestRecord {
    const { requests } = this.recorder
    const slot = requests.slot(request)
    const outcome = OUTCOMES[requests.state[slot]!]!
    return {
      request,
      name: CALL_SITES[requests.site[slot]!]!.name,
      thread: requests.thread[slot]!,
      offset: requests.offset[slot]!,
      bytes: requests.length[slot]!,
      startNs: requests.startNs[slot]!,
      endNs: outcome === 'open' ? null : requests.endNs[slot]!,
      cpuNs: requests.cpuNs[slot]!,
      outcome,
    }
  }

  private recordAt(number: number): HistoryRecord {
    const { records } = this.recorder
    const slot = records.slot(number)
    const code = records.code[slot]!
    const request = records.request[slot]!
    const common = {
      record: number,
      request: request < 0 ? null : request,
      cpu: records.cpu[slot]!,
      depth: records.depth[slot]!,
    }
    if (code < EVENT_BASE) {
      const { name, layer } = CALL_SITES[code]!
      const calls = records.object[slot]!
      const startNs = records.time[slot]!
      return { ...common, kind: 'span', name, layer, startNs, endNs: records.value[slot]!, calls }
    }
    const event = HISTORY_EVENTS[code - EVENT_BASE]!
    return {
      ...common,
      ...event,
      kind: 'event',
      atNs: records.time[slot]!,
      id: records.object[slot]!,
      value: records.value[slot]!,
      before: records.before[slot]!,
      after: records.after[slot]!,
    }
  }
}
