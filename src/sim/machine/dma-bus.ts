import { SimulationFault } from './physical-memory.ts'
import type { PhysicalMemory } from './physical-memory.ts'
import { PAGE_SIZE } from './page.ts'
import type { Sanitizer, ViolationKind } from './sanitizer.ts'

/**
 * How a bus master reaches memory: by bus address, with as many address lines as it has. An address that the device cannot
 * form, or a page that nobody holds, is a fault of the kernel that handed it out.
 */
export class DmaBus {
  private readonly memory: PhysicalMemory
  private readonly highest: number
  private readonly isHeld: (pfn: number) => boolean
  private readonly sanitizer: Sanitizer | null

  /**
   * @param highest highest address that the device can form
   * @param isHeld whether the kernel keeps a page in place (wired or held)
   */
  constructor(
    memory: PhysicalMemory,
    highest: number,
    isHeld: (pfn: number) => boolean,
    sanitizer: Sanitizer | null = null,
  ) {
    this.memory = memory
    this.highest = highest
    this.isHeld = isHeld
    this.sanitizer = sanitizer
  }

  read32(address: number): number {
    this.check(address, 4)
    return this.memory.read32(address)
  }

  /** Checks a data range of one transfer; the caller then moves bytes through `memory`. */
  check(address: number, bytes: number): void {
    if (address + bytes - 1 > this.highest) {
      throw this.fault(
        'dma-out-of-reach',
        `DMA to 0x${address.toString(16)}+${bytes}, beyond the device's reach of 0x${this.highest.toString(16)}`,
      )
    }
    const last = Math.floor((address + bytes - 1) / PAGE_SIZE)
    for (let pfn = Math.floor(address / PAGE_SIZE); pfn <= last; pfn++) {
      if (!this.isHeld(pfn)) throw this.fault('dma-to-free-page', `DMA to page ${pfn}, which nobody holds`)
    }
  }

  private fault(kind: ViolationKind, message: string): SimulationFault {
    return this.sanitizer === null ? new SimulationFault(message) : this.sanitizer.fault(kind, 'DMA', message)
  }
}
