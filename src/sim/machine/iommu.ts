import { IO_PAGES, IOPTE_R, IOPTE_W, IoPageTable } from './io-page-table.ts'
import { Iotlb } from './iotlb.ts'
import { PAGE_SIZE } from './page.ts'
import type { Sanitizer } from './sanitizer.ts'

/** Translations that the root complexes measured in "Understanding PCIe performance" (SIGCOMM 2018) kept: 64. */
const IOTLB_ENTRIES = 64
const IOTLB_WAYS = 4

/** What an IOMMU counts. */
export interface IommuCounters {
  /** Translations that took a walk of the I/O page table. */
  iotlbMisses: number
  /** Invalidation commands, of pages or of everything. */
  invalidations: number
  /** Accesses refused: no entry, or no permission. */
  faults: number
  /** Translations by an entry that disagreed with the I/O page table. */
  staleTranslations: number
}

/**
 * An IOMMU with one domain: all its devices see memory through one I/O page table and share one IOTLB. The kernel writes the
 * table and commands the invalidations. Where it leaves one out, a device goes to the old frame, as on hardware, and the
 * sanitizer reports `stale-iotlb`.
 */
export class Iommu {
  readonly table = new IoPageTable()
  readonly counters: IommuCounters = { iotlbMisses: 0, invalidations: 0, faults: 0, staleTranslations: 0 }
  /** Bus addresses are physical addresses: pass-through, with no table and nothing to miss. */
  passesThrough = false
  private readonly iotlb: Iotlb
  private readonly sanitizer: Sanitizer | null
  private misses = 0

  /** @param entries of the IOTLB; a multiple of `ways` */
  constructor(sanitizer: Sanitizer | null = null, entries = IOTLB_ENTRIES, ways = IOTLB_WAYS) {
    this.sanitizer = sanitizer
    this.iotlb = new Iotlb(entries, ways)
  }

  /** Physical address behind a bus address, -1 for a fault. Asked by devices, for each page of a transfer. */
  translate(busAddress: number, write: boolean): number {
    if (this.passesThrough) return busAddress
    const ioPage = Math.floor(busAddress / PAGE_SIZE)
    if (!(ioPage >= 0 && ioPage < IO_PAGES)) return this.fault()
    let frame = this.iotlb.lookup(ioPage)
    let flags = frame < 0 ? 0 : this.iotlb.hitFlags
    if (frame < 0) {
      this.counters.iotlbMisses++
      this.misses++
      frame = this.table.frameOf(ioPage)
      if (frame < 0) return this.fault()
      flags = this.table.flagsOf(ioPage)
      this.iotlb.insert(ioPage, frame, flags)
    } else if (frame !== this.table.frameOf(ioPage) || flags !== this.table.flagsOf(ioPage)) {
      this.counters.staleTranslations++
      this.reportStale(ioPage, frame, write)
    }
    if ((flags & (write ? IOPTE_W : IOPTE_R)) === 0) return this.fault()
    return frame * PAGE_SIZE + (busAddress - ioPage * PAGE_SIZE)
  }

  /** Walks of the I/O page table since the last call. */
  takeMisses(): number {
    const { misses } = this
    this.misses = 0
    return misses
  }

  /** One page-selective command: `count` pages from `ioPage` on. The time is charged by the caller, who waits for it. */
  invalidatePages(ioPage: number, count: number): void {
    this.counters.invalidations++
    this.iotlb.invalidate(ioPage, count)
  }

  /** One global command. */
  invalidateAll(): void {
    this.counters.invalidations++
    this.iotlb.flush()
  }

  /** Starts counting afresh. */
  resetMeasurement(): void {
    this.counters.iotlbMisses = 0
    this.counters.invalidations = 0
    this.counters.faults = 0
    this.counters.staleTranslations = 0
  }

  private fault(): -1 {
    this.counters.faults++
    return -1
  }

  private reportStale(ioPage: number, cached: number, write: boolean): void {
    this.sanitizer?.report('stale-iotlb', write ? 'DMA write' : 'DMA read', () => {
      const entry = this.table.frameOf(ioPage)
      const now = entry < 0 ? 'nothing' : `frame ${entry}`
      return `I/O page 0x${ioPage.toString(16)}: a device goes to frame ${cached}, the I/O page table has ${now}`
    })
  }
}
