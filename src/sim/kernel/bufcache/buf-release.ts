import type { Machine } from '../../machine/machine.ts'
import { Site } from '../call-sites.ts'
import { Happening } from '../history-events.ts'
import type { VmPages } from '../vm/vm-pages.ts'
import type { Buf } from './buf.ts'
import {
  B_AGE,
  B_ASYNC,
  B_CACHE,
  B_DELWRI,
  B_ERROR,
  B_FREEBUF,
  B_INVAL,
  B_LOCKED,
  B_NOCACHE,
  B_NOWDRAIN,
  B_ORDERED,
  B_READ,
  B_RELBUF,
  B_VMIO,
} from './buf.ts'
import type { BufHash } from './buf-hash.ts'
import type { BufLists } from './buf-lists.ts'
import type { BufMemory } from './buf-memory.ts'
import type { BufPages } from './buf-pages.ts'
import type { BufQueues } from './buf-queues.ts'
import { QUEUE_CLEAN, QUEUE_DIRTY, QUEUE_EMPTY, QUEUE_EMPTYKVA, QUEUE_LOCKED } from './buf-queues.ts'
import type { BufSpace } from './buf-space.ts'
import type { DirtyBufs } from './dirty-bufs.ts'
import type { FreeBsdWork } from './freebsd-work.ts'

/** What says how a buffer is to be released, and ends with the release. */
const ONCE = B_ORDERED | B_ASYNC | B_NOCACHE | B_AGE | B_RELBUF | B_NOWDRAIN

export interface BufReleaseParts {
  readonly machine: Machine
  readonly lists: BufLists
  readonly vm: VmPages
  readonly queues: BufQueues
  readonly hash: BufHash
  readonly space: BufSpace
  readonly dirty: DirtyBufs
  readonly bufPages: BufPages
  readonly memory: BufMemory
  /** Null: the kernel does none of it. */
  readonly work: FreeBsdWork | null
}

/** Where a buffer goes when its user has done with it. */
export class BufRelease {
  private readonly machine: Machine
  private readonly lists: BufLists
  private readonly vm: VmPages
  private readonly queues: BufQueues
  private readonly hash: BufHash
  private readonly space: BufSpace
  private readonly dirty: DirtyBufs
  private readonly bufPages: BufPages
  private readonly memory: BufMemory
  private readonly work: FreeBsdWork | null

  constructor(parts: BufReleaseParts) {
    this.machine = parts.machine
    this.lists = parts.lists
    this.vm = parts.vm
    this.queues = parts.queues
    this.hash = parts.hash
    this.space = parts.space
    this.dirty = parts.dirty
    this.bufPages = parts.bufPages
    this.memory = parts.memory
    this.work = parts.work
  }

  /** Unlocks a buffer and puts it on the queue that its state asks for; takes its memory when the content is of no use. */
  readonly brelse = (buf: Buf): void => {
    this.lists.work(Site.brelse, this.machine.cost.bufRelease)
    if (this.work !== null) this.work.released(Site.brelse)
    if ((buf.b_flags & B_LOCKED) !== 0) buf.b_flags &= ~B_ERROR
    if ((buf.b_flags & (B_READ | B_ERROR | B_INVAL)) === B_ERROR) {
      // A failed write: the data is the only copy, and is written again later.
      buf.b_flags &= ~B_ERROR
      this.dirty.bdirty(buf)
    } else if ((buf.b_flags & (B_NOCACHE | B_INVAL | B_ERROR | B_FREEBUF)) !== 0 || buf.b_bufsize === 0) {
      this.discard(buf)
    }
    if ((buf.b_flags & B_DELWRI) !== 0) buf.b_flags &= ~B_RELBUF
    else if (this.vm.vm_page_count_severe()) buf.b_flags |= B_RELBUF
    if ((buf.b_flags & B_VMIO) !== 0) {
      if ((buf.b_flags & (B_NOCACHE | B_ERROR)) !== 0) this.bufPages.invalidate(buf)
      if ((buf.b_flags & (B_INVAL | B_RELBUF)) !== 0) {
        this.bufPages.vfs_vmio_release(buf)
        this.brelvp(buf)
      }
    }
    this.enqueue(buf)
    if ((buf.b_flags & (B_LOCKED | B_DELWRI)) === 0) this.space.bufcountwakeup()
    if (buf.b_bufsize > 0 || buf.b_kvasize > 0) this.space.bufspacewakeup()
    this.unlock(buf)
  }

  /** Unlocks a buffer whose memory stays as it is: the quick way for one that will be used again. */
  bqrelse(buf: Buf): void {
    if ((buf.b_flags & (B_LOCKED | B_DELWRI)) === 0 && this.vm.vm_page_count_severe()) {
      this.brelse(buf)
      return
    }
    this.lists.work(Site.bqrelse, this.machine.cost.bufRelease)
    if (this.work !== null) this.work.released(Site.bqrelse)
    if ((buf.b_flags & B_LOCKED) !== 0) {
      buf.b_flags &= ~B_ERROR
      this.queues.insertTail(buf, QUEUE_LOCKED)
    } else {
      const isDirty = (buf.b_flags & B_DELWRI) !== 0
      this.queues.insertTail(buf, isDirty ? QUEUE_DIRTY : QUEUE_CLEAN)
      if (!isDirty || (buf.b_flags & B_INVAL) !== 0) this.space.bufcountwakeup()
    }
    if (buf.b_bufsize > 0) this.space.bufspacewakeup()
    this.unlock(buf)
  }

  /** The buffer belongs to no vnode any more. */
  readonly brelvp = (buf: Buf): void => {
    this.hash.remove(buf)
    buf.b_vp = null
  }

  private discard(buf: Buf): void {
    buf.b_flags |= B_INVAL
    buf.b_dep = 0
    if ((buf.b_flags & B_DELWRI) !== 0) this.dirty.lessDirty()
    buf.b_flags &= ~(B_DELWRI | B_CACHE | B_FREEBUF)
    if ((buf.b_flags & B_VMIO) !== 0) return
    if (buf.b_bufsize > 0) this.memory.allocbuf(buf, 0)
    this.brelvp(buf)
  }

  private enqueue(buf: Buf): void {
    const { b_flags: flags } = buf
    if (buf.b_bufsize === 0) {
      buf.b_flags |= B_INVAL
      this.hash.remove(buf)
      this.queues.insertHead(buf, buf.b_kvasize > 0 ? QUEUE_EMPTYKVA : QUEUE_EMPTY)
    } else if ((flags & (B_ERROR | B_INVAL | B_NOCACHE | B_RELBUF)) !== 0) {
      buf.b_flags |= B_INVAL
      this.hash.remove(buf)
      this.queues.insertHead(buf, QUEUE_CLEAN)
      this.dirty.bundirty(buf)
    } else if ((flags & B_LOCKED) !== 0) {
      this.queues.insertTail(buf, QUEUE_LOCKED)
    } else if ((flags & B_AGE) !== 0) {
      this.queues.insertHead(buf, (flags & B_DELWRI) !== 0 ? QUEUE_DIRTY : QUEUE_CLEAN)
    } else {
      this.queues.insertTail(buf, (flags & B_DELWRI) !== 0 ? QUEUE_DIRTY : QUEUE_CLEAN)
    }
  }

  private unlock(buf: Buf): void {
    const { history } = this.machine
    if (history !== null)
      history.event(Happening['buf released'], buf.id, buf.b_lblkno, buf.b_flags, buf.b_flags & ~ONCE)
    this.space.unlock(buf)
    buf.b_flags &= ~ONCE
  }
}
