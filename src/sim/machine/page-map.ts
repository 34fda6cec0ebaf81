/** Pages of a leaf: 1 GiB of memory, so that few leaves are enough. The host gives a leaf real memory only where it is used. */
const LEAF_SHIFT = 18
const LEAF_PAGES = 1 << LEAF_SHIFT
const IN_LEAF = LEAF_PAGES - 1

/**
 * Some whole numbers for each page frame, 0 unless others were set. Pages are used in random order, so a look at one is a
 * cache miss of the host; what is looked at together is therefore kept side by side.
 */
export class PageMap {
  private readonly leaves: (Int32Array | null)[] = []
  private readonly width: number

  /** @param width numbers of each page */
  constructor(width = 1) {
    this.width = width
  }

  /** @param place which of the page's numbers, from 0 on */
  get(pfn: number, place = 0): number {
    const leaf = pfn >>> LEAF_SHIFT
    if (leaf >= this.leaves.length) return 0
    const numbers = this.leaves[leaf]!
    return numbers === null ? 0 : numbers[(pfn & IN_LEAF) * this.width + place]!
  }

  set(pfn: number, value: number, place = 0): void {
    const leaf = pfn >>> LEAF_SHIFT
    const numbers = (leaf < this.leaves.length ? this.leaves[leaf]! : null) ?? this.newLeaf(leaf)
    numbers[(pfn & IN_LEAF) * this.width + place] = value
  }

  /** Shows every page whose number at a place is not 0, lowest page first. */
  forEach(visit: (pfn: number, value: number) => void, place = 0): void {
    this.leaves.forEach((numbers, leaf) => {
      if (numbers === null) return
      for (let page = 0; page < LEAF_PAGES; page++) {
        const value = numbers[page * this.width + place]!
        if (value !== 0) visit(leaf * LEAF_PAGES + page, value)
      }
    })
  }

  private newLeaf(leaf: number): Int32Array {
    while (this.leaves.length <= leaf) this.leaves.push(null)
    const numbers = new Int32Array(LEAF_PAGES * this.width)
    this.leaves[leaf] = numbers
    return numbers
  }
}
