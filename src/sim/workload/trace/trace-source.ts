import type { IoRequest, RequestSource } from '../request-source.ts'
import type { TraceParser } from './trace-parser.ts'

/** The requests of a trace, as they come out of its parser's ring. */
export class TraceSource implements RequestSource {
  readonly #parser: TraceParser
  readonly #limit: number
  #taken = 0

  /** @param limit most requests to give; 0 gives all */
  constructor(parser: TraceParser, limit: number) {
    this.#parser = parser
    this.#limit = limit === 0 ? Infinity : limit
  }

  get skipped(): number {
    return this.#parser.skipped
  }

  /** Requests that `next` can give without reading on. */
  get buffered(): number {
    return Math.min(this.#parser.ring.size, this.#limit - this.#taken)
  }

  /** Whether nothing more needs to be read: the trace ended, or the ring holds all that the limit allows. */
  get complete(): boolean {
    return this.#parser.ended || this.#parser.ring.appended >= this.#limit
  }

  /** @throws Error when the ring ran dry before the trace ended: the caller must keep it filled */
  next(out: IoRequest): boolean {
    if (this.#taken >= this.#limit) return false
    if (this.#parser.ring.take(out)) {
      this.#taken++
      return true
    }
    if (this.complete) return false
    throw new Error('requests were drawn from a trace faster than it was read')
  }
}
