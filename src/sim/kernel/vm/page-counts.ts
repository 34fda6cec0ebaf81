import { SimulationFault } from '../../machine/physical-memory.ts'

/** Pages of a leaf: 1 GiB of memory, so that few leaves are enough. The host gives a leaf real memory only where it is used. */
const LEAF_SHIFT = 18
const LEAF_PAGES = 1 << LEAF_SHIFT
const IN_LEAF = LEAF_PAGES - 1

/** A count for each page frame, mostly 0. */
export class PageCounts {
  private readonly leaves: (Int32Array | null)[] = []
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
    const leaf = pfn >>> LEAF_SHIFT
    if (leaf >= this.leaves.length) return 0
    const counts = this.leaves[leaf]!
    return counts === null ? 0 : counts[pfn & IN_LEAF]!
  }

  /** Shows every page whose count is not 0, lowest first. */
  forEach(visit: (pfn: number, count: number) => void): void {
    this.leaves.forEach((counts, leaf) => {
      counts?.forEach((count, index) => {
        if (count > 0) visit(leaf * LEAF_PAGES + index, count)
      })
    })
  }

  /** @returns the count after it */
  add(pfn: number): number {
    const leaf = pfn >>> LEAF_SHIFT
    const counts = leaf < this.leaves.length ? this.leaves[leaf]! : null
    this.sum++
    if (counts === null) return (this.newLeaf(leaf)[pfn & IN_LEAF] = 1)
    const count = counts[pfn & IN_LEAF]! + 1
    counts[pfn & IN_LEAF] = count
    return count
  }

  /** @returns the count after it @throws SimulationFault when the count is 0 */
  subtract(pfn: number): number {
    const count = this.of(pfn) - 1
    if (count < 0) throw new SimulationFault(`${this.what} of page ${pfn}, whose count is 0`)
    this.sum--
    this.leaves[pfn >>> LEAF_SHIFT]![pfn & IN_LEAF] = count
    return count
  }

  private newLeaf(leaf: number): Int32Array {
    while (this.leaves.length <= leaf) this.leaves.push(null)
    const counts = new Int32Array(LEAF_PAGES)
    this.leaves[leaf] = counts
    return counts
  }
}
