import type { Random } from '../../engine/random.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { BlockOrder } from './block-order.ts'
import type { BlockTable } from './block-table.ts'
import { ORDERS } from './block-table.ts'
import type { Fragmenter } from './fragmenter.ts'
import { BLOCK_PAGES, BLOCK_SHIFT } from './zones.ts'
import type { ZoneLayout } from './zones.ts'

const NONE = -1
const IN_BLOCK = BLOCK_PAGES - 1

/**
 * The binary buddy allocator of one zone. Free memory is kept as chunks of 2^0 to 2^10 pages, aligned to their size, as
 * large as they can be. For each order, the blocks that have such a chunk are on a list.
 */
export class BuddyZone {
  readonly layout: ZoneLayout
  /** First page of the zone that exists, and the page after its last. */
  readonly firstPage: number
  readonly endPage: number
  /** Free pages, those of blocks not opened among them. */
  freePages: number
  /** Pages that the rest of the system has. */
  othersPages = 0

  private readonly table: BlockTable
  private readonly fragmenter: Fragmenter
  private readonly order: BlockOrder
  private readonly heads = new Int32Array(ORDERS).fill(NONE)
  private readonly tails = new Int32Array(ORDERS).fill(NONE)
  /** Block that single pages come from until it, or a run of free pages in it, ends. */
  private current = NONE
  private reclaimed = 0

  /** @param firstFrame first page of the machine that is memory @param endFrame page after the machine's last */
  constructor(
    layout: ZoneLayout,
    table: BlockTable,
    fragmenter: Fragmenter,
    random: Random,
    firstFrame: number,
    endFrame: number,
  ) {
    const { firstBlock, endBlock } = layout
    this.layout = layout
    this.table = table
    this.fragmenter = fragmenter
    this.firstPage = Math.max(firstFrame, firstBlock * BLOCK_PAGES)
    this.endPage = Math.min(endFrame, endBlock * BLOCK_PAGES)
    this.order = new BlockOrder(firstBlock, endBlock - firstBlock, fragmenter.percent > 0, random)
    if (fragmenter.percent > 0) {
      for (let block = firstBlock; block < endBlock; block++) {
        this.othersPages += fragmenter.countIn(block, this.firstOf(block), this.endOf(block))
      }
    }
    this.freePages = this.endPage - this.firstPage - this.othersPages
  }

  /** One page; there must be a free one. */
  takeOne(): number {
    let slot = this.current
    if (slot === NONE || this.lowestOrder(slot) === ORDERS) slot = this.moveOn()
    const order = this.lowestOrder(slot)
    const page = this.table.lowestChunk(slot, order) << order
    const pfn = this.pageOf(slot, page)
    this.takePage(pfn)
    if (this.fragmenter.percent > 0) {
      const goesOn = page + 1 < BLOCK_PAGES && this.table.orderAt(slot, page + 1) >= 0
      if (!goesOn) this.current = NONE
    }
    return pfn
  }

  /** Whether the last `takeOne` ended a run of free pages, so that the next page comes from elsewhere. */
  get runEnded(): boolean {
    return this.current === NONE
  }

  /**
   * `count` pages from the start of a chunk of at least 2^order pages; what is left of the chunk stays free.
   * @returns the first, or -1 when no such chunk is known
   */
  takeRun(count: number, order: number): number {
    let slot = this.smallest(order)
    if (slot === NONE && (order === 0 || this.fragmenter.percent === 0)) {
      slot = this.openNext()
      if (slot !== NONE) slot = this.smallest(order)
    }
    if (slot === NONE) return -1
    let found = order
    while (this.table.chunkCount(slot, found) === 0) found++
    const index = this.table.lowestChunk(slot, found)
    this.remove(slot, found, index)
    const first = index << found
    this.addRange(slot, first + count, first + (1 << found))
    this.freePages -= count
    return this.pageOf(slot, first)
  }

  /** Takes one particular free page. */
  takePage(pfn: number): void {
    const slot = this.touch(pfn)
    const page = pfn & IN_BLOCK
    let order = this.table.orderAt(slot, page)
    if (order < 0) throw new SimulationFault(`page ${pfn} is not free`)
    this.remove(slot, order, page >>> order)
    while (order-- > 0) this.add(slot, order, (page >>> order) ^ 1)
    this.freePages--
  }

  /** Gives a page back; it joins its free neighbours. */
  freePage(pfn: number): void {
    const slot = this.touch(pfn)
    let index = pfn & IN_BLOCK
    if (this.table.orderAt(slot, index) >= 0) throw new SimulationFault(`page ${pfn} is free already`)
    let order = 0
    while (order < ORDERS - 1 && this.table.hasChunk(slot, order, index ^ 1)) {
      this.remove(slot, order, index ^ 1)
      index >>>= 1
      order++
    }
    this.add(slot, order, index)
    this.freePages++
  }

  isFree(pfn: number): boolean {
    return this.table.orderAt(this.touch(pfn), pfn & IN_BLOCK) >= 0
  }

  /** The rest of the system takes a page that is on loan. */
  giveToOthers(pfn: number): void {
    this.table.setOthers(this.touch(pfn), pfn & IN_BLOCK)
    this.othersPages++
  }

  /** The rest of the system lets a page go; it is on loan to the caller then. */
  takeFromOthers(pfn: number): void {
    this.table.clearOthers(this.touch(pfn), pfn & IN_BLOCK)
    this.othersPages--
  }

  /** Frees the pages that others have in the next block, going round. @returns how many */
  reclaimBlock(): number {
    const { firstBlock, endBlock } = this.layout
    const block = firstBlock + (this.reclaimed++ % (endBlock - firstBlock))
    const slot = this.touch(block * BLOCK_PAGES)
    let count = 0
    for (let page = this.table.nextOthers(slot, 0); page >= 0; page = this.table.nextOthers(slot, page)) {
      this.takeFromOthers(this.pageOf(slot, page))
      this.freePage(this.pageOf(slot, page))
      count++
    }
    return count
  }

  /**
   * Pages from `pfn` on that can be taken for a contiguous range: at least 0, not necessarily all of them. A block not opened
   * is usable as a whole where nothing is fragmented, and else only by eviction: it is not worth opening.
   * @param evict count the pages of others too
   */
  usableFrom(pfn: number, evict: boolean): number {
    const block = pfn >>> BLOCK_SHIFT
    const end = this.endOf(block)
    const page = pfn & IN_BLOCK
    if (page < this.firstOf(block)) return 0
    const slot = this.table.slot(block)
    if (slot < 0) return evict || this.fragmenter.percent === 0 ? end - page : 0
    const order = this.table.orderAt(slot, page)
    if (order >= 0) return (((page >>> order) + 1) << order) - page
    return evict && this.table.isOthers(slot, page) ? 1 : 0
  }

  /** Pages from `pfn` on, at least 1, that cannot be taken. Call it where `usableFrom` is 0. */
  unusableFrom(pfn: number, evict: boolean): number {
    const block = pfn >>> BLOCK_SHIFT
    const page = pfn & IN_BLOCK
    if (page < this.firstOf(block)) return this.firstOf(block) - page
    const slot = this.table.slot(block)
    const wholeBlock =
      slot < 0 || (this.lowestOrder(slot) === ORDERS && (!evict || this.table.nextOthers(slot, 0) < 0))
    return wholeBlock ? BLOCK_PAGES - page : 1
  }

  /** Adds the number of free chunks of each order to `counts`; opens every block. For display and checks. */
  countChunks(counts: number[]): void {
    for (let block = this.layout.firstBlock; block < this.layout.endBlock; block++) {
      const slot = this.touch(block * BLOCK_PAGES)
      for (let order = 0; order < ORDERS; order++) counts[order]! += this.table.chunkCount(slot, order)
    }
  }

  private firstOf(block: number): number {
    return Math.max(0, this.firstPage - block * BLOCK_PAGES)
  }

  private endOf(block: number): number {
    return Math.min(BLOCK_PAGES, this.endPage - block * BLOCK_PAGES)
  }

  private pageOf(slot: number, page: number): number {
    return this.table.block(slot) * BLOCK_PAGES + page
  }

  /** Slot of a page's block, opened if need be. */
  private touch(pfn: number): number {
    const block = pfn >>> BLOCK_SHIFT
    const slot = this.table.slot(block)
    return slot < 0 ? this.open(block) : slot
  }

  private open(block: number): number {
    const slot = this.table.open(block)
    let start = this.firstOf(block)
    const end = this.endOf(block)
    this.fragmenter.mark(block, start, end, (page) => {
      this.table.setOthers(slot, page)
      this.addRange(slot, start, page)
      start = page + 1
    })
    this.addRange(slot, start, end)
    return slot
  }

  /** Opens the next block that nobody has looked into; -1 when there is none. */
  private openNext(): number {
    let block = this.order.next()
    while (block >= 0 && this.table.slot(block) >= 0) block = this.order.next()
    return block < 0 ? NONE : this.open(block)
  }

  /** Chooses the block for the next single pages. */
  private moveOn(): number {
    let slot = this.openNext()
    if (slot === NONE) {
      slot = this.smallest(0)
      this.toTail(slot, this.lowestOrder(slot))
    }
    this.current = slot
    return slot
  }

  /** First block on the list of the smallest chunks of at least 2^order pages. */
  private smallest(order: number): number {
    for (let at = order; at < ORDERS; at++) if (this.heads[at] !== NONE) return this.heads[at]!
    return NONE
  }

  private lowestOrder(slot: number): number {
    let order = 0
    while (order < ORDERS && this.table.chunkCount(slot, order) === 0) order++
    return order
  }

  /** Makes a range of a block free as the largest aligned chunks; nothing beside it may be free. */
  private addRange(slot: number, from: number, to: number): void {
    while (from < to) {
      let order = from === 0 ? ORDERS - 1 : 31 - Math.clz32(from & -from)
      while (from + (1 << order) > to) order--
      this.add(slot, order, from >>> order)
      from += 1 << order
    }
  }

  private add(slot: number, order: number, index: number): void {
    if (this.table.addChunk(slot, order, index) > 1) return
    const head = this.heads[order]!
    const { next, prev } = this.table
    next[slot * ORDERS + order] = head
    prev[slot * ORDERS + order] = NONE
    if (head === NONE) this.tails[order] = slot
    else prev[head * ORDERS + order] = slot
    this.heads[order] = slot
  }

  private remove(slot: number, order: number, index: number): void {
    if (this.table.removeChunk(slot, order, index) === 0) this.unlink(slot, order)
  }

  private unlink(slot: number, order: number): void {
    const { next, prev } = this.table
    const after = next[slot * ORDERS + order]!
    const before = prev[slot * ORDERS + order]!
    if (before === NONE) this.heads[order] = after
    else next[before * ORDERS + order] = after
    if (after === NONE) this.tails[order] = before
    else prev[after * ORDERS + order] = before
  }

  private toTail(slot: number, order: number): void {
    this.unlink(slot, order)
    const tail = this.tails[order]!
    const { next, prev } = this.table
    next[slot * ORDERS + order] = NONE
    prev[slot * ORDERS + order] = tail
    if (tail === NONE) this.heads[order] = slot
    else next[tail * ORDERS + order] = slot
    this.tails[order] = slot
  }
}
