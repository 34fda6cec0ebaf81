import type { EventName, EventObject, EventState } from '../../kernel/history-events.ts'

export type RequestOutcome = 'open' | 'done' | 'failed'

/** One request of the workload. Times are simulated ns since the machine was started. */
export interface RequestRecord {
  readonly request: number
  /** Name of its call, such as `read`. */
  readonly name: string
  readonly thread: number
  /** Byte of the device, and bytes. */
  readonly offset: number
  readonly bytes: number
  readonly startNs: number
  /** Null while it is open. */
  readonly endNs: number | null
  /** CPU time spent for it, interrupts that were known to be its included. */
  readonly cpuNs: number
  readonly outcome: RequestOutcome
}

/** CPU time from `startNs` to `endNs` in a call. */
export interface SpanRecord {
  readonly kind: 'span'
  /** Number of the record: records count from 0 in the order in which they began. */
  readonly record: number
  /** Null for work that was done for no request. */
  readonly request: number | null
  readonly name: string
  readonly layer: string
  readonly cpu: number
  readonly startNs: number
  readonly endNs: number
  /** Calls one after another that are told as one. */
  readonly calls: number
  /** Spans around it on its processor. */
  readonly depth: number
}

/** Something that happened to an object at one moment. */
export interface EventRecord {
  readonly kind: 'event'
  readonly record: number
  readonly request: number | null
  readonly name: EventName
  readonly layer: string
  readonly cpu: number
  readonly atNs: number
  readonly object: EventObject
  readonly id: number
  /** What the event is about: an address, a page frame, a block, a sector, bytes. */
  readonly value: number
  readonly state: EventState
  readonly before: number
  readonly after: number
  readonly depth: number
}

export type HistoryRecord = SpanRecord | EventRecord

/** How much a history holds, and how much it has let go. */
export interface HistorySummary {
  /** Requests begun, and those of them that are not held any more: always the oldest, and always as a whole. */
  readonly requests: number
  readonly droppedRequests: number
  readonly records: number
  readonly droppedRecords: number
  /** Memory that it takes, whatever it holds. */
  readonly bytes: number
}
