import { IntMap } from '../engine/int-map.ts'
import { PAGE_SHIFT, PAGE_WORDS } from './page.ts'

const SLAB_FRAMES = 64

/**
 * Where the bytes of each page frame are kept. Frames get host memory on first touch, so a machine of any size costs what
 * it uses. A frame's words are `words(pfn)` from index `base` on; both stay valid until the frame is forgotten.
 */
export class Frames {
  private readonly slots = new IntMap()
  private readonly slabs: Int32Array[] = []
  private readonly spare: number[] = []
  private made = 0
  private lastPfn = -1
  private lastSlot = 0

  /** Index of the frame's first word in the array that the last `words` returned. */
  base = 0

  /** Number of frames that have bytes now. */
  get touched(): number {
    return this.slots.size
  }

  words(pfn: number): Int32Array {
    if (pfn !== this.lastPfn) {
      const slot = this.slots.get(pfn, -1)
      this.lastSlot = slot < 0 ? this.add(pfn) : slot
      this.lastPfn = pfn
    }
    const slot = this.lastSlot
    this.base = (slot % SLAB_FRAMES) * PAGE_WORDS
    return this.slabs[Math.floor(slot / SLAB_FRAMES)]!
  }

  /** Nobody in the simulation will read this frame again: its bytes go. A later touch finds zeros. */
  forget(pfn: number): void {
    const slot = this.slots.get(pfn, -1)
    if (slot < 0) return
    this.slots.delete(pfn)
    this.spare.push(slot)
    this.lastPfn = -1
  }

  private add(pfn: number): number {
    let slot = this.spare.pop()
    if (slot === undefined) {
      slot = this.made++
      if (slot % SLAB_FRAMES === 0) this.slabs.push(new Int32Array((SLAB_FRAMES << PAGE_SHIFT) / 4))
    } else {
      const base = (slot % SLAB_FRAMES) * PAGE_WORDS
      this.slabs[Math.floor(slot / SLAB_FRAMES)]!.fill(0, base, base + PAGE_WORDS)
    }
    this.slots.set(pfn, slot)
    return slot
  }
}
