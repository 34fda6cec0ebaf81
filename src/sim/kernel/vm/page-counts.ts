import { IntMap } from '../../engine/int-map.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'

/** A count for each page frame, mostly 0. Memory follows the pages that have one. */
export class PageCounts {
  private readonly counts = new IntMap()
  private readonly what: string
  private sum = 0

  /** @param what the verb of the message when a count would go below zero, such as `unwire` */
  constructor(what: string) {
    this.what = what
  }

  /** All counts together. */
  get total(): number {
    return this.sum
  }

  of(pfn: number): number {
    return this.counts.get(pfn, 0)
  }

  /** Shows every page whose count is not 0. */
  forEach(visit: (pfn: number, count: number) => void): void {
    this.counts.forEach(visit)
  }

  /** @returns the count after it */
  add(pfn: number): number {
    this.sum++
    return this.counts.increment(pfn)
  }

  /** @returns the count after it @throws SimulationFault when the count is 0 */
  subtract(pfn: number): number {
    const count = this.counts.decrement(pfn)
    if (count < 0) throw new SimulationFault(`${this.what} of page ${pfn}, whose count is 0`)
    this.sum--
    return count
  }
}
