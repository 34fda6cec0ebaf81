import type { PioIdeChannel } from '../../../machine/datasheets/pio-ide.ts'
import type { Machine } from '../../../machine/machine.ts'
import { PAGE_MASK, PAGE_SIZE, SECTOR_SIZE } from '../../../machine/page.ts'
import { Site } from '../../call-sites.ts'
import type { Errno } from '../../errno.ts'
import { EFAULT, OK } from '../../errno.ts'

/** How the processor moves data through the data register of an ATA channel: by its own address, through its own TLB. */
export class DataPort {
  private readonly machine: Machine
  private readonly channel: PioIdeChannel
  private readonly nsPerByte: number
  private readonly sector = new Int32Array(SECTOR_SIZE / 4)
  private readonly sectorBytes = new Uint8Array(this.sector.buffer)

  /** @param nsPerByte what a byte through the register costs the processor */
  constructor(machine: Machine, channel: PioIdeChannel, nsPerByte: number) {
    this.machine = machine
    this.channel = channel
    this.nsPerByte = nsPerByte
  }

  /**
   * Moves whole sectors between kernel addresses from `va` on and the data register.
   * @param write to the device @param movesBytes false in a machine without bytes: the same time and translations
   * @returns OK, or EFAULT for a hole; what lies before it has moved
   */
  move(va: number, bytes: number, write: boolean, movesBytes: boolean): Errno {
    if ((va & 3) !== 0) return this.moveOddly(va, bytes, write, movesBytes)
    for (let at = 0; at < bytes;) {
      const count = Math.min(bytes - at, PAGE_SIZE - (((va % PAGE_SIZE) + at) % PAGE_SIZE))
      const physical = this.machine.translate(va + at, !write)
      if (physical < 0) return EFAULT
      this.machine.chargeBytes(Site.ata_pio_data, this.nsPerByte, count)
      this.exchange(physical, count, write, movesBytes)
      at += count
    }
    return OK
  }

  private exchange(physical: number, bytes: number, write: boolean, movesBytes: boolean): void {
    const { frames } = this.machine.memory
    const words = movesBytes ? frames.words(Math.floor(physical / PAGE_SIZE)) : null
    const base = words === null ? 0 : frames.base + ((physical & PAGE_MASK) >>> 2)
    const at = this.machine.cpu.clock
    if (write) this.channel.writeData(words, base, bytes >>> 2, at)
    else this.channel.readData(words, base, bytes >>> 2, at)
  }

  /** Memory that is not aligned to words: each sector goes through one that is. */
  private moveOddly(va: number, bytes: number, write: boolean, movesBytes: boolean): Errno {
    const words = movesBytes ? this.sector : null
    for (let at = 0; at < bytes; at += SECTOR_SIZE) {
      if (!write) this.channel.readData(words, 0, SECTOR_SIZE >>> 2, this.machine.cpu.clock)
      const error = this.copySector(va + at, write, movesBytes)
      if (error !== OK) return error
      this.machine.chargeBytes(Site.ata_pio_data, this.nsPerByte, SECTOR_SIZE)
      if (write) this.channel.writeData(words, 0, SECTOR_SIZE >>> 2, this.machine.cpu.clock)
    }
    return OK
  }

  private copySector(va: number, fromMemory: boolean, movesBytes: boolean): Errno {
    for (let at = 0; at < SECTOR_SIZE;) {
      const physical = this.machine.translate(va + at, !fromMemory)
      if (physical < 0) return EFAULT
      const count = Math.min(SECTOR_SIZE - at, PAGE_SIZE - (physical & PAGE_MASK))
      if (movesBytes) {
        const piece = this.sectorBytes.subarray(at, at + count)
        const memory = this.machine.memory.bytesAt(physical, count)
        if (fromMemory) piece.set(memory)
        else memory.set(piece)
      }
      at += count
    }
    return OK
  }
}
