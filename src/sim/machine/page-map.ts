/** Pages of a leaf: 1 GiB of memory, so that few leaves are enough. The host gives a leaf real memory only where it is used. */
const LEAF_SHIFT = 18
const LEAF_PAGES = 1 << LEAF_SHIFT
const IN_LEAF = LEAF_PAGES - 1

/** A whole number for each page frame, 0 unless another was set. A look at one costs the host one cache miss at most. */
export class PageMap {
  private readonly leaves: (Int32Array | null)[] = []

  get(pfn: number): number {
    const leaf = pfn >>> LEAF_SHIFT
    if (leaf >= this.leaves.length) return 0
    const numbers = this.leaves[leaf]!
    return numbers === null ? 0 : numbers[pfn & IN_LEAF]!
  }

  set(pfn: number, value: number): void {
    const leaf = pfn >>> LEAF_SHIFT
    const numbers = leaf < this.leaves.length ? this.leaves[leaf]! : null
    if (numbers === null) this.newLeaf(leaf)[pfn & IN_LEAF] = value
    else numbers[pfn & IN_LEAF] = value
  }

  /** Shows every page whose number is not 0, lowest page first. */
  forEach(visit: (pfn: number, value: number) => void): void {
    this.leaves.forEach((numbers, leaf) => {
      numbers?.forEach((value, index) => {
        if (value !== 0) visit(leaf * LEAF_PAGES + index, value)
      })
    })
  }

  private newLeaf(leaf: number): Int32Array {
    while (this.leaves.length <= leaf) this.leaves.push(null)
    const numbers = new Int32Array(LEAF_PAGES)
    this.leaves[leaf] = numbers
    return numbers
  }
}
