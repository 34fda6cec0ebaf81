import type { PageAllocator } from '../vm/page-allocator.ts'
import type { Buf } from './buf.ts'
import { NONE } from './buf.ts'
import type { BufHash } from './buf-hash.ts'
import type { BufPages } from './buf-pages.ts'
import type { BufQueues } from './buf-queues.ts'

/**
 * Looks at the buffers that will be reused next, so that the host has what they consist of in its caches by then. A buffer
 * that is reused was used last thousands of buffers ago: each of its parts is a cache miss, each part is found through the one
 * before it, and so the host would wait for one miss after another. Here it waits for several buffers' misses at once: for the
 * first parts of the buffer farthest ahead, the second parts of the one before it, and so on. The simulation is none the wiser.
 */
export class LookAhead {
  /** What was seen means nothing; that it is kept obliges the compiler to look. */
  seen = 0
  private readonly bufs: readonly Buf[]
  private readonly queues: BufQueues
  private readonly hash: BufHash
  private readonly bufPages: BufPages
  private readonly pages: PageAllocator

  constructor(
    bufs: readonly Buf[],
    queues: BufQueues,
    hash: BufHash,
    bufPages: BufPages,
    pages: PageAllocator,
  ) {
    this.bufs = bufs
    this.queues = queues
    this.hash = hash
    this.bufPages = bufPages
    this.pages = pages
  }

  /** @param id buffer on a queue that is reused now */
  from(id: number): void {
    const { queues, bufs } = this
    const first = queues.after(id)
    if (first === NONE) return
    const second = queues.after(first)
    if (second === NONE) return
    const third = queues.after(second)
    if (third === NONE) return
    const fourth = queues.after(third)
    if (fourth === NONE) return
    this.seen =
      seeHeader(bufs[fourth]!) ^
      seeParts(bufs[third]!) ^
      this.seePageLists(bufs[second]!) ^
      this.seePage(bufs[first]!)
  }

  private seePage(buf: Buf): number {
    return this.pages.see(buf.b_xio.page(0)) ^ this.bufPages.see(buf)
  }

  private seePageLists(buf: Buf): number {
    return buf.b_xio.page(0) ^ this.bufPages.handleOf(buf) ^ this.hash.see(buf)
  }
}

/** What a buffer is found to consist of: its page list and its msf_buf. */
function seeParts({ b_xio: xio, msf }: Buf): number {
  return xio.npages ^ xio.error ^ msf.flags ^ msf.slot
}

/** A field of each cache line of the buffer itself that a transfer uses. */
function seeHeader(buf: Buf): number {
  return buf.b_flags ^ buf.b_bufsize ^ buf.lockTail ^ buf.id
}
