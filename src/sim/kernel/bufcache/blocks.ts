import type { Machine } from '../../machine/machine.ts'
import { PAGE_MASK } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import { Happening } from '../history-events.ts'
import type { Buf } from './buf.ts'
import { B_ASYNC, B_CACHE, B_DELWRI, B_DONE, B_INVAL, B_NOCACHE, B_RELBUF, B_VMIO } from './buf.ts'
import type { BufHash } from './buf-hash.ts'
import type { BufLists } from './buf-lists.ts'
import type { BufMemory } from './buf-memory.ts'
import type { BufRelease } from './buf-release.ts'
import type { BufSpace } from './buf-space.ts'
import type { FreeBsdWork } from './freebsd-work.ts'
import { MAXBSIZE } from './limits.ts'
import type { NewBufs } from './new-bufs.ts'
import type { RawSpans } from './raw-spans.ts'
import type { Transfers } from './transfers.ts'
import type { Vnode } from './vnode.ts'

export interface BlocksParts {
  readonly machine: Machine
  readonly lists: BufLists
  readonly counters: KernelCounters
  readonly hash: BufHash
  readonly space: BufSpace
  readonly memory: BufMemory
  readonly release: BufRelease
  readonly newBufs: NewBufs
  readonly transfers: Transfers
  readonly rawSpans: RawSpans
  /** Null: the kernel does none of it. */
  readonly work: FreeBsdWork | null
}

/** getblk: the buffer of a block, found or made. */
export class Blocks {
  private readonly machine: Machine
  private readonly lists: BufLists
  private readonly counters: KernelCounters
  private readonly hash: BufHash
  private readonly space: BufSpace
  private readonly memory: BufMemory
  private readonly release: BufRelease
  private readonly newBufs: NewBufs
  private readonly transfers: Transfers
  private readonly rawSpans: RawSpans
  private readonly work: FreeBsdWork | null

  constructor(parts: BlocksParts) {
    this.machine = parts.machine
    this.lists = parts.lists
    this.counters = parts.counters
    this.hash = parts.hash
    this.space = parts.space
    this.memory = parts.memory
    this.release = parts.release
    this.newBufs = parts.newBufs
    this.transfers = parts.transfers
    this.rawSpans = parts.rawSpans
    this.work = parts.work
  }

  /** See BufferCache.getblk. @param maySleep false: null without a sleep, as far as the lock and free buffers go */
  readonly getblk = (vp: Vnode, lblkno: number, size: number, maySleep: boolean): Buf | null => {
    if (!(size > 0 && size <= MAXBSIZE))
      throw new SimulationFault(`getblk: a buffer of ${size} bytes, not 1 to ${MAXBSIZE}`)
    const { accounting } = this.machine
    accounting.enter(Site.getblk)
    this.lists.work(Site.getblk, this.machine.cost.bufLookup)
    const buf = this.obtain(vp, lblkno, size, maySleep)
    if (buf !== null) this.found(buf)
    accounting.leave()
    return buf
  }

  private found(buf: Buf): void {
    const { history } = this.machine
    if (history !== null)
      history.event(Happening['buf locked'], buf.id, buf.b_lblkno, buf.b_flags, buf.b_flags & ~B_DONE)
    buf.b_flags &= ~B_DONE
  }

  private readonly obtain = (vp: Vnode, lblkno: number, size: number, maySleep: boolean): Buf | null => {
    const { space } = this
    for (;;) {
      if (space.numfreebuffers === 0) {
        if (maySleep) space.sleepForAny()
        return null
      }
      if (this.rawSpans.active && this.isRaw(vp, lblkno, size)) {
        if (maySleep) this.rawSpans.sleep()
        return null
      }
      const buf = this.hash.find(vp, lblkno)
      if (buf === null) return this.make(vp, lblkno, size, maySleep)
      if (buf.locked) {
        if (maySleep) this.awaitLock(buf)
        return null
      }
      this.take(buf)
      if (this.fits(buf, size)) {
        if (buf.b_bcount !== size) this.memory.allocbuf(buf, size)
        if ((buf.b_flags & (B_DELWRI | B_CACHE)) !== B_DELWRI) {
          if ((buf.b_flags & B_CACHE) !== 0) this.counters.cacheHits++
          else this.counters.cacheMisses++
          return buf
        }
        this.writeOut(buf)
      } else if ((buf.b_flags & (B_DELWRI | B_VMIO)) === B_VMIO && buf.b_dep === 0) {
        buf.b_flags |= B_RELBUF
        this.release.brelse(buf)
      } else {
        this.writeOut(buf)
      }
    }
  }

  /** Whether somebody moves a part of the block around the cache just now. */
  private isRaw(vp: Vnode, lblkno: number, size: number): boolean {
    const start = lblkno * vp.blockSize
    return this.rawSpans.covers(vp, start, start + Math.max(size, vp.blockSize))
  }

  private awaitLock(buf: Buf): void {
    const { history } = this.machine
    if (history !== null)
      history.event(Happening['buf busy'], buf.id, history.bufs.of(buf.id), buf.b_flags, buf.b_flags)
    this.space.sleepOnLock(buf)
  }

  /** Locks a free buffer. One without VMIO is valid: nothing else than a read or a whole write leaves it behind. */
  private take(buf: Buf): void {
    buf.locked = true
    if (this.work !== null) this.work.found()
    if ((buf.b_flags & B_INVAL) !== 0) buf.b_flags &= ~B_CACHE
    else if ((buf.b_flags & B_VMIO) === 0) buf.b_flags |= B_CACHE
    this.space.bremfree(buf)
  }

  /** Whether the buffer can be of this size without being made anew. */
  private fits(buf: Buf, size: number): boolean {
    if (buf.b_bcount === size) return true
    return (buf.b_flags & B_VMIO) !== 0 && (!this.space.countsKva || size <= buf.b_kvasize)
  }

  /**
   * Writes a buffer and lets it go. The kernel sleeps until the write ends; here it ends by itself, and the next turn of the
   * loop finds the buffer locked and sleeps on that, so that the call keeps no state.
   */
  private writeOut(buf: Buf): void {
    buf.b_flags |= B_NOCACHE | B_ASYNC
    if ((buf.b_flags & B_INVAL) !== 0) this.release.brelse(buf)
    else this.transfers.startWrite(buf)
  }

  /** Nothing can have made the same block meanwhile: who sleeps in getnewbuf starts from the top. */
  private readonly make = (vp: Vnode, lblkno: number, size: number, maySleep: boolean): Buf | null => {
    const offset = lblkno * vp.blockSize
    const shared = vp.object !== null
    const maxsize = Math.max(shared ? size + (offset & PAGE_MASK) : size, vp.blockSize)
    const buf = this.newBufs.getnewbuf(maxsize, maySleep)
    if (buf === null) return null
    if (this.work !== null) this.work.made()
    buf.b_vp = vp
    buf.b_lblkno = lblkno
    buf.b_blkno = vp.bmap(lblkno)
    buf.b_offset = offset
    if (shared) buf.b_flags |= B_VMIO
    this.hash.insert(buf, vp)
    this.memory.allocbuf(buf, size)
    this.counters.cacheMisses++
    if ((buf.b_flags & B_CACHE) !== 0) this.counters.vmCacheHits++
    return buf
  }
}
