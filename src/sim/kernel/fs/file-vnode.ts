import { NONE } from '../bufcache/buf.ts'
import { SequentialHeuristic } from '../bufcache/sequential.ts'
import { Vnode } from '../bufcache/vnode.ts'
import type { VmObject } from '../vm/vm-pages.ts'
import type { FileLock } from './file-lock.ts'
import type { FsLayout } from './layout.ts'

/**
 * A file. Where its blocks lie takes a walk through its metadata, which may sleep, so a walk comes before the call of the
 * buffer cache that makes buffers: it leaves here what it found, for that call alone.
 */
export class FileVnode extends Vnode {
  readonly ino: number
  readonly lock: FileLock
  readonly sequential = new SequentialHeuristic()
  private readonly layout: FsLayout
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
}
