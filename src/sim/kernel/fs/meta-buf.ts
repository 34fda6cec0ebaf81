import { B_INVAL } from '../bufcache/buf.ts'
import type { Buf } from '../bufcache/buf.ts'
import type { BufferCache } from '../bufcache/buffer-cache.ts'
import type { Vnode } from '../bufcache/vnode.ts'
import { EWOULDBLOCK, OK } from '../errno.ts'
import type { FsLayout } from './layout.ts'
import type { MetadataAudit, MetaView } from './meta-view.ts'
import type { Step } from './step.ts'
import { STEP_ASLEEP, STEP_DONE, STEP_FAILED } from './step.ts'

export interface MetaBufParts {
  readonly layout: FsLayout
  readonly cache: BufferCache
  /** The part of the disk that the file system has, in its blocks (devvp). */
  readonly devvp: Vnode
  readonly audit: MetadataAudit
  /** Changed metadata stays in the cache until somebody writes it (bdwrite); otherwise it is written at once and awaited. */
  readonly delayedWrites: boolean
  /** Shared by all: a view is never kept over a sleep. */
  readonly view: MetaView
}

/** One block of metadata that a thread has locked, or is about to. Each call that gives a Step is repeated while asleep. */
export class MetaBuf {
  /** The block of the buffer. */
  block = 0
  private readonly parts: MetaBufParts
  private buf: Buf | null = null
  private writing = false

  constructor(parts: MetaBufParts) {
    this.parts = parts
  }

  /** Locks a block, with its content. @returns STEP_FAILED when it cannot be read; then nothing is locked */
  read(block: number): Step {
    const { cache, devvp, layout } = this.parts
    if (this.buf === null) {
      this.buf = cache.bread(devvp, block, layout.blockBytes)
      if (this.buf === null) return STEP_ASLEEP
      this.block = block
    }
    const error = cache.biowait(this.buf)
    if (error === EWOULDBLOCK) return STEP_ASLEEP
    if (error === OK) return STEP_DONE
    this.release()
    return STEP_FAILED
  }

  /** Locks a block whose old content nobody needs. */
  take(block: number): Step {
    const { cache, devvp, layout } = this.parts
    this.buf = cache.getblk(devvp, block, layout.blockBytes)
    if (this.buf === null) return STEP_ASLEEP
    this.block = block
    return STEP_DONE
  }

  /** Opens the shared view on the locked block; `view.close()` ends it. */
  look(): MetaView {
    const { view, layout } = this.parts
    view.open(this.buf!, this.block * layout.sectorsPerBlock)
    return view
  }

  /** Hands the changed block over to be written and lets it go. @returns STEP_FAILED when it could not be written */
  write(): Step {
    const { cache, delayedWrites } = this.parts
    const buf = this.buf!
    if (!this.writing) {
      if (delayedWrites) {
        cache.bdwrite(buf)
        this.buf = null
        return STEP_DONE
      }
      cache.bwrite(buf)
      this.writing = true
    }
    const error = cache.biowait(buf)
    if (error === EWOULDBLOCK) return STEP_ASLEEP
    this.writing = false
    if (error !== OK) this.giveUp(buf)
    this.release()
    return error === OK ? STEP_DONE : STEP_FAILED
  }

  /** Lets the block go as it is. */
  release(): void {
    this.parts.cache.brelse(this.buf!)
    this.buf = null
  }

  /** Who wrote is told. Kept for another try, the buffer would stay dirty for ever on a disk that is broken for good. */
  private giveUp(buf: Buf): void {
    const { layout, audit } = this.parts
    buf.b_flags |= B_INVAL
    const first = this.block * layout.sectorsPerBlock
    for (let i = 0; i < layout.sectorsPerBlock; i++) audit.inDoubt(first + i)
  }
}
