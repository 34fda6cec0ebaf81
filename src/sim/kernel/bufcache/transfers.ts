import type { Machine } from '../../machine/machine.ts'
import { Site } from '../call-sites.ts'
import type { Errno } from '../errno.ts'
import { EINTR, EIO, EWOULDBLOCK, OK } from '../errno.ts'
import { Happening } from '../history-events.ts'
import type { KernelThreads } from '../sleep-channel.ts'
import type { Buf } from './buf.ts'
import {
  B_ASYNC,
  B_CACHE,
  B_CALL,
  B_DONE,
  B_EINTR,
  B_ERROR,
  B_FREEBUF,
  B_INVAL,
  B_NOCACHE,
  B_READ,
  B_RELBUF,
  B_VMIO,
  NONE,
} from './buf.ts'
import type { BufPages } from './buf-pages.ts'
import type { BufRelease } from './buf-release.ts'
import type { BufSpace } from './buf-space.ts'
import type { DirtyBufs } from './dirty-bufs.ts'
import type { RunningSpace } from './running-space.ts'

/** Times that a write which nobody waits for may fail before its data is given up. */
export const MAX_FAILED_WRITES = 3

export interface TransfersParts {
  readonly machine: Machine
  readonly threads: KernelThreads
  readonly space: BufSpace
  readonly dirty: DirtyBufs
  readonly running: RunningSpace
  readonly bufPages: BufPages
  readonly release: BufRelease
}

/** Transfers between locked buffers and the device: how they begin, and what their end does. */
export class Transfers {
  private readonly machine: Machine
  private readonly threads: KernelThreads
  private readonly space: BufSpace
  private readonly dirty: DirtyBufs
  private readonly running: RunningSpace
  private readonly bufPages: BufPages
  private readonly release: BufRelease
  private readonly strategy: (buf: Buf) => void
  private readonly lost: (buf: Buf) => void

  /**
   * @param strategy starts a buffer's transfer at the device, in the direction of B_READ; its end is `biodone`
   * @param lost hears of a buffer whose data is given up
   */
  constructor(parts: TransfersParts, strategy: (buf: Buf) => void, lost: (buf: Buf) => void) {
    this.machine = parts.machine
    this.threads = parts.threads
    this.space = parts.space
    this.dirty = parts.dirty
    this.running = parts.running
    this.bufPages = parts.bufPages
    this.release = parts.release
    this.strategy = strategy
    this.lost = lost
  }

  /** Starts reading a buffer that is not valid. */
  readonly startRead = (buf: Buf): void => {
    const { accounting, history } = this.machine
    accounting.enter(Site.bread)
    const before = buf.b_flags
    buf.b_flags = (before & ~(B_ERROR | B_INVAL | B_DONE)) | B_READ
    if (history !== null) history.event(Happening['read starts'], buf.id, buf.b_lblkno, before, buf.b_flags)
    this.start(buf, false)
    accounting.leave()
  }

  /** Starts writing a buffer; it counts as clean and valid from now on. */
  startWrite(buf: Buf): void {
    this.machine.accounting.enter(Site.bwrite)
    const before = buf.b_flags
    this.dirty.bundirty(buf)
    buf.b_flags = (buf.b_flags & ~(B_READ | B_DONE | B_ERROR)) | B_CACHE
    const { history } = this.machine
    if (history !== null) history.event(Happening['write starts'], buf.id, buf.b_lblkno, before, buf.b_flags)
    this.start(buf, true)
    this.machine.accounting.leave()
  }

  /**
   * Starts the transfer of a pbuf, in the direction of its B_READ. Its B_CALL, or whoever waits for it, does the rest.
   * @param counts it is one of the writes under way that writers wait for
   */
  startPbuf(pbuf: Buf, counts: boolean): void {
    pbuf.b_error = OK
    pbuf.b_resid = 0
    if (counts) this.running.add(pbuf)
    this.strategy(pbuf)
  }

  /** A buffer is read as part of a cluster. The cluster's transfer ends its own. */
  joinRead(buf: Buf): void {
    buf.b_flags = (buf.b_flags & ~(B_ERROR | B_INVAL | B_DONE)) | B_READ
    buf.b_error = OK
    buf.b_resid = 0
  }

  /** A buffer is written as part of a cluster, and nobody waits for it; it counts as clean and valid from now on. */
  joinWrite(buf: Buf): void {
    this.dirty.bundirty(buf)
    buf.b_flags = (buf.b_flags & ~(B_READ | B_DONE | B_ERROR)) | B_CACHE | B_ASYNC
    buf.b_error = OK
    buf.b_resid = 0
    this.bufPages.vfs_busy_pages(buf, true)
  }

  /**
   * The outcome of the current thread's transfer.
   * @returns OK, EINTR, the device's error or EIO; or EWOULDBLOCK: asleep ("biord", "biowr"), call again when woken
   */
  readonly biowait = (buf: Buf): Errno => {
    if ((buf.b_flags & B_DONE) === 0) {
      this.space.note((buf.b_flags & B_READ) !== 0 ? 'biord' : 'biowr')
      buf.ioWaiter = this.threads.current
      return EWOULDBLOCK
    }
    if ((buf.b_flags & B_EINTR) !== 0) {
      buf.b_flags &= ~B_EINTR
      return EINTR
    }
    if ((buf.b_flags & B_ERROR) !== 0) return buf.b_error === OK ? EIO : buf.b_error
    return OK
  }

  /**
   * A transfer ended. The kernel of 2004 keeps a buffer whose write failed and tries again without end; here, as in later
   * kernels whose device is gone, its data is given up after MAX_FAILED_WRITES tries.
   * @param error of a failed one, of which no byte counts as moved
   */
  readonly biodone = (buf: Buf, error: Errno): void => {
    this.machine.charge(Site.biodone, this.machine.cost.bufRelease)
    const before = buf.b_flags
    if (error !== OK) {
      buf.b_flags |= B_ERROR
      buf.b_error = error
      buf.b_resid = buf.b_bcount
    }
    if ((buf.b_flags & (B_ASYNC | B_READ)) === B_ASYNC) this.countFailures(buf)
    buf.b_flags |= B_DONE
    const { history } = this.machine
    if (history !== null) history.event(Happening['transfer ends'], buf.id, buf.b_lblkno, before, buf.b_flags)
    this.running.runningbufwakeup(buf)
    if ((buf.b_flags & B_FREEBUF) !== 0) {
      this.release.brelse(buf)
    } else if ((buf.b_flags & B_CALL) !== 0) {
      buf.b_flags &= ~B_CALL
      buf.b_iodone!(buf)
    } else {
      if ((buf.b_flags & B_VMIO) !== 0) this.bufPages.finish(buf)
      if ((buf.b_flags & B_ASYNC) === 0) this.wakeWaiter(buf)
      else if ((buf.b_flags & (B_NOCACHE | B_INVAL | B_ERROR | B_RELBUF)) !== 0) this.release.brelse(buf)
      else this.release.bqrelse(buf)
    }
  }

  private readonly start = (buf: Buf, write: boolean): void => {
    buf.b_error = OK
    buf.b_resid = 0
    this.bufPages.vfs_busy_pages(buf, write)
    if (write) this.running.add(buf)
    this.strategy(buf)
  }

  private countFailures(buf: Buf): void {
    if ((buf.b_flags & B_ERROR) === 0) {
      buf.failedWrites = 0
    } else if (++buf.failedWrites === MAX_FAILED_WRITES) {
      buf.b_flags |= B_INVAL
      this.lost(buf)
    }
  }

  private wakeWaiter(buf: Buf): void {
    const thread = buf.ioWaiter
    if (thread === NONE) return
    buf.ioWaiter = NONE
    this.threads.wake(thread)
  }
}
