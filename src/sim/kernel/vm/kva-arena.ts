/**
 * Kernel address space: page ranges, first fit from the lowest address (vm_map_findspace of 2004). Free ranges are kept
 * in address order and joined when they touch.
 */
export class KvaArena {
  private readonly starts: number[]
  private readonly counts: number[]

  /** @param start first page of the window that the arena manages */
  constructor(start: number, pages: number) {
    this.starts = [start]
    this.counts = [pages]
  }

  /**
   * @param align the first page's number is a multiple of this
   * @returns the first page, or -1 when no hole is large enough
   */
  alloc(pages: number, align = 1): number {
    for (let hole = 0; hole < this.starts.length; hole++) {
      const start = this.starts[hole]!
      const end = start + this.counts[hole]!
      const first = Math.ceil(start / align) * align
      if (first + pages > end) continue
      this.cut(hole, start, first, first + pages, end)
      return first
    }
    return -1
  }

  free(first: number, pages: number): void {
    let hole = this.starts.findIndex((start) => start > first)
    if (hole < 0) hole = this.starts.length
    this.starts.splice(hole, 0, first)
    this.counts.splice(hole, 0, pages)
    this.join(hole)
    if (hole > 0) this.join(hole - 1)
  }

  /** Pages not allocated. */
  get freePages(): number {
    return this.counts.reduce((sum, count) => sum + count, 0)
  }

  private cut(hole: number, start: number, from: number, to: number, end: number): void {
    const pieces: [number, number][] = []
    if (from > start) pieces.push([start, from - start])
    if (end > to) pieces.push([to, end - to])
    this.starts.splice(hole, 1, ...pieces.map(([first]) => first))
    this.counts.splice(hole, 1, ...pieces.map(([, count]) => count))
  }

  private join(hole: number): void {
    const end = this.starts[hole]! + this.counts[hole]!
    if (this.starts[hole + 1] !== end) return
    this.counts[hole]! += this.counts[hole + 1]!
    this.starts.splice(hole + 1, 1)
    this.counts.splice(hole + 1, 1)
  }
}
