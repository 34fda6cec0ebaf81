/**
 * One processor's translations of 4 KiB kernel pages: set associative, replaced round robin within a set. An entry is a
 * copy of the page-table entry at the time of the miss; nothing refreshes it but an invalidation, so a kernel that forgets
 * one reads through the old frame, as on hardware.
 */
export class Tlb {
  private readonly sets: number
  private readonly ways: number
  private readonly pages: Int32Array
  private readonly frames: Int32Array
  private readonly epochs: Int32Array
  private readonly dirty: Uint8Array
  private readonly nextWay: Uint8Array
  private epoch = 1
  private hit = 0

  constructor(entries: number, ways: number) {
    this.ways = ways
    this.sets = entries / ways
    this.pages = new Int32Array(entries)
    this.frames = new Int32Array(entries)
    this.epochs = new Int32Array(entries)
    this.dirty = new Uint8Array(entries)
    this.nextWay = new Uint8Array(this.sets)
  }

  /** @returns the cached frame of a virtual page, or -1 */
  lookup(page: number): number {
    const first = (page % this.sets) * this.ways
    for (let entry = first; entry < first + this.ways; entry++) {
      if (this.pages[entry] === page && this.epochs[entry] === this.epoch) {
        this.hit = entry
        return this.frames[entry]!
      }
    }
    return -1
  }

  /** Whether the entry that the last `lookup` found was written through: the page table knows of it. */
  get isWritten(): boolean {
    return this.dirty[this.hit] === 1
  }

  /** Notes a write through the entry that the last `lookup` found. */
  noteWrite(): void {
    this.dirty[this.hit] = 1
  }

  /** @param written the miss was a write, so the entry is modified from the start */
  insert(page: number, frame: number, written: boolean): void {
    const set = page % this.sets
    const way = this.nextWay[set]!
    this.nextWay[set] = way + 1 === this.ways ? 0 : way + 1
    const entry = set * this.ways + way
    this.pages[entry] = page
    this.frames[entry] = frame
    this.dirty[entry] = written ? 1 : 0
    this.epochs[entry] = this.epoch
  }

  /** Translations that it holds now. */
  get used(): number {
    return this.epochs.reduce((count, epoch) => (epoch === this.epoch ? count + 1 : count), 0)
  }

  /** invlpg */
  invalidate(page: number): void {
    const first = (page % this.sets) * this.ways
    for (let entry = first; entry < first + this.ways; entry++) {
      if (this.pages[entry] === page) this.epochs[entry] = 0
    }
  }

  /** Everything, global pages included: a reload of CR3 with CR4.PGE off. */
  flush(): void {
    this.epoch++
  }
}
