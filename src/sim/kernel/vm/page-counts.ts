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

  /** @returns the count after it */
  add(pfn: number): number {
    const count = this.counts.get(pfn, 0) + 1
    this.counts.set(pfn, count)
    this.sum++
    return count
  }

  /** @returns the count after it @throws SimulationFault when the count is 0 */
  subtract(pfn: number): number {
    const count = this.counts.get(pfn, 0) - 1
    if (count < 0) throw new SimulationFault(`${this.what} of page ${pfn}, whose count is 0`)
    if (count === 0) this.counts.delete(pfn)
    else this.counts.set(pfn, count)
    this.sum--
    return count
  }
}
