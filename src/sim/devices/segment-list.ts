import type { DmaBus } from '../machine/dma-bus.ts'
import { PAGE_MASK, PAGE_SIZE, SECTOR_SIZE, SECTOR_WORDS } from '../machine/page.ts'
import type { PhysicalMemory } from '../machine/physical-memory.ts'

/**
 * The memory side of one transfer, as a DMA engine collected it from its descriptors: bus addresses and lengths in order,
 * and a cursor. Reused for every command.
 */
export class SegmentList {
  private readonly memory: PhysicalMemory
  private readonly bus: DmaBus
  private addresses = new Float64Array(64)
  private lengths = new Float64Array(64)
  private count = 0
  private index = 0
  private done = 0
  private readonly scratch = new Int32Array(SECTOR_WORDS)
  private readonly scratchBytes = new Uint8Array(this.scratch.buffer)

  constructor(memory: PhysicalMemory, bus: DmaBus) {
    this.memory = memory
    this.bus = bus
  }

  clear(): void {
    this.count = 0
    this.index = 0
    this.done = 0
  }

  /** Adds a segment; checks that the device may reach it. */
  add(address: number, bytes: number): void {
    this.bus.check(address, bytes)
    if (this.count === this.addresses.length) this.grow()
    this.addresses[this.count] = address
    this.lengths[this.count++] = bytes
  }

  get totalBytes(): number {
    let total = 0
    for (let i = 0; i < this.count; i++) total += this.lengths[i]!
    return total
  }

  /**
   * Moves the next sector between memory and a drive. `move` gets the words of the sector and the index of the first.
   * @param toMemory true: `move` fills the words; false: `move` takes them
   */
  nextSector(toMemory: boolean, move: (words: Int32Array, base: number) => void): void {
    const address = this.addresses[this.index]! + this.done
    const offset = address & PAGE_MASK
    if (
      this.lengths[this.index]! - this.done >= SECTOR_SIZE &&
      offset <= PAGE_SIZE - SECTOR_SIZE &&
      (offset & 3) === 0
    ) {
      const words = this.memory.frames.words(Math.floor(address / PAGE_SIZE))
      move(words, this.memory.frames.base + (offset >>> 2))
      this.advance(SECTOR_SIZE)
      return
    }
    if (toMemory) move(this.scratch, 0)
    this.copyScratch(toMemory)
    if (!toMemory) move(this.scratch, 0)
  }

  /** Moves a sector that lies across segments or pages, piece by piece. */
  private copyScratch(toMemory: boolean): void {
    for (let at = 0; at < SECTOR_SIZE;) {
      const address = this.addresses[this.index]! + this.done
      const bytes = Math.min(
        SECTOR_SIZE - at,
        this.lengths[this.index]! - this.done,
        PAGE_SIZE - (address & PAGE_MASK),
      )
      const piece = this.scratchBytes.subarray(at, at + bytes)
      const view = this.memory.bytesAt(address, bytes)
      if (toMemory) view.set(piece)
      else piece.set(view)
      this.advance(bytes)
      at += bytes
    }
  }

  private advance(bytes: number): void {
    this.done += bytes
    if (this.done === this.lengths[this.index]!) {
      this.index++
      this.done = 0
    }
  }

  private grow(): void {
    const addresses = new Float64Array(this.addresses.length * 2)
    const lengths = new Float64Array(this.addresses.length * 2)
    addresses.set(this.addresses)
    lengths.set(this.lengths)
    this.addresses = addresses
    this.lengths = lengths
  }
}
