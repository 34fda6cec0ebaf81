/** An entry is the page's number plus 1, 0 for an empty one, and its word. */
const ENTRY_WORDS = 2
const FIRST_ENTRIES = 1024
/** Leaves of a place in the table the place where its entry begins. */
const ENTRY_MASK = 0x7ffffffe
/** Odd, and far from any regular distance between pages. */
const SPREAD = 0x9e3779b1 | 0

/**
 * A word of 32 bits for each page frame, 0 unless another was set: a hash table with open addressing. The pages in use lie
 * scattered over all of memory, and a table by page number would cost the host a cache miss, and mostly one of its TLB, for
 * nearly every look. What is looked at together shares the word.
 */
export class PageMap {
  private entries = new Int32Array(FIRST_ENTRIES * ENTRY_WORDS)
  private shift = shiftFor(FIRST_ENTRIES)
  /** Entries that are not empty, those with a word of 0 included. */
  private used = 0

  /** Entries that there is room for. */
  get capacity(): number {
    return this.entries.length / ENTRY_WORDS
  }

  get(pfn: number): number {
    return this.entries[this.find(pfn) + 1]!
  }

  set(pfn: number, word: number): void {
    // The entry may be made in a new table: first the place, then the table.
    const at = this.place(pfn)
    this.entries[at + 1] = word
  }

  /** Adds to a page's word. @returns the sum */
  add(pfn: number, amount: number): number {
    const { entries } = this
    const at = this.find(pfn)
    if (entries[at] === 0) {
      this.set(pfn, amount)
      return amount | 0
    }
    const sum = (entries[at + 1]! + amount) | 0
    entries[at + 1] = sum
    return sum
  }

  /** Puts a word in the place of another, which is not 0. @returns false when the page has a third one, and keeps it */
  replace(pfn: number, old: number, word: number): boolean {
    const at = this.find(pfn) + 1
    const { entries } = this
    if (entries[at] !== old) return false
    entries[at] = word
    return true
  }

  /** Shows every page whose word is not 0, lowest page first. */
  forEach(visit: (pfn: number, word: number) => void): void {
    const { entries } = this
    const found: number[] = []
    for (let at = 0; at < entries.length; at += ENTRY_WORDS) if (entries[at + 1] !== 0) found.push(at)
    found.sort((a, b) => entries[a]! - entries[b]!)
    for (const at of found) visit(entries[at]! - 1, entries[at + 1]!)
  }

  /** @returns place of a page's entry, or of an empty one whose word is 0 */
  private find(pfn: number): number {
    const { entries } = this
    const wanted = (pfn + 1) | 0
    let at = (Math.imul(pfn, SPREAD) >>> this.shift) & ENTRY_MASK
    for (let key = entries[at]!; key !== wanted && key !== 0; key = entries[at]!)
      at = (at + ENTRY_WORDS) & (entries.length - 1)
    return at
  }

  /** @returns place of a page's entry, which is made when it has none */
  private place(pfn: number): number {
    const at = this.find(pfn)
    return this.entries[at] === 0 ? this.insert(pfn, at) : at
  }

  private insert(pfn: number, at: number): number {
    if (2 * this.used * ENTRY_WORDS >= this.entries.length) {
      this.rebuild()
      return this.place(pfn)
    }
    this.used++
    this.entries[at] = pfn + 1
    return at
  }

  /** Drops the entries whose word is 0, and makes room for as many again as are left. */
  private rebuild(): void {
    const old = this.entries
    let live = 0
    for (let at = 0; at < old.length; at += ENTRY_WORDS) if (old[at + 1] !== 0) live++
    let size = FIRST_ENTRIES
    while (size < 4 * live) size *= 2
    this.entries = new Int32Array(size * ENTRY_WORDS)
    this.shift = shiftFor(size)
    this.used = 0
    for (let at = 0; at < old.length; at += ENTRY_WORDS)
      if (old[at + 1] !== 0) this.set(old[at]! - 1, old[at + 1]!)
  }
}

/** What leaves a hash of 32 bits as many bits as number the words of `size` entries, a power of two. */
function shiftFor(size: number): number {
  return Math.clz32(size)
}
