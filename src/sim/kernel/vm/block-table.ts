import { BLOCK_PAGES, BLOCK_SHIFT } from './zones.ts'

/** Chunks have 2^0 to 2^10 pages. */
export const ORDERS = BLOCK_SHIFT + 1

const OTHERS_WORDS = BLOCK_PAGES / 32
/** Where the bits of each order begin among a block's words: 32 words of single pages, 16 of pairs, and so on. */
const ORDER_WORD = new Int32Array(ORDERS + 1)
for (let order = 0; order < ORDERS; order++) {
  ORDER_WORD[order + 1] = ORDER_WORD[order]! + Math.max(1, BLOCK_PAGES >>> (order + 5))
}
const FREE_WORDS = ORDER_WORD[ORDERS]!
const FIRST_SLOTS = 16

/**
 * What is known of the top blocks that have been opened: which chunks are free, by order, and which pages others have. About
 * 500 bytes a block, in a slot of its own; a block that nobody has looked into has no slot.
 */
export class BlockTable {
  /** Block to slot + 1; 0 for a block not opened. */
  private readonly slotOf: Int32Array
  private free = new Int32Array(FIRST_SLOTS * FREE_WORDS)
  private others = new Int32Array(FIRST_SLOTS * OTHERS_WORDS)
  /** Free chunks of each order. */
  private chunks = new Int32Array(FIRST_SLOTS * ORDERS)
  private blocks = new Int32Array(FIRST_SLOTS)
  private used = 0
  /** Links of the zones' lists, indexed by slot * ORDERS + order. */
  next = new Int32Array(FIRST_SLOTS * ORDERS)
  prev = new Int32Array(FIRST_SLOTS * ORDERS)

  /** @param blocks top blocks of the machine */
  constructor(blocks: number) {
    this.slotOf = new Int32Array(blocks)
  }

  /** Opened blocks; their slots are 0 to this - 1. */
  get slots(): number {
    return this.used
  }

  /** @returns -1 for a block not opened */
  slot(block: number): number {
    return this.slotOf[block]! - 1
  }

  block(slot: number): number {
    return this.blocks[slot]!
  }

  /** Gives a block a slot, with nothing free. */
  open(block: number): number {
    if (this.used === this.blocks.length) this.grow()
    const slot = this.used++
    this.slotOf[block] = slot + 1
    this.blocks[slot] = block
    return slot
  }

  /** Free chunks of an order. */
  chunkCount(slot: number, order: number): number {
    return this.chunks[slot * ORDERS + order]!
  }

  /** @param index number of the chunk among those of its order in the block */
  hasChunk(slot: number, order: number, index: number): boolean {
    return (this.free[slot * FREE_WORDS + ORDER_WORD[order]! + (index >>> 5)]! & (1 << (index & 31))) !== 0
  }

  /** @returns the number of free chunks of this order after it */
  addChunk(slot: number, order: number, index: number): number {
    const word = slot * FREE_WORDS + ORDER_WORD[order]! + (index >>> 5)
    this.free[word] = this.free[word]! | (1 << (index & 31))
    return ++this.chunks[slot * ORDERS + order]!
  }

  /** @returns the number of free chunks of this order after it */
  removeChunk(slot: number, order: number, index: number): number {
    const word = slot * FREE_WORDS + ORDER_WORD[order]! + (index >>> 5)
    this.free[word] = this.free[word]! & ~(1 << (index & 31))
    return --this.chunks[slot * ORDERS + order]!
  }

  /** Lowest free chunk of an order that has one. */
  lowestChunk(slot: number, order: number): number {
    const first = slot * FREE_WORDS + ORDER_WORD[order]!
    let word = first
    while (this.free[word] === 0) word++
    const bits = this.free[word]!
    return (word - first) * 32 + 31 - Math.clz32(bits & -bits)
  }

  /** Order of the free chunk that has this page, numbered within the block; -1 for a page that is not free. */
  orderAt(slot: number, page: number): number {
    for (let order = 0; order < ORDERS; order++) if (this.hasChunk(slot, order, page >>> order)) return order
    return -1
  }

  isOthers(slot: number, page: number): boolean {
    return (this.others[slot * OTHERS_WORDS + (page >>> 5)]! & (1 << (page & 31))) !== 0
  }

  setOthers(slot: number, page: number): void {
    const word = slot * OTHERS_WORDS + (page >>> 5)
    this.others[word] = this.others[word]! | (1 << (page & 31))
  }

  clearOthers(slot: number, page: number): void {
    const word = slot * OTHERS_WORDS + (page >>> 5)
    this.others[word] = this.others[word]! & ~(1 << (page & 31))
  }

  /** First page from `page` on, going round, that others have; -1 when they have none in the block. */
  nextOthers(slot: number, page: number): number {
    const first = slot * OTHERS_WORDS
    const start = page >>> 5
    for (let i = 0; i <= OTHERS_WORDS; i++) {
      const word = (start + i) % OTHERS_WORDS
      const bits = this.others[first + word]! & (i === 0 ? -1 << (page & 31) : -1)
      if (bits !== 0) return word * 32 + 31 - Math.clz32(bits & -bits)
    }
    return -1
  }

  private grow(): void {
    const slots = this.used * 2
    this.free = longer(this.free, slots * FREE_WORDS)
    this.others = longer(this.others, slots * OTHERS_WORDS)
    this.chunks = longer(this.chunks, slots * ORDERS)
    this.blocks = longer(this.blocks, slots)
    this.next = longer(this.next, slots * ORDERS)
    this.prev = longer(this.prev, slots * ORDERS)
  }
}

function longer(from: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(length)
  to.set(from)
  return to
}
