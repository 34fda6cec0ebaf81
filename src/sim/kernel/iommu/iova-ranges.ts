import { HoleList } from '../vm/hole-list.ts'

/**
 * Free I/O virtual address space, as ranges in address order. Allocation takes the highest range below a limit that fits, as
 * Linux does (alloc_iova): device addresses grow downwards and leave the low ones to devices with few address lines. Linux
 * walks a red-black tree; here the walk is over sorted arrays, and `steps` says how long it was.
 */
export class IovaRanges {
  private readonly holes = new HoleList()

  /** Ranges looked at by the last `alloc`. */
  steps = 0

  /** Free I/O pages. */
  get freePages(): number {
    return this.holes.pages
  }

  /** @returns the first I/O page of a range that ends at or below page `last` and starts at a multiple of `align`, or -1 */
  alloc(pages: number, last: number, align: number): number {
    const { holes } = this
    this.steps = 0
    for (let hole = holes.after(last) - 1; hole >= 0; hole--) {
      this.steps++
      const end = Math.min(holes.to[hole]!, last + 1)
      const first = Math.floor((end - pages) / align) * align
      if (first < holes.from[hole]!) continue
      holes.take(hole, first, first + pages)
      return first
    }
    return -1
  }

  /** Adds a free range, and joins it to its neighbours. */
  add(first: number, pages: number): void {
    this.holes.add(this.holes.after(first), first, first + pages)
  }
}
