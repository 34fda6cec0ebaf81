import type { PageMap } from '../../machine/page-map.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'

/** Where in the word of a page its holds and its wirings are. */
export const HOLDS = 0
export const WIRINGS = 16
const MOST = 0xffff

/** A count of 16 bits for each page frame, mostly 0. */
export class PageCounts {
  private readonly words: PageMap
  private readonly shift: number
  private readonly one: number
  private readonly what: string
  private sum = 0

  /**
   * @param what the verb of the message when a count would go below zero, such as `unwire`
   * @param words where the counts are kept, beside another of the same page @param shift which half of a page's word they are
   */
  constructor(what: string, words: PageMap, shift: typeof HOLDS | typeof WIRINGS) {
    this.what = what
    this.words = words
    this.shift = shift
    this.one = 1 << shift
  }

  /** All counts together. */
  get total(): number {
    return this.sum
  }

  of(pfn: number): number {
    return (this.words.get(pfn) >>> this.shift) & MOST
  }

  /** Shows every page whose count is not 0, lowest first. */
  forEach(visit: (pfn: number, count: number) => void): void {
    this.words.forEach((pfn, word) => {
      const count = (word >>> this.shift) & MOST
      if (count !== 0) visit(pfn, count)
    })
  }

  /** @returns the count after it @throws SimulationFault when it is more than 65534 */
  add(pfn: number): number {
    const count = (this.words.add(pfn, this.one) >>> this.shift) & MOST
    if (count === MOST)
      throw new SimulationFault(`page ${pfn} has more than ${MOST - 1} users to ${this.what}`)
    this.sum++
    return count
  }

  /**
   * Ends the one count of a page that has no other, of this kind or of the kind beside it.
   * @returns false when the page has others, or none: then nothing was done
   */
  endOnly(pfn: number): boolean {
    if (!this.words.replace(pfn, this.one, 0)) return false
    this.sum--
    return true
  }

  /** @returns the count after it @throws SimulationFault when the count is 0 */
  subtract(pfn: number): number {
    const count = (this.words.add(pfn, -this.one) >>> this.shift) & MOST
    if (count === MOST) {
      this.words.add(pfn, this.one)
      throw new SimulationFault(`${this.what} of page ${pfn}, whose count is 0`)
    }
    this.sum--
    return count
  }
}
