import { PageCounts } from './page-counts.ts'

/** Hold counts of page frames (vm_page_hold): a held page is not freed under its user. */
export class PageHolds {
  private readonly counts = new PageCounts('unhold')

  /** Called when the last hold of a page ends. */
  released: (pfn: number) => void = () => undefined

  /** Holds on all pages together. */
  get total(): number {
    return this.counts.total
  }

  of(pfn: number): number {
    return this.counts.of(pfn)
  }

  hold(pfn: number): void {
    this.counts.add(pfn)
  }

  /** @throws SimulationFault when nobody holds the page */
  unhold(pfn: number): void {
    if (this.counts.subtract(pfn) === 0) this.released(pfn)
  }
}
