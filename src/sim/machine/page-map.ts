/** Pages of a leaf: 1 GiB of memory, so that few leaves are enough. The host gives a leaf real memory only where it is used. */
const LEAF_SHIFT = 18
const LEAF_PAGES = 1 << LEAF_SHIFT
const IN_LEAF = LEAF_PAGES - 1

/**
 * A word of 32 bits for each page frame, 0 unless another was set. Pages are used in random order, so a look at one is a
 * cache miss of the host, and where the table is large a miss of its TLB too; what is looked at together shares the word.
 */
export class PageMap {
  private readonly leaves: (Int32Array | null)[] = []

  get(pfn: number): number {
    const leaf = pfn >>> LEAF_SHIFT
    if (leaf >= this.leaves.length) return 0
    const words = this.leaves[leaf]!
    return words === null ? 0 : words[pfn & IN_LEAF]!
  }

  set(pfn: number, word: number): void {
    this.leafFor(pfn)[pfn & IN_LEAF] = word
  }

  /** Adds to a page's word. @returns the sum */
  add(pfn: number, amount: number): number {
    const words = this.leafFor(pfn)
    const at = pfn & IN_LEAF
    const sum = (words[at]! + amount) | 0
    words[at] = sum
    return sum
  }

  /** Shows every page whose word is not 0, lowest page first. */
  forEach(visit: (pfn: number, word: number) => void): void {
    this.leaves.forEach((words, leaf) => {
      if (words === null) return
      for (let page = 0; page < LEAF_PAGES; page++) {
        const word = words[page]!
        if (word !== 0) visit(leaf * LEAF_PAGES + page, word)
      }
    })
  }

  private leafFor(pfn: number): Int32Array {
    const leaf = pfn >>> LEAF_SHIFT
    return (leaf < this.leaves.length ? this.leaves[leaf]! : null) ?? this.newLeaf(leaf)
  }

  private newLeaf(leaf: number): Int32Array {
    while (this.leaves.length <= leaf) this.leaves.push(null)
    const words = new Int32Array(LEAF_PAGES)
    this.leaves[leaf] = words
    return words
  }
}
