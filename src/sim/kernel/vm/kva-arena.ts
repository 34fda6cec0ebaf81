/** How an arena's searches went. */
export interface ArenaStats {
  /** Searches that found no hole. */
  failures: number
  searches: number
  /** Holes looked at, by all searches together. */
  steps: number
}

/** Kernel address space by the page: one window, from which ranges are taken and given back. */
export interface KvaArena {
  /**
   * @param align the first page's number is a multiple of this; any number from 1 on
   * @returns the first page, or -1 when no hole is large enough
   */
  alloc(pages: number, align?: number): number
  /** Gives back a whole range of `alloc`. @throws SimulationFault for pages that are not allocated */
  free(first: number, pages: number): void
  /** Pages not allocated. */
  readonly freePages: number
  /** Pages of the largest hole. */
  readonly largestFree: number
  readonly stats: ArenaStats
  /** Allocated share, 0 to 1, of each of `buckets` equal parts of the window; to be drawn. */
  map(buckets: number): Float64Array
}

/** How far free address space is from being one hole: 0 when it is, towards 1 when it lies in crumbs. */
export function fragmentationOf(arena: KvaArena): number {
  return arena.freePages === 0 ? 0 : 1 - arena.largestFree / arena.freePages
}

/** The allocated share of each part of a window, made from its holes. */
export class ShareMap {
  readonly shares: Float64Array
  private readonly start: number
  private readonly perBucket: number

  /** @param start first page of the window */
  constructor(start: number, pages: number, buckets: number) {
    this.shares = new Float64Array(buckets).fill(1)
    this.start = start
    this.perBucket = pages / buckets
  }

  /** Takes pages `from` to `to` - 1, which are free, off the shares. */
  addHole(from: number, to: number): void {
    const { shares, perBucket } = this
    const first = (from - this.start) / perBucket
    const end = (to - this.start) / perBucket
    for (let bucket = Math.floor(first); bucket < end && bucket < shares.length; bucket++) {
      const covered = Math.min(end, bucket + 1) - Math.max(first, bucket)
      shares[bucket] = Math.max(0, shares[bucket]! - covered)
    }
  }
}
