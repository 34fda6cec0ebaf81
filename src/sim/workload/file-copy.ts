import type { Buf } from '../kernel/bufcache/buf.ts'
import { Site } from '../kernel/call-sites.ts'
import type { FsLayout } from '../kernel/fs/layout.ts'
import type { HasBlock } from '../kernel/fs/mkfs.ts'
import { PAGE_SIZE, SECTOR_SIZE, SECTOR_WORDS } from '../machine/page.ts'
import { SimulationFault } from '../machine/physical-memory.ts'
import { startCopies } from './freebsd-file-work.ts'
import type { UserCopyParts } from './user-copy.ts'

/**
 * Copies between users and the buffers of files. The ledger knows a sector of a file by the sector of the disk where mkfs has,
 * or would have, put it: a place computed without any pointer of the file system, so that data shows when a wrong pointer
 * leads to it. What mkfs left out and nobody has written yet reads as zeros.
 */
export class FileCopy {
  private readonly parts: UserCopyParts
  private readonly layout: FsLayout
  private readonly hasBlock: HasBlock
  private readonly freeBsdWork: boolean
  /** Words of the page shown last, from `base` on. */
  private words: Int32Array = new Int32Array(0)
  private base = 0

  /** @param freeBsdWork the start of each copy takes time of its own */
  constructor(parts: UserCopyParts, layout: FsLayout, hasBlock: HasBlock, freeBsdWork: boolean) {
    this.parts = parts
    this.layout = layout
    this.hasBlock = hasBlock
    this.freeBsdWork = freeBsdWork
  }

  /** uiomove: bytes `from` to `to` - 1 of the file's block in a locked buffer. @param write the user's data goes to the buffer */
  uiomove(buf: Buf, ino: number, write: boolean, from: number, to: number): void {
    const { machine, counters, path } = this.parts
    const stamped = this.hasBlock(ino, buf.b_lblkno)
    const name = this.nameOf(ino, buf.b_lblkno)
    let pages = 0
    for (let at = from; at < to; pages++) {
      const end = this.openPage(buf, at, to, write)
      if (machine.memory.holdsData) this.touchSectors(name, at, end, write, stamped)
      path.closePage()
      at = end
    }
    if (this.freeBsdWork)
      startCopies(machine, write ? Site.copyin : Site.copyout, path.reservesKva ? 1 : pages)
    machine.chargeBytes(write ? Site.copyin : Site.copyout, machine.cost.copyPerByte, to - from)
    counters.bytesCopied += to - from
  }

  /** The user reads part of a block that does not exist: zeros, from no buffer. */
  readHole(ino: number, lblkno: number, from: number, to: number): void {
    const { machine, counters, ledger } = this.parts
    const name = this.nameOf(ino, lblkno)
    for (let at = from; at < to; at += SECTOR_SIZE)
      ledger.verifyUnwritten(name + at / SECTOR_SIZE, this.hasBlock(ino, lblkno))
    machine.chargeBytes(Site.copyout, machine.cost.copyPerByte, to - from)
    counters.bytesCopied += to - from
  }

  /** vfs_bio_clrbuf: a block that was just made holds zeros. */
  clear(buf: Buf): void {
    const { machine, path } = this.parts
    const bytes = this.layout.blockBytes
    for (let at = 0; at < bytes;) {
      const end = this.openPage(buf, at, bytes, true)
      if (machine.memory.holdsData) this.words.fill(0, this.base, this.base + (end - at) / 4)
      path.closePage()
      at = end
    }
    machine.chargeBytes(Site.vfs_bio_clrbuf, machine.cost.copyPerByte, bytes)
  }

  /** Nobody can say what the disk holds of that part of a file's block. */
  inDoubt(ino: number, lblkno: number, from: number, to: number): void {
    const name = this.nameOf(ino, lblkno)
    for (let at = from; at < to; at += SECTOR_SIZE) this.parts.ledger.writeFailed(name + at / SECTOR_SIZE)
  }

  /** @param name the ledger's of the block's first sector @param stamped mkfs gave the block out, with what the disk held */
  private touchSectors(name: number, from: number, to: number, write: boolean, stamped: boolean): void {
    const { ledger } = this.parts
    const { words } = this
    let { base } = this
    for (let at = from; at < to; at += SECTOR_SIZE, base += SECTOR_WORDS) {
      const sector = name + at / SECTOR_SIZE
      if (write) ledger.write(sector, words, base)
      else if (stamped) ledger.verify(sector, words, base)
      else ledger.verifyOrZeros(sector, words, base)
    }
  }

  /** Shows the words of buffer byte `at` and after, until closePage. @returns where the page, or the range up to `to`, ends */
  private openPage(buf: Buf, at: number, to: number, write: boolean): number {
    const { machine, path } = this.parts
    const place = buf.b_xio.offset + at
    const page = Math.floor(place / PAGE_SIZE)
    const physical = machine.translate(path.openPage(buf, page), write)
    if (physical < 0)
      throw new SimulationFault(`page ${page} of block ${buf.b_lblkno} of a file is not mapped`)
    if (machine.memory.holdsData) {
      const { frames } = machine.memory
      this.words = frames.words(physical / PAGE_SIZE)
      this.base = frames.base + (place % PAGE_SIZE) / 4
    }
    return Math.min(to, (page + 1) * PAGE_SIZE - buf.b_xio.offset)
  }

  /** The ledger's name of the first sector of a block. */
  private nameOf(ino: number, lblkno: number): number {
    return this.layout.diskSector(this.layout.homeOf(ino, lblkno))
  }
}
