/** A request's number in a record of work that was done for none. */
export const NO_REQUEST = -1

/** Codes from here on are events, at `time`; those below are call sites, and their records spans from `time` to `value`. */
export const EVENT_BASE = 0x8000

/** Bytes of one record, over all fields. */
export const RECORD_BYTES = 8 + 8 + 4 + 4 + 4 + 4 + 2 + 2 + 1

/**
 * The last records, in the order in which they were begun, each with a number that counts from 0 and never comes again. A
 * full ring overwrites the oldest. Fields stand in typed arrays, at `slot(number)`.
 */
export class RecordRing {
  readonly capacity: number
  /** Simulated ns: when a span began, or an event happened. */
  readonly time: Float64Array
  /** When a span ended, ns; what an event is about: an address, a block, bytes. */
  readonly value: Float64Array
  readonly request: Int32Array
  /** Calls that a span stands for; number of the object that an event happened to. */
  readonly object: Int32Array
  /** State of the object before and after an event. */
  readonly before: Int32Array
  readonly after: Int32Array
  readonly code: Uint16Array
  readonly cpu: Uint16Array
  /** Spans around it on its processor. */
  readonly depth: Uint8Array
  private nextNumber = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.time = new Float64Array(capacity)
    this.value = new Float64Array(capacity)
    this.request = new Int32Array(capacity)
    this.object = new Int32Array(capacity)
    this.before = new Int32Array(capacity)
    this.after = new Int32Array(capacity)
    this.code = new Uint16Array(capacity)
    this.cpu = new Uint16Array(capacity)
    this.depth = new Uint8Array(capacity)
  }

  /** Number that the next record gets: records so far. */
  get next(): number {
    return this.nextNumber
  }

  /** Number of the oldest record that is still there. */
  get first(): number {
    return Math.max(0, this.nextNumber - this.capacity)
  }

  /** Bytes of the arrays. */
  get bytes(): number {
    const { time, value, request, object, before, after, code, cpu, depth } = this
    return [time, value, request, object, before, after, code, cpu, depth].reduce(
      (sum, { byteLength }) => sum + byteLength,
      0,
    )
  }

  /** Takes the next number. @returns its slot, whose fields hold an old record until they are written */
  push(): number {
    return this.nextNumber++ % this.capacity
  }

  slot(number: number): number {
    return number % this.capacity
  }

  holds(number: number): boolean {
    return number < this.nextNumber && number >= this.nextNumber - this.capacity && number >= 0
  }
}
