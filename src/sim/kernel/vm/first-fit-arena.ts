import { SimulationFault } from '../../machine/physical-memory.ts'
import { HoleList } from './hole-list.ts'
import { ShareMap } from './kva-arena.ts'
import type { ArenaStats, KvaArena } from './kva-arena.ts'

/**
 * The first fit from the lowest address, as the kernel maps of 2004 search (vm_map_findspace). The buffer map's rule there is
 * an address rounded up to a multiple of the length, power of two or not: pass the length as `align`. Holes are kept in
 * address order and joined when they touch; a search walks them, and `stats.steps` says how far.
 */
export class FirstFitArena implements KvaArena {
  readonly stats: ArenaStats = { failures: 0, searches: 0, steps: 0 }
  private readonly start: number
  private readonly pages: number
  private readonly holes = new HoleList()

  /** @param start first page of the window that the arena manages */
  constructor(start: number, pages: number) {
    this.start = start
    this.pages = pages
    if (pages > 0) this.holes.add(0, start, start + pages)
  }

  get freePages(): number {
    return this.holes.pages
  }

  get largestFree(): number {
    const { from, to, count } = this.holes
    let largest = 0
    for (let hole = 0; hole < count; hole++) largest = Math.max(largest, to[hole]! - from[hole]!)
    return largest
  }

  alloc(pages: number, align = 1): number {
    const { stats, holes } = this
    const { from, to, count } = holes
    stats.searches++
    for (let hole = 0; hole < count; hole++) {
      stats.steps++
      const past = from[hole]! % align
      const first = past === 0 ? from[hole]! : from[hole]! + align - past
      if (first + pages > to[hole]!) continue
      holes.take(hole, first, first + pages)
      return first
    }
    stats.failures++
    return -1
  }

  free(first: number, pages: number): void {
    const { holes } = this
    const end = first + pages
    const hole = holes.after(first)
    const clear =
      first >= this.start &&
      end <= this.start + this.pages &&
      (hole === 0 || holes.to[hole - 1]! <= first) &&
      (hole === holes.count || end <= holes.from[hole]!)
    if (!clear) throw new SimulationFault(`free of KVA pages ${first}+${pages}, which are not allocated`)
    holes.add(hole, first, end)
  }

  map(buckets: number): Float64Array {
    const map = new ShareMap(this.start, this.pages, buckets)
    const { from, to, count } = this.holes
    for (let hole = 0; hole < count; hole++) map.addHole(from[hole]!, to[hole]!)
    return map.shares
  }
}
