/** What the search for a contiguous range asks of memory. */
export interface PageRanges {
  /** Pages from `pfn` on that can be taken: at least 0, not necessarily all of them. */
  usableFrom(pfn: number, evict: boolean): number
  /** Pages from `pfn` on, at least 1, that cannot; asked only where `usableFrom` is 0. */
  unusableFrom(pfn: number, evict: boolean): number
}

/** Conditions on a contiguous range, in pages. */
export interface RangeRule {
  readonly count: number
  /** First page that the range may have, and the page after the last one. */
  readonly first: number
  readonly end: number
  /** The first page is a multiple of this. */
  readonly align: number
  /** The range crosses no multiple of this; 0 for no such rule. */
  readonly boundary: number
}

/**
 * The lowest range that can be taken under a rule.
 * @param evict whether pages of others can be taken
 * @returns its first page, or -1
 */
export function findRange(memory: PageRanges, rule: RangeRule, evict: boolean): number {
  const { count, end, align, boundary } = rule
  let first = Math.ceil(rule.first / align) * align
  while (first + count <= end) {
    const wall = boundary === 0 ? Infinity : (Math.floor(first / boundary) + 1) * boundary
    if (first + count > wall) {
      first = Math.ceil(wall / align) * align
      continue
    }
    const last = first + count
    let page = first
    for (let step = 1; page < last && step > 0; page += step) step = memory.usableFrom(page, evict)
    if (page >= last) return first
    first = Math.ceil((page + memory.unusableFrom(page, evict)) / align) * align
  }
  return -1
}
