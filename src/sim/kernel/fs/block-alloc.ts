import type { FsLayout } from './layout.ts'
import { BITMAP_BITS } from './layout.ts'
import type { MetaBuf } from './meta-buf.ts'
import type { MetaView } from './meta-view.ts'
import { MAGIC_BITMAP, PAYLOAD_AT } from './meta-sector.ts'
import type { Step } from './step.ts'
import { STEP_ASLEEP, STEP_DONE, STEP_FAILED } from './step.ts'

const LOOK = 0
const WRITE = 1

/** ffs_alloc of one thread: takes the first free block from a preferred one on, and then from the start of the disk on. */
export class BlockAlloc {
  /** The block, once done. */
  block = 0
  private readonly layout: FsLayout
  private readonly bitmap: MetaBuf
  private phase = LOOK
  /** Bit of the file system from which to look. */
  private from = 0
  /** Blocks of the bitmap looked at. */
  private looked = 0

  constructor(layout: FsLayout, bitmap: MetaBuf) {
    this.layout = layout
    this.bitmap = bitmap
  }

  /** @param preferred block, as near as possible to what will be read before it */
  begin(preferred: number): void {
    this.phase = LOOK
    this.from = preferred < this.layout.blocks ? preferred : 0
    this.looked = 0
  }

  /** @returns STEP_FAILED when the disk is full (ENOSPC), or its bitmap cannot be read or written */
  proceed(): Step {
    const { layout, bitmap } = this
    while (this.phase === LOOK) {
      const step = bitmap.read(layout.bitmapStart + Math.floor(this.from / layout.blocksPerBitmap))
      if (step !== STEP_DONE) return step
      const found = this.take()
      if (found === STEP_DONE) break
      bitmap.release()
      if (found === STEP_FAILED || this.looked++ === layout.bitmapBlocks) return STEP_FAILED
      this.from = (Math.floor(this.from / layout.blocksPerBitmap) + 1) * layout.blocksPerBitmap
      if (this.from >= layout.blocks) this.from = 0
    }
    this.phase = WRITE
    return bitmap.write()
  }

  /** Takes a free block of the locked part of the bitmap. @returns STEP_ASLEEP for none, STEP_FAILED for a damaged bitmap */
  private take(): Step {
    const { layout, bitmap } = this
    const view = bitmap.look()
    const within = this.from % layout.blocksPerBitmap
    let bit = within % BITMAP_BITS
    let result: Step = STEP_ASLEEP
    for (let i = Math.floor(within / BITMAP_BITS); i < layout.sectorsPerBlock; i++, bit = 0) {
      if (!view.read(i, MAGIC_BITMAP)) {
        result = STEP_FAILED
        break
      }
      const free = firstFree(view, bit)
      if (free < 0) continue
      view.change(i)
      view.words[view.base + PAYLOAD_AT + (free >>> 5)]! |= 1 << (free & 31)
      view.seal(i, MAGIC_BITMAP)
      this.block = this.from - within + i * BITMAP_BITS + free
      result = STEP_DONE
      break
    }
    view.close()
    return result
  }
}

/** First bit from `bit` on that is not set in the sector at hand; -1 for none. */
function firstFree({ words, base }: MetaView, bit: number): number {
  const first = base + PAYLOAD_AT
  for (let at = bit; at < BITMAP_BITS;) {
    const word = words[first + (at >>> 5)]!
    if (word === -1) at = (at | 31) + 1
    else if ((word & (1 << (at & 31))) === 0) return at
    else at++
  }
  return -1
}
