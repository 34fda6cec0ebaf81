import type { Machine } from '../../machine/machine.ts'
import { Site } from '../call-sites.ts'
import { OK } from '../errno.ts'
import type { Buf } from './buf.ts'
import { B_ASYNC, B_INVAL, B_VMIO, NONE, NOOFFSET } from './buf.ts'
import type { BufKva } from './buf-kva.ts'
import type { BufLists } from './buf-lists.ts'
import type { BufMemory } from './buf-memory.ts'
import type { BufPages } from './buf-pages.ts'
import type { BufQueues } from './buf-queues.ts'
import { QUEUE_CLEAN, QUEUE_EMPTY, QUEUE_EMPTYKVA } from './buf-queues.ts'
import type { BufRelease } from './buf-release.ts'
import type { BufSpace } from './buf-space.ts'
import type { DirtyBufs } from './dirty-bufs.ts'
import type { FreeBsdWork } from './freebsd-work.ts'
import type { LookAhead } from './look-ahead.ts'

export interface NewBufsParts {
  readonly machine: Machine
  readonly lists: BufLists
  readonly bufs: readonly Buf[]
  readonly queues: BufQueues
  readonly space: BufSpace
  readonly kva: BufKva
  readonly bufPages: BufPages
  readonly memory: BufMemory
  readonly release: BufRelease
  readonly dirty: DirtyBufs
  readonly lookAhead: LookAhead
  /** Null: the kernel does none of it. */
  readonly work: FreeBsdWork | null
}

/** getnewbuf: buffers without a block, for blocks without a buffer. */
export class NewBufs {
  private readonly machine: Machine
  private readonly lists: BufLists
  private readonly bufs: readonly Buf[]
  private readonly queues: BufQueues
  private readonly space: BufSpace
  private readonly kva: BufKva
  private readonly bufPages: BufPages
  private readonly memory: BufMemory
  private readonly release: BufRelease
  private readonly dirty: DirtyBufs
  private readonly lookAhead: LookAhead
  private readonly work: FreeBsdWork | null
  /** Space was above hibufspace and is not yet below lobufspace. */
  private flushingbufs = false

  constructor(parts: NewBufsParts) {
    this.machine = parts.machine
    this.lists = parts.lists
    this.bufs = parts.bufs
    this.queues = parts.queues
    this.space = parts.space
    this.kva = parts.kva
    this.bufPages = parts.bufPages
    this.memory = parts.memory
    this.release = parts.release
    this.dirty = parts.dirty
    this.lookAhead = parts.lookAhead
    this.work = parts.work
  }

  /**
   * A locked buffer without vnode or memory, on no queue, with address space for `maxsize` bytes on a path that reserves any.
   * @returns null: asleep ("newbuf", "nbufkv" or "nbufbs"), or with `maySleep` false none could be had
   */
  readonly getnewbuf = (maxsize: number, maySleep: boolean): Buf | null => {
    const { accounting } = this.machine
    accounting.enter(Site.getnewbuf)
    const buf = this.find(maxsize, maySleep)
    accounting.leave()
    return buf
  }

  private readonly find = (maxsize: number, maySleep: boolean): Buf | null => {
    const { space, kva } = this
    const { hibufspace, lobufspace, bkvasize } = space.limits
    let defrag = false
    for (;;) {
      this.lists.work(Site.getnewbuf, this.machine.cost.bufRecycle)
      const id = this.candidate(maxsize, defrag)
      if (id === NONE) {
        if (maySleep) this.sleep(defrag)
        return null
      }
      const buf = this.bufs[id]!
      this.lookAhead.from(id)
      const before = space.bufspace
      this.strip(buf)
      if (defrag) {
        this.giveUp(buf)
        defrag = false
        continue
      }
      if (before >= hibufspace) this.flushingbufs = true
      if (this.flushingbufs && (buf.b_kvasize > 0 || space.bufspace < before)) {
        this.giveUp(buf)
        continue
      }
      if (space.bufspace < lobufspace) this.flushingbufs = false
      if (!space.reservesKva || kva.reserve(buf, Math.ceil(maxsize / bkvasize) * bkvasize)) return buf
      defrag = true
      this.giveUp(buf)
    }
  }

  /**
   * The kernel's order. Where space is what buffers hold, clean ones also serve when no header is empty.
   * @returns number of a free buffer, or NONE
   */
  private candidate(maxsize: number, defrag: boolean): number {
    const { queues, space } = this
    const { hibufspace, lobufspace } = space.limits
    let id = queues.first(QUEUE_EMPTYKVA)
    if (id !== NONE) return id
    const clean = queues.first(QUEUE_CLEAN)
    if (clean !== NONE && (defrag || space.bufspace >= lobufspace)) return clean
    if (!defrag && space.bufspace + maxsize < hibufspace) id = queues.first(QUEUE_EMPTY)
    return id === NONE && !space.countsKva ? clean : id
  }

  /** Locks a free buffer and takes from it all but its address space. */
  private readonly strip = (buf: Buf): void => {
    const isClean = buf.b_qindex === QUEUE_CLEAN
    buf.locked = true
    this.space.bremfree(buf)
    if (this.work !== null) this.work.picked(this.space.reservesKva)
    if (isClean) {
      if (this.work !== null) this.work.reused(buf.b_xio.npages)
      buf.b_flags &= ~B_ASYNC
      if ((buf.b_flags & B_VMIO) !== 0) this.bufPages.vfs_vmio_release(buf)
      this.release.brelvp(buf)
    }
    if (buf.b_bufsize > 0) this.memory.allocbuf(buf, 0)
    buf.b_flags = 0
    buf.b_lblkno = 0
    buf.b_blkno = 0
    buf.b_offset = NOOFFSET
    buf.b_bcount = 0
    buf.b_resid = 0
    buf.b_error = OK
    buf.failedWrites = 0
    buf.b_iodone = null
    buf.b_dep = 0
  }

  private giveUp(buf: Buf): void {
    buf.b_flags |= B_INVAL
    this.kva.bfreekva(buf)
    this.release.brelse(buf)
  }

  private sleep(defrag: boolean): void {
    const { space } = this
    this.dirty.bd_wakeup(1)
    if (defrag) space.sleepForSpace('nbufkv')
    else if (space.bufspace >= space.limits.hibufspace) space.sleepForSpace('nbufbs')
    else space.sleepForAny()
  }
}
