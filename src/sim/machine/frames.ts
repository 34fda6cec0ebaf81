import { PageMap } from './page-map.ts'
import { PAGE_SHIFT, PAGE_WORDS } from './page.ts'

const SLAB_SHIFT = 6
const SLAB_FRAMES = 1 << SLAB_SHIFT
const SLAB_MASK = SLAB_FRAMES - 1

/**
 * Where the bytes of each page frame are kept. Frames get host memory on first touch, so a machine of any size costs what
 * it uses. A frame's words are `words(pfn)` from index `base` on; both stay valid until the frame is forgotten.
 */
export class Frames {
  /** Number of each frame's slot, from 1 on; 0 for a frame without bytes. */
  private readonly slots = new PageMap()
  private readonly slabs: Int32Array[] = []
  private readonly spare: number[] = []
  private made = 0

  /** Index of the frame's first word in the array that the last `words` returned. */
  base = 0

  /** Number of frames that have bytes now. */
  get touched(): number {
    return this.made - this.spare.length
  }

  words(pfn: number): Int32Array {
    const known = this.slots.get(pfn)
    const slot = known === 0 ? this.add(pfn) : known - 1
    this.base = (slot & SLAB_MASK) * PAGE_WORDS
    return this.slabs[slot >>> SLAB_SHIFT]!
  }

  /** Nobody in the simulation will read this frame again: its bytes go. A later touch finds zeros. */
  forget(pfn: number): void {
    const slot = this.slots.get(pfn) - 1
    if (slot < 0) return
    this.slots.set(pfn, 0)
    this.spare.push(slot)
  }

  private add(pfn: number): number {
    let slot = this.spare.pop()
    if (slot === undefined) {
      slot = this.made++
      if ((slot & SLAB_MASK) === 0) this.slabs.push(new Int32Array((SLAB_FRAMES << PAGE_SHIFT) / 4))
    } else {
      const base = (slot & SLAB_MASK) * PAGE_WORDS
      this.slabs[slot >>> SLAB_SHIFT]!.fill(0, base, base + PAGE_WORDS)
    }
    this.slots.set(pfn, slot + 1)
    return slot
  }
}
