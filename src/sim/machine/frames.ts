import { PAGE_SHIFT, PAGE_WORDS } from './page.ts'

const SLAB_FRAMES = 64
const LEAF_BITS = 12
const LEAF_FRAMES = 1 << LEAF_BITS

/**
 * Where the bytes of each page frame are kept. Frames get host memory on first touch, so a machine of any size costs what
 * it uses. A frame's words are `words(pfn)` from index `base` on; both stay valid for ever.
 */
export class Frames {
  private readonly leaves: (Int32Array | undefined)[] = []
  private readonly slabs: Int32Array[] = []
  private used = 0

  /** Index of the frame's first word in the array that the last `words` returned. */
  base = 0

  /** Number of frames touched. */
  get touched(): number {
    return this.used
  }

  words(pfn: number): Int32Array {
    const leaf = (this.leaves[pfn >>> LEAF_BITS] ??= new Int32Array(LEAF_FRAMES))
    const index = pfn & (LEAF_FRAMES - 1)
    let slot = leaf[index]!
    if (slot === 0) {
      slot = ++this.used
      leaf[index] = slot
    }
    const slab = Math.floor((slot - 1) / SLAB_FRAMES)
    this.base = ((slot - 1) % SLAB_FRAMES) * PAGE_WORDS
    return (this.slabs[slab] ??= new Int32Array((SLAB_FRAMES << PAGE_SHIFT) / 4))
  }
}
