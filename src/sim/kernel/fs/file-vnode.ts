import { NONE } from '../bufcache/buf.ts'
import { Vnode } from '../bufcache/vnode.ts'
import type { VmObject } from '../vm/vm-pages.ts'
import type { FileLock } from './file-lock.ts'
import type { FsLayout } from './layout.ts'

/** Most that the heuristic of sequential access counts to, and the bytes that one step of it stands for. */
const MAX_SEQCOUNT = 127
const SEQ_BYTES = 16 * 1024

/**
 * A file. Where its blocks lie takes a walk through its metadata, which may sleep, so a walk comes before the call of the
 * buffer cache that makes buffers: it leaves here what it found, for that call alone.
 */
export class FileVnode extends Vnode {
  readonly ino: number
  readonly lock: FileLock
  /** How much of the access so far was sequential (f_seqcount): 0 for none. */
  seqcount = 0
  private readonly layout: FsLayout
  private nextOffset = 0
  private lblkno = 0
  private block = 0
  private run = 0

  /** @param iosizeMax see Vnode */
  constructor(
    id: number,
    ino: number,
    layout: FsLayout,
    object: VmObject,
    lock: FileLock,
    iosizeMax: number,
  ) {
    super(id, layout.blockBytes, object, 0, iosizeMax)
    this.ino = ino
    this.lock = lock
    this.layout = layout
  }

  /** Blocks `lblkno` to `lblkno + run - 1` of the file are blocks `block` and on of the file system. */
  found(lblkno: number, block: number, run: number): void {
    this.lblkno = lblkno
    this.block = block
    this.run = run
  }

  /** NONE, too, for a block that the last walk did not come to: nobody reads ahead beyond what it found. */
  override bmap(lblkno: number): number {
    const past = lblkno - this.lblkno
    return past >= 0 && past < this.run ? this.layout.diskSector(this.block + past) : NONE
  }

  override runAfter(lblkno: number): number {
    return Math.min(super.runAfter(lblkno), this.lblkno + this.run - 1 - lblkno)
  }

  /** Notes a read or write, as the kernel does before it (sequential_heuristic). */
  access(offset: number, bytes: number): void {
    const continues = offset === this.nextOffset && (offset > 0 || this.seqcount > 0)
    if (continues || (offset === 0 && this.seqcount > 0))
      this.seqcount = Math.min(MAX_SEQCOUNT, this.seqcount + Math.ceil(bytes / SEQ_BYTES))
    else this.seqcount = this.seqcount > 1 ? 1 : 0
    this.nextOffset = offset + bytes
  }
}
