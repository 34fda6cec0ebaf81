import type { DmaBus } from '../machine/dma-bus.ts'
import { PAGE_MASK, PAGE_SIZE, SECTOR_SIZE, SECTOR_WORDS } from '../machine/page.ts'
import type { PhysicalMemory } from '../machine/physical-memory.ts'

/** What holds sectors: a medium, seen by a DMA engine. A sector is 128 words. */
export interface SectorStore {
  /** Puts a sector's words at `base`. */
  read(sector: number, words: Int32Array, base: number): void
  /** Takes a sector's words from `base`. */
  write(sector: number, words: Int32Array, base: number): void
}

/**
 * The memory side of one transfer, as a DMA engine collected it from its descriptors: physical addresses and lengths in
 * order, and a cursor. Reused for every command.
 */
export class SegmentList {
  private readonly memory: PhysicalMemory
  private readonly bus: DmaBus
  private addresses = new Float64Array(64)
  private lengths = new Float64Array(64)
  private count = 0
  private index = 0
  private done = 0
  private bytes = 0
  private toMemory = false
  private refused = false
  private readonly scratch = new Int32Array(SECTOR_WORDS)
  private readonly scratchBytes = new Uint8Array(this.scratch.buffer)

  constructor(bus: DmaBus) {
    this.memory = bus.memory
    this.bus = bus
  }

  /** Begins the list of a transfer. @param toMemory the device writes memory */
  start(toMemory: boolean): void {
    this.count = 0
    this.index = 0
    this.done = 0
    this.bytes = 0
    this.toMemory = toMemory
    this.refused = false
  }

  /** Bytes of all segments, those that the bus refused included. */
  get totalBytes(): number {
    return this.bytes
  }

  /** The bus refused a part of the transfer: nothing of it may move. */
  get isRefused(): boolean {
    return this.refused
  }

  /** Adds a segment, as its descriptor names it. */
  add(address: number, bytes: number): void {
    this.bytes += bytes
    for (let at = 0; at < bytes;) {
      const piece = Math.min(bytes - at, PAGE_SIZE - ((address + at) & PAGE_MASK))
      const physical = this.bus.resolve(address + at, piece, this.toMemory)
      if (physical < 0) {
        this.refused = true
        return
      }
      this.append(physical, piece)
      at += piece
    }
  }

  /** A descriptor breaks a rule of the hardware: nothing of the transfer may move. */
  refuse(): void {
    this.refused = true
  }

  /** The hardware goes astray: the first bytes of the transfer go to another address, up to the end of its page. */
  misdirect(address: number): void {
    const bytes = Math.min(this.lengths[0] ?? 0, PAGE_SIZE - (address & PAGE_MASK))
    const physical = bytes === 0 ? -1 : this.bus.resolveStray(address, bytes, this.toMemory)
    if (physical < 0) {
      this.refused = true
      return
    }
    this.append(0, 0)
    this.addresses.copyWithin(1, 0, this.count - 1)
    this.lengths.copyWithin(1, 0, this.count - 1)
    this.addresses[0] = physical
    this.lengths[0] = bytes
    this.addresses[1]! += bytes
    this.lengths[1]! -= bytes
    if (this.lengths[1] === 0) {
      this.addresses.copyWithin(1, 2, this.count)
      this.lengths.copyWithin(1, 2, this.count)
      this.count--
    }
  }

  /** Moves the next `sectors` sectors between memory and a medium, from its sector `sector` on. */
  moveSectors(store: SectorStore, sector: number, sectors: number): void {
    for (let current = sector; current < sector + sectors; current++) this.moveSector(store, current)
  }

  /** Writes bytes that the device makes itself to memory, as many as there is room for. @returns how many */
  fill(content: Uint8Array): number {
    const bytes = Math.min(content.length, this.bytes)
    this.copy(content, bytes, true)
    return bytes
  }

  /** Reads the next bytes of memory into the device, as many as there are. @returns how many */
  drain(content: Uint8Array): number {
    const bytes = Math.min(content.length, this.bytes)
    this.copy(content, bytes, false)
    return bytes
  }

  private moveSector(store: SectorStore, sector: number): void {
    const address = this.addresses[this.index]! + this.done
    const offset = address & PAGE_MASK
    if (
      this.lengths[this.index]! - this.done >= SECTOR_SIZE &&
      offset <= PAGE_SIZE - SECTOR_SIZE &&
      (offset & 3) === 0
    ) {
      const words = this.memory.frames.words(Math.floor(address / PAGE_SIZE))
      const base = this.memory.frames.base + (offset >>> 2)
      if (this.toMemory) store.read(sector, words, base)
      else store.write(sector, words, base)
      this.advance(SECTOR_SIZE)
      return
    }
    if (this.toMemory) store.read(sector, this.scratch, 0)
    this.copy(this.scratchBytes, SECTOR_SIZE, this.toMemory)
    if (!this.toMemory) store.write(sector, this.scratch, 0)
  }

  /** Moves bytes that lie across segments or pages, piece by piece. */
  private copy(content: Uint8Array, bytes: number, toMemory: boolean): void {
    for (let at = 0; at < bytes;) {
      const address = this.addresses[this.index]! + this.done
      const count = Math.min(
        bytes - at,
        this.lengths[this.index]! - this.done,
        PAGE_SIZE - (address & PAGE_MASK),
      )
      const piece = content.subarray(at, at + count)
      const view = this.memory.bytesAt(address, count)
      if (toMemory) view.set(piece)
      else piece.set(view)
      this.advance(count)
      at += count
    }
  }

  private advance(bytes: number): void {
    this.done += bytes
    if (this.done === this.lengths[this.index]!) {
      this.index++
      this.done = 0
    }
  }

  private append(physical: number, bytes: number): void {
    if (
      this.count > 0 &&
      bytes > 0 &&
      this.addresses[this.count - 1]! + this.lengths[this.count - 1]! === physical
    ) {
      this.lengths[this.count - 1]! += bytes
      return
    }
    if (this.count === this.addresses.length) this.grow()
    this.addresses[this.count] = physical
    this.lengths[this.count++] = bytes
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
