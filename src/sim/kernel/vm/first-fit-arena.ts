import { SimulationFault } from '../../machine/physical-memory.ts'
import { ShareMap } from './kva-arena.ts'
import type { ArenaStats, KvaArena } from './kva-arena.ts'

const FIRST_CAPACITY = 16

/**
 * The first fit from the lowest address, as the kernel maps of 2004 search (vm_map_findspace). The buffer map's rule there is
 * an address rounded up to a multiple of the length, power of two or not: pass the length as `align`. Holes are kept in
 * address order and joined when they touch; a search walks them, and `stats.steps` says how far.
 */
export class FirstFitArena implements KvaArena {
  readonly stats: ArenaStats = { failures: 0, searches: 0, steps: 0 }
  private readonly start: number
  private readonly pages: number
  private from = new Int32Array(FIRST_CAPACITY)
  private to = new Int32Array(FIRST_CAPACITY)
  private holes = 1
  private unallocated = 0

  /** @param start first page of the window that the arena manages */
  constructor(start: number, pages: number) {
    this.start = start
    this.pages = pages
    this.unallocated = pages
    this.from[0] = start
    this.to[0] = start + pages
    if (pages === 0) this.holes = 0
  }

  get freePages(): number {
    return this.unallocated
  }

  get largestFree(): number {
    let largest = 0
    for (let hole = 0; hole < this.holes; hole++)
      largest = Math.max(largest, this.to[hole]! - this.from[hole]!)
    return largest
  }

  alloc(pages: number, align = 1): number {
    const { from, to, stats } = this
    stats.searches++
    for (let hole = 0; hole < this.holes; hole++) {
      stats.steps++
      const past = from[hole]! % align
      const first = past === 0 ? from[hole]! : from[hole]! + align - past
      if (first + pages > to[hole]!) continue
      this.take(hole, first, first + pages)
      return first
    }
    stats.failures++
    return -1
  }

  free(first: number, pages: number): void {
    const end = first + pages
    const hole = this.holeAfter(first)
    const clear =
      first >= this.start &&
      end <= this.start + this.pages &&
      (hole === 0 || this.to[hole - 1]! <= first) &&
      (hole === this.holes || end <= this.from[hole]!)
    if (!clear) throw new SimulationFault(`free of KVA pages ${first}+${pages}, which are not allocated`)
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
    this.unallocated += pages
  }

  map(buckets: number): Float64Array {
    const map = new ShareMap(this.start, this.pages, buckets)
    for (let hole = 0; hole < this.holes; hole++) map.addHole(this.from[hole]!, this.to[hole]!)
    return map.shares
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
    this.unallocated -= end - first
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
