/**
 * Translations that an IOMMU remembers: set associative, the least recently used entry of a set goes first. An entry is a copy
 * of the I/O page-table entry at the time of the miss; nothing refreshes it but an invalidation.
 */
export class Iotlb {
  private readonly sets: number
  private readonly ways: number
  private readonly pages: Int32Array
  private readonly frames: Int32Array
  /** Permission; 0 for no entry. */
  private readonly flags: Uint8Array
  private readonly usedAt: Float64Array
  private uses = 0
  private hit = 0

  constructor(entries: number, ways: number) {
    this.ways = ways
    this.sets = entries / ways
    this.pages = new Int32Array(entries)
    this.frames = new Int32Array(entries)
    this.flags = new Uint8Array(entries)
    this.usedAt = new Float64Array(entries)
  }

  /** @returns the remembered frame of an I/O page, or -1 */
  lookup(ioPage: number): number {
    const first = (ioPage % this.sets) * this.ways
    for (let entry = first; entry < first + this.ways; entry++) {
      if (this.pages[entry] !== ioPage || this.flags[entry] === 0) continue
      this.usedAt[entry] = ++this.uses
      this.hit = entry
      return this.frames[entry]!
    }
    return -1
  }

  /** Permission of the entry that the last `lookup` found. */
  get hitFlags(): number {
    return this.flags[this.hit]!
  }

  insert(ioPage: number, frame: number, flags: number): void {
    const first = (ioPage % this.sets) * this.ways
    let oldest = first
    for (let entry = first; entry < first + this.ways; entry++) {
      if (this.flags[entry] === 0) {
        oldest = entry
        break
      }
      if (this.usedAt[entry]! < this.usedAt[oldest]!) oldest = entry
    }
    this.pages[oldest] = ioPage
    this.frames[oldest] = frame
    this.flags[oldest] = flags
    this.usedAt[oldest] = ++this.uses
  }

  /** Forgets `count` pages from `first` on. */
  invalidate(first: number, count: number): void {
    if (count >= this.sets) this.invalidateIn(0, this.pages.length, first, count)
    else
      for (let page = first; page < first + count; page++)
        this.invalidateIn((page % this.sets) * this.ways, this.ways, first, count)
  }

  flush(): void {
    this.flags.fill(0)
  }

  /** Looks for the pages in `entries` entries from `from` on. */
  private invalidateIn(from: number, entries: number, first: number, count: number): void {
    for (let entry = from; entry < from + entries; entry++) {
      const page = this.pages[entry]!
      if (page >= first && page < first + count) this.flags[entry] = 0
    }
  }
}
