import type { Errno } from '../errno.ts'
import { EWOULDBLOCK, OK } from '../errno.ts'
import type { Buf } from './buf.ts'
import { B_DEFERRED, B_DELWRI, B_DONE, B_READ, B_RELBUF } from './buf.ts'
import type { BufSpace } from './buf-space.ts'
import { VFS_BIO_NEED_DIRTYFLUSH } from './buf-space.ts'
import type { BufferCacheLimits } from './limits.ts'

/** The thread that writes dirty buffers. */
export interface FlushDaemon {
  /** Somebody wants it to start, whether or not it is time. */
  bd_wakeup(): void
  /** More buffers are dirty than the daemon leaves. */
  aboveLow(): void
}

/** How many buffers are dirty, and who has to know. */
export class DirtyBufs {
  numdirtybuffers = 0
  /** Who writes; null for a cache without a daemon. */
  daemon: FlushDaemon | null = null
  private readonly limits: BufferCacheLimits
  private readonly space: BufSpace

  constructor(limits: BufferCacheLimits, space: BufSpace) {
    this.limits = limits
    this.space = space
  }

  /** Between the daemon's goal and the point where writers stall. */
  get middle(): number {
    return Math.floor((this.limits.lodirtybuffers + this.limits.hidirtybuffers) / 2)
  }

  /** Marks a buffer that the caller has as dirty. */
  bdirty(buf: Buf): void {
    buf.b_flags &= ~(B_READ | B_RELBUF)
    if ((buf.b_flags & B_DELWRI) !== 0) return
    buf.b_flags |= B_DONE | B_DELWRI
    if (++this.numdirtybuffers === this.limits.lodirtybuffers + 1) this.daemon?.aboveLow()
    this.bd_wakeup(this.middle)
  }

  /** Marks a buffer that the caller has as clean. */
  bundirty(buf: Buf): void {
    if ((buf.b_flags & B_DELWRI) !== 0) {
      buf.b_flags &= ~B_DELWRI
      this.lessDirty()
    }
    buf.b_flags &= ~B_DEFERRED
  }

  /** One dirty buffer less, whose flag the caller clears. */
  lessDirty(): void {
    this.numdirtybuffers--
    this.numdirtywakeup(this.limits.lodirtybuffers)
  }

  /** Wakes who waits to dirty a buffer, when no more than `level` are dirty. */
  numdirtywakeup(level: number): void {
    if (this.numdirtybuffers <= level) this.space.wakeFor(VFS_BIO_NEED_DIRTYFLUSH)
  }

  /** Starts the daemon when at least `level` buffers are dirty. */
  bd_wakeup(level: number): void {
    if (this.daemon !== null && this.numdirtybuffers >= level) this.daemon.bd_wakeup()
  }

  /**
   * Waits before a buffer is dirtied while too many are.
   * @returns OK, or EWOULDBLOCK: asleep ("flswai"), call again when woken
   */
  bwillwrite(): Errno {
    if (this.numdirtybuffers < this.limits.hidirtybuffers) return OK
    this.bd_wakeup(1)
    this.space.sleepForFlush()
    return EWOULDBLOCK
  }
}
