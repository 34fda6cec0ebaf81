import { SimulationFault } from '../../machine/physical-memory.ts'
import { ShareMap } from './kva-arena.ts'
import type { ArenaStats, KvaArena } from './kva-arena.ts'
import { QuantumCache, SLAB_PAGES, SLAB_SHIFT } from './quantum-cache.ts'
import type { Slab } from './quantum-cache.ts'
import { NO_SEGMENT, VmemSegments, sizeClass } from './vmem-segments.ts'

/** Largest size, in pages, that has a quantum cache. */
export const QUANTUM_CACHE_MAX = 16

export type VmemPolicy = 'instant-fit' | 'best-fit'

/**
 * A general resource allocator for address space, as Bonwick and Adams describe it ("Magazines and Vmem", USENIX 2001) and
 * FreeBSD and illumos have it: holes on lists by power of two, boundary tags that join them when they are freed, and in
 * front of them a quantum cache for each size up to 16 pages. Instant fit takes the first hole of a class whose holes all
 * suffice; best fit takes the smallest hole that does.
 */
export class VmemArena implements KvaArena {
  readonly stats: ArenaStats = { failures: 0, searches: 0, steps: 0 }
  private readonly start: number
  private readonly pages: number
  private readonly policy: VmemPolicy
  private readonly segments: VmemSegments
  private readonly caches: readonly QuantumCache[]
  /** Slab by number of its span of the window, for ranges that came from a quantum cache. */
  private readonly slabs = new Map<number, Slab>()
  private unallocated: number

  /** @param start first page of the window that the arena manages */
  constructor(start: number, pages: number, policy: VmemPolicy = 'instant-fit') {
    this.start = start
    this.pages = pages
    this.policy = policy
    this.segments = new VmemSegments(start, pages)
    this.caches = Array.from({ length: QUANTUM_CACHE_MAX }, (_, i) => new QuantumCache(i + 1))
    this.unallocated = pages
  }

  get freePages(): number {
    return this.unallocated
  }

  get largestFree(): number {
    const { segments } = this
    if (segments.topClass < 0) return 0
    let largest = 0
    for (let hole = segments.head(segments.topClass); hole !== NO_SEGMENT; hole = segments.nextHole[hole]!) {
      largest = Math.max(largest, segments.pages[hole]!)
    }
    return largest
  }

  alloc(pages: number, align = 1): number {
    this.stats.searches++
    let first = fitsSlab(pages, align) ? this.allocCached(this.caches[pages - 1]!) : -1
    if (first < 0) first = this.allocSegment(pages, align)
    if (first < 0 && this.reap() > 0) first = this.allocSegment(pages, align)
    if (first < 0) this.stats.failures++
    else this.unallocated -= pages
    return first
  }

  free(first: number, pages: number): void {
    const slab = this.slabs.get(first >>> SLAB_SHIFT)
    const known =
      slab === undefined ? this.segments.release(first, pages) : this.freeCached(slab, first, pages)
    if (!known) throw new SimulationFault(`free of KVA pages ${first}+${pages}, which are not allocated so`)
    this.unallocated += pages
  }

  /** Gives the slabs of the quantum caches that are all free back to the arena. @returns how many */
  reap(): number {
    let count = 0
    for (const cache of this.caches) {
      for (const slab of cache.empty()) {
        this.release(cache, slab)
        count++
      }
    }
    return count
  }

  map(buckets: number): Float64Array {
    const map = new ShareMap(this.start, this.pages, buckets)
    const { segments } = this
    for (let bin = segments.classFrom(0); bin >= 0; bin = segments.classFrom(bin + 1)) {
      for (let hole = segments.head(bin); hole !== NO_SEGMENT; hole = segments.nextHole[hole]!) {
        map.addHole(segments.first[hole]!, segments.first[hole]! + segments.pages[hole]!)
      }
    }
    for (const slab of this.slabs.values()) {
      map.addHole(slab.first + Math.floor(SLAB_PAGES / slab.pages) * slab.pages, slab.first + SLAB_PAGES)
    }
    for (const cache of this.caches) cache.eachFree((first, pages) => map.addHole(first, first + pages))
    return map.shares
  }

  private allocCached(cache: QuantumCache): number {
    const first = cache.take()
    if (first >= 0) return first
    const span = this.allocSegment(SLAB_PAGES, SLAB_PAGES)
    if (span < 0) return -1
    this.slabs.set(span >>> SLAB_SHIFT, cache.add(span))
    return cache.take()
  }

  /** Keeps the slab when no other has a free range, so that one range taken and freed in turn moves no slab. */
  private freeCached(slab: Slab, first: number, pages: number): boolean {
    if (slab.pages !== pages) return false
    const cache = this.caches[pages - 1]!
    const empty = cache.giveBack(slab, first)
    if (empty === true && cache.othersPartial() > 0) this.release(cache, slab)
    return empty !== null
  }

  private release(cache: QuantumCache, slab: Slab): void {
    cache.drop(slab)
    this.slabs.delete(slab.first >>> SLAB_SHIFT)
    this.segments.release(slab.first, SLAB_PAGES)
  }

  private allocSegment(pages: number, align: number): number {
    const { segments } = this
    const sure = sizeClass(2 * (pages + align - 1) - 1)
    const exact = sizeClass(pages)
    let hole = NO_SEGMENT
    if (this.policy === 'instant-fit') {
      const bin = segments.classFrom(sure)
      if (bin >= 0) hole = segments.head(bin)
      this.stats.steps++
    }
    for (
      let bin = segments.classFrom(exact);
      hole === NO_SEGMENT && bin >= 0;
      bin = segments.classFrom(bin + 1)
    ) {
      hole = this.bestOf(bin, pages, align)
    }
    if (hole === NO_SEGMENT) return -1
    const first = roundUp(segments.first[hole]!, align)
    segments.cut(hole, first, pages)
    return first
  }

  /** The smallest hole of a class that the range fits in. */
  private bestOf(bin: number, pages: number, align: number): number {
    const { segments } = this
    let best = NO_SEGMENT
    for (let hole = segments.head(bin); hole !== NO_SEGMENT; hole = segments.nextHole[hole]!) {
      this.stats.steps++
      const first = segments.first[hole]!
      if (roundUp(first, align) + pages > first + segments.pages[hole]!) continue
      if (best === NO_SEGMENT || segments.pages[hole]! < segments.pages[best]!) best = hole
    }
    return best
  }
}

/** Whether the ranges of a slab, one after the other from a multiple of its size, all have the alignment. */
function fitsSlab(pages: number, align: number): boolean {
  return pages <= QUANTUM_CACHE_MAX && pages % align === 0 && SLAB_PAGES % align === 0
}

function roundUp(page: number, align: number): number {
  return Math.ceil(page / align) * align
}
