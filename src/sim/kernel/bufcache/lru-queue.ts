import type { Buf } from './buf.ts'
import { NONE } from './buf.ts'

/** The CLEAN queue: free buffers, least recently used first. Links run through the buffers. */
export class LruQueue {
  private readonly bufs: readonly Buf[]
  private head = NONE
  private tail = NONE

  constructor(bufs: readonly Buf[]) {
    this.bufs = bufs
  }

  /** @returns the buffer used longest ago, which stays queued, or null */
  first(): Buf | null {
    return this.head === NONE ? null : this.bufs[this.head]!
  }

  append(buf: Buf): void {
    buf.lruPrevious = this.tail
    buf.lruNext = NONE
    if (this.tail === NONE) this.head = buf.id
    else this.bufs[this.tail]!.lruNext = buf.id
    this.tail = buf.id
  }

  remove(buf: Buf): void {
    if (buf.lruPrevious === NONE) this.head = buf.lruNext
    else this.bufs[buf.lruPrevious]!.lruNext = buf.lruNext
    if (buf.lruNext === NONE) this.tail = buf.lruPrevious
    else this.bufs[buf.lruNext]!.lruPrevious = buf.lruPrevious
  }
}
