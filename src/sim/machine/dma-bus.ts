import type { RingMemory } from './memory-ring.ts'
import { PAGE_MASK, PAGE_SIZE } from './page.ts'
import type { PhysicalMemory } from './physical-memory.ts'
import type { Sanitizer, ViolationKind } from './sanitizer.ts'

/** What an IOMMU does for a device: finds memory behind the addresses that the device uses. */
export interface BusTranslation {
  /** @returns the physical address, -1 where the device may not go */
  translate(busAddress: number, write: boolean): number
  /** Translations that had to be walked for since the last call. */
  takeMisses(): number
}

export interface DmaBusOptions {
  /** Address lines of the device; an address that needs more ends in a master abort. */
  readonly addressBits: number
  /** Whether the kernel keeps a page in place (wired or held). Asked only with a sanitizer. */
  readonly isHeld: (pfn: number) => boolean
  readonly sanitizer?: Sanitizer | null
  /** Null: bus addresses are physical addresses. */
  readonly translation?: BusTranslation | null
  /** What a translation that has to be walked for costs the device, ns. */
  readonly walkNs?: number
}

/** What a read of nothing answers on PCI. */
const ALL_ONES = 0xffffffff

/**
 * How a bus master reaches memory: by bus address, with as many address lines as it has. An access that the bus refuses is
 * reported to the sanitizer and counted, moves nothing, and is for the device to answer with an error, as on real hardware.
 */
export class DmaBus implements RingMemory {
  readonly memory: PhysicalMemory
  /** Accesses refused so far. */
  faults = 0
  /** The highest address that the device can name. */
  readonly highest: number
  private readonly isHeld: (pfn: number) => boolean
  private readonly sanitizer: Sanitizer | null
  private readonly translation: BusTranslation | null
  private readonly walkNs: number

  constructor(memory: PhysicalMemory, options: DmaBusOptions) {
    this.memory = memory
    this.highest = highestAddress(options.addressBits)
    this.isHeld = options.isHeld
    this.sanitizer = options.sanitizer ?? null
    this.translation = options.translation ?? null
    this.walkNs = options.walkNs ?? 0
  }

  /** Bus addresses are physical addresses. */
  get isIdentity(): boolean {
    return this.translation === null
  }

  /** A 32-bit word of a control structure; all ones where there is none. @param address 4-byte aligned */
  read32(address: number): number {
    const physical = this.resolve(address, 4, false)
    return physical < 0 ? ALL_ONES : this.memory.read32(physical)
  }

  /**
   * Where the word at an address is kept, for who goes on to the rest of its page; null where a translation may change or
   * somebody watches each access, and where the page is out of reach. @param address 4-byte aligned
   */
  wordsAt(address: number): Int32Array | null {
    const end = address - (address & PAGE_MASK) + PAGE_SIZE
    if (this.translation !== null || this.sanitizer !== null) return null
    return end - 1 > this.highest || end > this.memory.pages * PAGE_SIZE ? null : this.memory.wordsAt(address)
  }

  /** Index of the word in the array that the last `wordsAt` returned. */
  get wordIndex(): number {
    return this.memory.wordIndex
  }

  /** A 64-bit address in a control structure, low word first. @param address 4-byte aligned */
  readAddress(address: number): number {
    return this.read32(address + 4) * 0x100000000 + this.read32(address)
  }

  /** @param address 4-byte aligned */
  write32(address: number, value: number): void {
    const physical = this.resolve(address, 4, true)
    if (physical >= 0) this.memory.write32(physical, value)
  }

  /** @returns the physical address of a range that lies in one page, -1 when the bus refuses it */
  resolve(address: number, bytes: number, write: boolean): number {
    if (address + bytes - 1 > this.highest) {
      return this.refuse(
        'dma-out-of-reach',
        address,
        bytes,
        `beyond the device's reach of ${hex(this.highest)}`,
      )
    }
    const physical = this.translation === null ? address : this.translation.translate(address, write)
    if (physical < 0) return this.refuse('dma-fault', address, bytes, 'which the IOMMU does not translate')
    if (physical + bytes > this.memory.pages * PAGE_SIZE)
      return this.refuse('dma-fault', address, bytes, 'where there is no memory')
    this.checkHeld(physical)
    return physical
  }

  /**
   * As resolve, for an access that the device makes of its own accord and not because the kernel asked for it: a refusal is
   * no fault of the kernel, so it is counted and not reported.
   */
  resolveStray(address: number, bytes: number, write: boolean): number {
    const physical = this.translation === null ? address : this.translation.translate(address, write)
    if (
      physical < 0 ||
      address + bytes - 1 > this.highest ||
      physical + bytes > this.memory.pages * PAGE_SIZE
    ) {
      this.faults++
      return -1
    }
    this.checkHeld(physical)
    return physical
  }

  /** The device found a descriptor that its hardware cannot carry out. */
  reject(message: string): void {
    this.faults++
    this.sanitizer?.report('bad-descriptor', 'DMA', () => message)
  }

  /** Time that translations cost the device since the last call, ns. */
  takeDelay(): number {
    return this.translation === null ? 0 : this.translation.takeMisses() * this.walkNs
  }

  private checkHeld(physical: number): void {
    if (this.sanitizer === null) return
    const pfn = Math.floor(physical / PAGE_SIZE)
    if (!this.isHeld(pfn))
      this.sanitizer.report('dma-to-free-page', 'DMA', () => `DMA to page ${pfn}, which nobody holds`)
  }

  private refuse(kind: ViolationKind, address: number, bytes: number, reason: string): -1 {
    this.faults++
    this.sanitizer?.report(kind, 'DMA', () => `DMA to ${hex(address)}+${bytes}, ${reason}`)
    return -1
  }
}

/** The address with all of a device's lines set. */
function highestAddress(bits: number): number {
  let addresses = 1
  for (let bit = 0; bit < Math.min(bits, 53); bit++) addresses *= 2
  return addresses - 1
}

function hex(address: number): string {
  return `0x${address.toString(16)}`
}
