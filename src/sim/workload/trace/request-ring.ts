import { KIND_BLOCK } from '../request-kind.ts'
import type { IoRequest } from '../request-source.ts'

/** Requests that are parsed but not yet taken: first in, first out, in a fixed amount of memory. */
export class RequestRing {
  readonly capacity: number
  /** Requests now in the ring. */
  size = 0
  /** Requests ever appended. */
  appended = 0
  #head = 0
  readonly #writes: Uint8Array
  readonly #offsets: Float64Array
  readonly #lengths: Int32Array
  readonly #times: Float64Array

  constructor(capacity: number) {
    this.capacity = capacity
    this.#writes = new Uint8Array(capacity)
    this.#offsets = new Float64Array(capacity)
    this.#lengths = new Int32Array(capacity)
    this.#times = new Float64Array(capacity)
  }

  /**
   * Adds one request at the end; arguments as in IoRequest.
   * @throws Error when the ring is full: look at `size` first
   */
  append(write: boolean, offset: number, bytes: number, atNs: number): void {
    if (this.size === this.capacity) throw new Error('the ring of requests is full')
    let slot = this.#head + this.size
    if (slot >= this.capacity) slot -= this.capacity
    this.#writes[slot] = write ? 1 : 0
    this.#offsets[slot] = offset
    this.#lengths[slot] = bytes
    this.#times[slot] = atNs
    this.size++
    this.appended++
  }

  /** Moves the oldest request to `out`. @returns false, leaving `out` alone, when the ring is empty */
  take(out: IoRequest): boolean {
    if (this.size === 0) return false
    const slot = this.#head
    out.kind = KIND_BLOCK
    out.write = this.#writes[slot] === 1
    out.offset = this.#offsets[slot] ?? 0
    out.bytes = this.#lengths[slot] ?? 0
    out.atNs = this.#times[slot] ?? 0
    this.#head = slot + 1 === this.capacity ? 0 : slot + 1
    this.size--
    return true
  }
}
