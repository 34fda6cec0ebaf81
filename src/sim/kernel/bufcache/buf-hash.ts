import type { Buf } from './buf.ts'
import { NONE } from './buf.ts'
import type { Vnode } from './vnode.ts'

/** What the hash knows of a buffer, words of one array, so that a look at it costs the host one cache miss at most. */
const BUF_WORDS = 4
/** Next buffer of the chain. */
const CHAIN = 0
/** Number of the vnode. */
const VNODE = 1
/** Block, the low and the high half. */
const BLOCK = 2
const BLOCK_HIGH = 3
const HALF = 0x100000000
/** Chains are short: following one costs a cache miss a step. */
const HEADS_PER_BUF = 4

/** Buffers by vnode and block (bufhashtbl): chains of buffer numbers. */
export class BufHash {
  private readonly heads: Int32Array
  private readonly words: Int32Array
  private readonly mask: number
  private readonly bufs: readonly Buf[]

  constructor(bufs: readonly Buf[]) {
    this.bufs = bufs
    let size = 16
    while (size < bufs.length * HEADS_PER_BUF) size *= 2
    this.heads = new Int32Array(size).fill(NONE)
    this.words = new Int32Array(bufs.length * BUF_WORDS).fill(NONE)
    this.mask = size - 1
  }

  find(vp: Vnode, lblkno: number): Buf | null {
    const { words } = this
    const { id: vnode } = vp
    const low = lblkno | 0
    const high = Math.floor(lblkno / HALF)
    for (let id = this.heads[this.slot(vnode, low, high)]!; id !== NONE;) {
      const at = id * BUF_WORDS
      if (words[at + BLOCK] === low && words[at + VNODE] === vnode && words[at + BLOCK_HIGH] === high)
        return this.bufs[id]!
      id = words[at + CHAIN]!
    }
    return null
  }

  insert(buf: Buf, vp: Vnode): void {
    const { words } = this
    const low = buf.b_lblkno | 0
    const high = Math.floor(buf.b_lblkno / HALF)
    const slot = this.slot(vp.id, low, high)
    const at = buf.id * BUF_WORDS
    buf.hashSlot = slot
    words[at + CHAIN] = this.heads[slot]!
    words[at + VNODE] = vp.id
    words[at + BLOCK] = low
    words[at + BLOCK_HIGH] = high
    this.heads[slot] = buf.id
  }

  /** Takes a buffer out, if it is in. */
  remove(buf: Buf): void {
    const { id, hashSlot: slot } = buf
    if (slot === NONE) return
    buf.hashSlot = NONE
    const { words } = this
    const at = id * BUF_WORDS
    let previous = this.heads[slot]!
    if (previous === id) {
      this.heads[slot] = words[at + CHAIN]!
      return
    }
    while (words[previous * BUF_WORDS + CHAIN] !== id) previous = words[previous * BUF_WORDS + CHAIN]!
    words[previous * BUF_WORDS + CHAIN] = words[at + CHAIN]!
  }

  /** What `remove` will look at, for LookAhead: means nothing else. */
  see(buf: Buf): number {
    return this.words[buf.id * BUF_WORDS + CHAIN]! ^ this.heads[Math.max(0, buf.hashSlot)]!
  }

  private slot(vnode: number, low: number, high: number): number {
    const mixed = Math.imul((low + (vnode << 9)) | 0, 0x9e376db1) ^ Math.imul(high, 0x85ebca6b)
    return (mixed >>> 7) & this.mask
  }
}
