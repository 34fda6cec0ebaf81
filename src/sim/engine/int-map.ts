const NO_KEY = -1
const FIRST_BITS = 6
const FIRST_CAPACITY = 1 << FIRST_BITS
/** 2^32 over the golden ratio: spreads neighbouring keys (Knuth's multiplicative hashing). */
const SPREAD = 0x9e3779b1

/**
 * Whole numbers by whole number, both below 2^31 and not negative, without an allocation per entry. Open addressing with
 * linear probing, at most half full; removal closes the gap, so memory follows the most entries held at one time.
 */
export class IntMap {
  private keys = new Int32Array(FIRST_CAPACITY).fill(NO_KEY)
  private values = new Int32Array(FIRST_CAPACITY)
  private mask = FIRST_CAPACITY - 1
  private shift = 32 - FIRST_BITS
  private used = 0

  /** Number of entries. */
  get size(): number {
    return this.used
  }

  /** @returns the value, or `missing` */
  get(key: number, missing: number): number {
    const at = this.find(key)
    return this.keys[at] === key ? this.values[at]! : missing
  }

  set(key: number, value: number): void {
    let at = this.find(key)
    if (this.keys[at] !== key) {
      if (++this.used * 2 > this.keys.length) {
        this.grow()
        at = this.find(key)
      }
      this.keys[at] = key
    }
    this.values[at] = value
  }

  /** Removes an entry; nothing happens when there is none. */
  delete(key: number): void {
    const { keys, mask } = this
    let gap = this.find(key)
    if (keys[gap] !== key) return
    this.used--
    for (let at = (gap + 1) & mask; keys[at] !== NO_KEY; at = (at + 1) & mask) {
      const home = Math.imul(keys[at]!, SPREAD) >>> this.shift
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      keys[gap] = keys[at]!
      this.values[gap] = this.values[at]!
      gap = at
    }
    keys[gap] = NO_KEY
  }

  /** Shows every entry, in an order that depends on the entries only as far as they were added and removed alike. */
  forEach(visit: (key: number, value: number) => void): void {
    for (let at = 0; at < this.keys.length; at++) {
      if (this.keys[at] !== NO_KEY) visit(this.keys[at]!, this.values[at]!)
    }
  }

  /** Place of the key, or of the gap where it would go. */
  private find(key: number): number {
    const { keys, mask } = this
    let at = Math.imul(key, SPREAD) >>> this.shift
    while (keys[at] !== key && keys[at] !== NO_KEY) at = (at + 1) & mask
    return at
  }

  private grow(): void {
    const { keys, values } = this
    this.keys = new Int32Array(keys.length * 2).fill(NO_KEY)
    this.values = new Int32Array(keys.length * 2)
    this.mask = this.keys.length - 1
    this.shift--
    for (let i = 0; i < keys.length; i++) {
      if (keys[i] === NO_KEY) continue
      const at = this.find(keys[i]!)
      this.keys[at] = keys[i]!
      this.values[at] = values[i]!
    }
  }
}
