import type { Buf } from '../kernel/bufcache/buf.ts'
import { Site } from '../kernel/call-sites.ts'
import type { KernelCounters } from '../kernel/counters.ts'
import type { IoPathHooks } from '../kernel/path/io-path.ts'
import type { Machine } from '../machine/machine.ts'
import { PAGE_MASK, PAGE_SIZE, SECTOR_SIZE, SECTOR_WORDS } from '../machine/page.ts'
import { SimulationFault } from '../machine/physical-memory.ts'
import type { Ledger } from './ledger.ts'

export interface UserCopyParts {
  readonly machine: Machine
  readonly counters: KernelCounters
  readonly path: IoPathHooks
  readonly ledger: Ledger
}

/** Copies between users, whose data the ledger knows, and the buffers of a disk, or a part of one, in blocks of one size. */
export class UserCopy {
  private readonly parts: UserCopyParts
  private readonly blockBytes: number
  private readonly diskStart: number

  /** @param diskStart byte of the disk at which block 0 begins, a multiple of a page */
  constructor(parts: UserCopyParts, blockBytes: number, diskStart: number) {
    this.parts = parts
    this.blockBytes = blockBytes
    this.diskStart = diskStart
  }

  /**
   * uiomove: what bytes `from` to `to` - 1 of the disk have in common with a locked buffer, sector by sector, through a mapping.
   * @param write the user's data goes to the buffer
   */
  uiomove(buf: Buf, write: boolean, from: number, to: number): void {
    const { machine, counters, path } = this.parts
    const block = this.diskStart + buf.b_lblkno * this.blockBytes
    const start = Math.max(block, from)
    const end = Math.min(block + this.blockBytes, to)
    for (let at = start; at < end;) {
      const page = Math.floor((at - block) / PAGE_SIZE)
      const pageEnd = Math.min(end, block + (page + 1) * PAGE_SIZE)
      const physical = machine.translate(path.openPage(buf, page), write)
      if (physical < 0) throw new SimulationFault(`page ${page} of block ${buf.b_lblkno} is not mapped`)
      if (machine.memory.holdsData) this.touchSectors(write, physical / PAGE_SIZE, at, pageEnd)
      path.closePage()
      at = pageEnd
    }
    machine.chargeBytes(write ? Site.copyin : Site.copyout, machine.cost.copyPerByte, end - start)
    counters.bytesCopied += end - start
  }

  /** Nobody can say what the disk holds of that part of a buffer: its write failed, or the read of what it lacked. */
  writeFailed(buf: Buf, from: number, to: number): void {
    const block = this.diskStart + buf.b_lblkno * this.blockBytes
    const end = Math.min(block + this.blockBytes, to)
    for (let at = Math.max(block, from); at < end; at += SECTOR_SIZE)
      this.parts.ledger.writeFailed(at / SECTOR_SIZE)
  }

  private touchSectors(write: boolean, pfn: number, from: number, to: number): void {
    const { frames } = this.parts.machine.memory
    const words = frames.words(pfn)
    let base = frames.base + (from & PAGE_MASK) / 4
    for (let sector = from / SECTOR_SIZE; sector < to / SECTOR_SIZE; sector++, base += SECTOR_WORDS) {
      if (write) this.parts.ledger.write(sector, words, base)
      else this.parts.ledger.verify(sector, words, base)
    }
  }
}
