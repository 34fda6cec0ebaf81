import type { PageMap } from '../../machine/page-map.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'

/** A count for each page frame, mostly 0. */
export class PageCounts {
  private readonly counts: PageMap
  private readonly place: number
  private readonly what: string
  private sum = 0

  /**
   * @param what the verb of the message when a count would go below zero, such as `unwire`
   * @param counts where they are kept, beside others of the same page @param place which of a page's numbers they are
   */
  constructor(what: string, counts: PageMap, place: number) {
    this.what = what
    this.counts = counts
    this.place = place
  }

  /** All counts together. */
  get total(): number {
    return this.sum
  }

  of(pfn: number): number {
    return this.counts.get(pfn, this.place)
  }

  /** Shows every page whose count is not 0, lowest first. */
  forEach(visit: (pfn: number, count: number) => void): void {
    this.counts.forEach(visit, this.place)
  }

  /** @returns the count after it */
  add(pfn: number): number {
    const count = this.counts.get(pfn, this.place) + 1
    this.sum++
    this.counts.set(pfn, count, this.place)
    return count
  }

  /** @returns the count after it @throws SimulationFault when the count is 0 */
  subtract(pfn: number): number {
    const count = this.counts.get(pfn, this.place) - 1
    if (count < 0) throw new SimulationFault(`${this.what} of page ${pfn}, whose count is 0`)
    this.sum--
    this.counts.set(pfn, count, this.place)
    return count
  }
}
