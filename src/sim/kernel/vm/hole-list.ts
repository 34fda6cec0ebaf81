const FIRST_CAPACITY = 16

/** Free ranges of pages in address order, joined when they touch; both ends in sorted arrays, which grow and never shrink. */
export class HoleList {
  /** First page of each hole, and the page after its last. Entries from `count` on mean nothing. */
  from = new Int32Array(FIRST_CAPACITY)
  to = new Int32Array(FIRST_CAPACITY)
  count = 0
  /** Pages in all holes. */
  pages = 0

  /** Number of the first hole that begins above a page. */
  after(page: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.from[middle]! > page) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Takes the pages from `first` up to `end` out of a hole that holds them. */
  take(hole: number, first: number, end: number): void {
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
    this.pages -= end - first
  }

  /** Adds the pages from `first` up to `end`, which lie in no hole. @param hole the first that begins above `first` */
  add(hole: number, first: number, end: number): void {
    const joinsBelow = hole > 0 && this.to[hole - 1] === first
    const joinsAbove = hole < this.count && this.from[hole] === end
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
    this.pages += end - first
  }

  private insert(hole: number, from: number, to: number): void {
    if (this.count === this.from.length) this.grow()
    this.from.copyWithin(hole + 1, hole, this.count)
    this.to.copyWithin(hole + 1, hole, this.count)
    this.from[hole] = from
    this.to[hole] = to
    this.count++
  }

  private remove(hole: number): void {
    this.from.copyWithin(hole, hole + 1, this.count)
    this.to.copyWithin(hole, hole + 1, this.count)
    this.count--
  }

  private grow(): void {
    const { from, to } = this
    this.from = new Int32Array(from.length * 2)
    this.to = new Int32Array(to.length * 2)
    this.from.set(from)
    this.to.set(to)
  }
}
