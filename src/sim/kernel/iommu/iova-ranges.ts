const FIRST_CAPACITY = 64

/**
 * Free I/O virtual address space, as ranges in address order. Allocation takes the highest range below a limit that fits, as
 * Linux does (alloc_iova): device addresses grow downwards and leave the low ones to devices with few address lines. Linux
 * walks a red-black tree; here the walk is over sorted arrays, and `steps` says how long it was.
 */
export class IovaRanges {
  private from = new Int32Array(FIRST_CAPACITY)
  private to = new Int32Array(FIRST_CAPACITY)
  private holes = 0
  private free = 0

  /** Ranges looked at by the last `alloc`. */
  steps = 0

  /** Free I/O pages. */
  get freePages(): number {
    return this.free
  }

  /** @returns the first I/O page of a range that ends at or below page `last` and starts at a multiple of `align`, or -1 */
  alloc(pages: number, last: number, align: number): number {
    this.steps = 0
    for (let hole = this.holeAfter(last) - 1; hole >= 0; hole--) {
      this.steps++
      const end = Math.min(this.to[hole]!, last + 1)
      const first = Math.floor((end - pages) / align) * align
      if (first < this.from[hole]!) continue
      this.take(hole, first, first + pages)
      return first
    }
    return -1
  }

  /** Adds a free range, and joins it to its neighbours. */
  add(first: number, pages: number): void {
    const end = first + pages
    const hole = this.holeAfter(first)
    const joinsBelow = hole > 0 && this.to[hole - 1] === first
    const joinsAbove = hole < this.holes && this.from[hole] === end
    if (joinsBelow && joinsAbove) {
      this.to[hole - 1] = this.to[hole]!
      this.remove(hole)
    } else if (joinsBelow) {
      this.to[hole - 1] = end
    } else if (joinsAbove) {
      this.from[hole] = first
    } else {
      this.insert(hole, first, end)
    }
    this.free += pages
  }

  private take(hole: number, first: number, end: number): void {
    const below = this.from[hole]! < first
    const above = end < this.to[hole]!
    if (below && above) {
      this.insert(hole + 1, end, this.to[hole]!)
      this.to[hole] = first
    } else if (below) {
      this.to[hole] = first
    } else if (above) {
      this.from[hole] = end
    } else {
      this.remove(hole)
    }
    this.free -= end - first
  }

  /** Number of the first hole that begins above a page. */
  private holeAfter(page: number): number {
    let low = 0
    let high = this.holes
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.from[middle]! > page) high = middle
      else low = middle + 1
    }
    return low
  }

  private insert(hole: number, from: number, to: number): void {
    if (this.holes === this.from.length) this.grow()
    this.from.copyWithin(hole + 1, hole, this.holes)
    this.to.copyWithin(hole + 1, hole, this.holes)
    this.from[hole] = from
    this.to[hole] = to
    this.holes++
  }

  private remove(hole: number): void {
    this.from.copyWithin(hole, hole + 1, this.holes)
    this.to.copyWithin(hole, hole + 1, this.holes)
    this.holes--
  }

  private grow(): void {
    const { from, to } = this
    this.from = new Int32Array(from.length * 2)
    this.to = new Int32Array(to.length * 2)
    this.from.set(from)
    this.to.set(to)
  }
}
