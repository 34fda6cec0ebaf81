/** Bytes of one request, over all fields. */
export const REQUEST_BYTES = 7 * 8 + 4 + 2 + 1

/** How a request stands. */
export const REQUEST_OPEN = 0
export const REQUEST_DONE = 1
export const REQUEST_FAILED = 2
export type RequestState = typeof REQUEST_OPEN | typeof REQUEST_DONE | typeof REQUEST_FAILED

/** The last requests by number, which counts from 0. A full ring forgets the oldest. */
export class RequestRing {
  readonly capacity: number
  readonly startNs: Float64Array
  /** Means nothing while the request is open. */
  readonly endNs: Float64Array
  /** Byte of the device, and bytes. */
  readonly offset: Float64Array
  readonly length: Float64Array
  /** CPU time spent for it so far. */
  readonly cpuNs: Float64Array
  /** Numbers of its first and its last record. */
  readonly firstRecord: Float64Array
  readonly lastRecord: Float64Array
  readonly thread: Int32Array
  /** Call site of its kind. */
  readonly site: Uint16Array
  readonly state: Uint8Array
  private nextNumber = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.startNs = new Float64Array(capacity)
    this.endNs = new Float64Array(capacity)
    this.offset = new Float64Array(capacity)
    this.length = new Float64Array(capacity)
    this.cpuNs = new Float64Array(capacity)
    this.firstRecord = new Float64Array(capacity)
    this.lastRecord = new Float64Array(capacity)
    this.thread = new Int32Array(capacity)
    this.site = new Uint16Array(capacity)
    this.state = new Uint8Array(capacity)
  }

  /** Requests so far. */
  get next(): number {
    return this.nextNumber
  }

  /** Bytes of the arrays. */
  get bytes(): number {
    const { startNs, endNs, offset, length, cpuNs, firstRecord, lastRecord, thread, site, state } = this
    return [startNs, endNs, offset, length, cpuNs, firstRecord, lastRecord, thread, site, state].reduce(
      (sum, { byteLength }) => sum + byteLength,
      0,
    )
  }

  push(): number {
    return this.nextNumber++
  }

  slot(request: number): number {
    return request % this.capacity
  }

  /** Whether the ring has not given the request's place to another. */
  holds(request: number): boolean {
    return request >= 0 && request < this.nextNumber && request >= this.nextNumber - this.capacity
  }

  /** Oldest request of which nothing is missing, given the oldest record that is still there. Requests begin in order. */
  oldestWhole(firstRecord: number): number {
    let low = Math.max(0, this.nextNumber - this.capacity)
    let high = this.nextNumber
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (this.firstRecord[this.slot(middle)]! < firstRecord) low = middle + 1
      else high = middle
    }
    return low
  }
}
