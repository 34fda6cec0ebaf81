import { Frames } from './frames.ts'
import { PAGE_MASK, PAGE_SIZE } from './page.ts'

/** A simulated part did what the hardware cannot: a bug in the simulated kernel or in the lab, never bad input. */
export class SimulationFault extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SimulationFault'
  }
}

/**
 * Physical memory with real bytes. Addresses are byte addresses below `pages` times PAGE_SIZE.
 * Control structures (descriptor tables) always have bytes. With `holdsData` false, bulk data is not moved.
 */
export class PhysicalMemory {
  readonly frames = new Frames()
  readonly pages: number
  readonly holdsData: boolean
  /** Place of a word in the array that the last `wordsAt` returned. */
  wordIndex = 0

  constructor(pages: number, holdsData: boolean) {
    this.pages = pages
    this.holdsData = holdsData
  }

  /** @param address 4-byte aligned */
  read32(address: number): number {
    const words = this.frames.words(this.pfnOf(address))
    return words[this.frames.base + ((address & PAGE_MASK) >>> 2)]! >>> 0
  }

  /** @param address 4-byte aligned */
  write32(address: number, value: number): void {
    const words = this.frames.words(this.pfnOf(address))
    words[this.frames.base + ((address & PAGE_MASK) >>> 2)] = value | 0
  }

  /**
   * The words of the page of an address, for who looks at several of them.
   * @param address 4-byte aligned @returns an array that has the address's word at index `wordIndex`
   */
  wordsAt(address: number): Int32Array {
    const words = this.frames.words(this.pfnOf(address))
    this.wordIndex = this.frames.base + ((address & PAGE_MASK) >>> 2)
    return words
  }

  /** Copies bytes between physical ranges; either may cross page borders. */
  copy(from: number, to: number, bytes: number): void {
    if (!this.holdsData) return
    while (bytes > 0) {
      const count = Math.min(bytes, PAGE_SIZE - (from & PAGE_MASK), PAGE_SIZE - (to & PAGE_MASK))
      this.bytesAt(to, count).set(this.bytesAt(from, count))
      from += count
      to += count
      bytes -= count
    }
  }

  /** A view of bytes inside one page. */
  bytesAt(address: number, bytes: number): Uint8Array {
    const words = this.frames.words(this.pfnOf(address))
    return new Uint8Array(words.buffer, this.frames.base * 4 + (address & PAGE_MASK), bytes)
  }

  private pfnOf(address: number): number {
    const pfn = Math.floor(address / PAGE_SIZE)
    if (!(pfn >= 0 && pfn < this.pages))
      throw new SimulationFault(`access to physical address 0x${address.toString(16)}, beyond memory`)
    return pfn
  }
}
