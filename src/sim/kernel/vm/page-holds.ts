import { PageMap } from '../../machine/page-map.ts'
import type { Sanitizer } from '../../machine/sanitizer.ts'
import { HOLDS, PageCounts } from './page-counts.ts'

/** Hold counts of page frames (vm_page_hold): a held page is not freed under its user. */
export class PageHolds {
  /** Two counts for each page: its holds, and its wirings, which the page allocator keeps. */
  readonly perPage = new PageMap()
  private readonly counts = new PageCounts('unhold', this.perPage, HOLDS)

  sanitizer: Sanitizer | null = null

  /** Called when the last hold of a page ends. */
  released: (pfn: number) => void = () => undefined

  /** Holds on all pages together. */
  get total(): number {
    return this.counts.total
  }

  of(pfn: number): number {
    return this.counts.of(pfn)
  }

  /** Shows every page that is held, and how often. */
  forEach(visit: (pfn: number, count: number) => void): void {
    this.counts.forEach(visit)
  }

  hold(pfn: number): void {
    this.counts.add(pfn)
  }

  /** @throws SimulationFault when nobody holds the page */
  unhold(pfn: number): void {
    if (this.sanitizer !== null && this.counts.of(pfn) === 0)
      throw this.sanitizer.fault(
        'hold-underflow',
        'vm_page_unhold',
        `unhold of page ${pfn}, whose count is 0`,
      )
    if (this.counts.subtract(pfn) === 0) this.released(pfn)
  }
}
