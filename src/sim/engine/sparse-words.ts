const LEAF_BITS = 10
const LEAF_SIZE = 1 << LEAF_BITS

/** Unsigned 32-bit values by index, 0 where none was stored. Memory follows what was touched, in leaves of 4 KiB. */
export class SparseWords {
  private readonly leaves = new Map<number, Uint32Array>()
  private lastKey = -1
  private lastLeaf: Uint32Array | null = null

  /** @param index up to 2^53 */
  get(index: number): number {
    const key = Math.floor(index / LEAF_SIZE)
    const leaf = this.leaf(key)
    return leaf === null ? 0 : leaf[index - key * LEAF_SIZE]!
  }

  set(index: number, value: number): void {
    const key = Math.floor(index / LEAF_SIZE)
    let leaf = this.leaf(key)
    if (leaf === null) {
      leaf = new Uint32Array(LEAF_SIZE)
      this.leaves.set(key, leaf)
      this.lastLeaf = leaf
    }
    leaf[index - key * LEAF_SIZE] = value
  }

  private leaf(key: number): Uint32Array | null {
    if (key !== this.lastKey) {
      this.lastKey = key
      this.lastLeaf = this.leaves.get(key) ?? null
    }
    return this.lastLeaf
  }
}
