import { SimulationFault } from '../../machine/physical-memory.ts'

/** Hold counts of page frames (vm_page_hold): a held page is not freed under its user. */
export class PageHolds {
  private readonly counts: (Uint16Array | undefined)[] = []
  private sum = 0

  /** Holds on all pages together. */
  get total(): number {
    return this.sum
  }

  of(pfn: number): number {
    return this.counts[pfn >>> 12]?.[pfn & 4095] ?? 0
  }

  hold(pfn: number): void {
    const leaf = (this.counts[pfn >>> 12] ??= new Uint16Array(4096))
    leaf[pfn & 4095] = leaf[pfn & 4095]! + 1
    this.sum++
  }

  unhold(pfn: number): void {
    const count = this.of(pfn)
    if (count === 0) throw new SimulationFault(`unhold of page ${pfn}, which nobody holds`)
    this.counts[pfn >>> 12]![pfn & 4095] = count - 1
    this.sum--
  }
}
