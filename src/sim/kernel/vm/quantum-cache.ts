/** Pages of a slab, and its alignment. */
export const SLAB_SHIFT = 6
export const SLAB_PAGES = 1 << SLAB_SHIFT

/** A span of address space cut into ranges of one size. */
export interface Slab {
  readonly first: number
  readonly pages: number
  /** Numbers of the free ranges; the last goes out first. */
  readonly free: Uint8Array
  freeCount: number
  /** Ranges on loan: a bit each. */
  readonly taken: Uint8Array
  /** Place in the list of slabs with free ranges; -1 for a full one. */
  place: number
}

/** Address ranges of one small size, from slabs that the arena behind lends: constant time, and no splinters in the arena. */
export class QuantumCache {
  readonly pages: number
  private readonly partial: Slab[] = []

  constructor(pages: number) {
    this.pages = pages
  }

  /** Ranges that a slab holds. */
  get perSlab(): number {
    return Math.floor(SLAB_PAGES / this.pages)
  }

  /** @returns the first page of a range, or -1 when no slab has one */
  take(): number {
    const slab = this.partial.at(-1)
    if (slab === undefined) return -1
    const index = slab.free[--slab.freeCount]!
    slab.taken[index] = 1
    if (slab.freeCount === 0) {
      this.partial.pop()
      slab.place = -1
    }
    return slab.first + index * this.pages
  }

  /** Adds a slab at page `first`. */
  add(first: number): Slab {
    const count = this.perSlab
    const free = Uint8Array.from({ length: count }, (_, i) => count - 1 - i)
    const slab: Slab = {
      first,
      pages: this.pages,
      free,
      freeCount: count,
      taken: new Uint8Array(count),
      place: this.partial.length,
    }
    this.partial.push(slab)
    return slab
  }

  /**
   * Gives a range back.
   * @returns whether all of the slab is free now; null when the range is not on loan
   */
  giveBack(slab: Slab, first: number): boolean | null {
    const index = (first - slab.first) / this.pages
    if (!Number.isInteger(index) || slab.taken[index] !== 1) return null
    slab.taken[index] = 0
    slab.free[slab.freeCount++] = index
    if (slab.freeCount === 1) {
      slab.place = this.partial.length
      this.partial.push(slab)
    }
    return slab.freeCount === this.perSlab
  }

  /** Slabs with free ranges, other than this one. */
  othersPartial(): number {
    return this.partial.length - 1
  }

  /** Forgets a slab that is all free. */
  drop(slab: Slab): void {
    const last = this.partial.pop()!
    if (last === slab) return
    this.partial[slab.place] = last
    last.place = slab.place
  }

  /** The slabs that are all free. */
  empty(): Slab[] {
    return this.partial.filter((slab) => slab.freeCount === this.perSlab)
  }

  /** Calls `visit` for each free range. */
  eachFree(visit: (first: number, pages: number) => void): void {
    for (const slab of this.partial) {
      for (let i = 0; i < slab.freeCount; i++) visit(slab.first + slab.free[i]! * this.pages, this.pages)
    }
  }
}
