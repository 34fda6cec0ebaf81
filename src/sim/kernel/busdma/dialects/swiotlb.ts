import { SimulationFault } from '../../../machine/physical-memory.ts'
import { BounceZone, NO_PAGE } from '../bounce-zone.ts'
import { PAGE_SIZE } from '../constants.ts'
import type { BusDmamap } from '../map.ts'

/** IO_TLB_SIZE: bytes of a slot. */
export const SLOT_SIZE = 2048
/** IO_TLB_SEGSIZE: slots of a group. No mapping leaves its group, so none is longer. */
export const GROUP_SLOTS = 128

const SLOTS_PER_PAGE = PAGE_SIZE / SLOT_SIZE
const PAGES_PER_GROUP = GROUP_SLOTS / SLOTS_PER_PAGE

/**
 * Linux's swiotlb: one contiguous stretch of memory in slots of 2 KiB. A mapping is a run of slots that holds a whole
 * segment; its handle is the number of its first slot, and the pool counts slots. For each free slot the pool knows how
 * many slots from it on are free in its group. The kernel's areas for single processors are not modelled: there is one.
 */
export class SwiotlbPool extends BounceZone {
  override readonly unit = 'slots'
  /** The map whose callback runs: its bounced bytes are the client's. */
  freshMap: BusDmamap | null = null
  private base = 0
  /** Free slots from this one on, within its group; 0 for one in use. */
  private run = new Uint8Array(0)
  /** Where the next search begins. */
  private hint = 0

  /** `lowaddr`: the last address that a slot may have. */
  constructor(lowaddr: number) {
    super(lowaddr, Infinity, false)
  }

  /** Makes the page that follows the pool's last one part of it; the first may be any. */
  override addPage(pfn: number): void {
    if (this.total > 0 && pfn * PAGE_SIZE !== this.slotAddress(this.total))
      throw new SimulationFault(`page ${pfn} does not follow the last one of the swiotlb pool`)
    this.addRange(pfn, 1)
  }

  /** Adds `pages` pages from `pfn` on. Nothing may be mapped yet. */
  addRange(pfn: number, pages: number): void {
    if (this.total === 0) this.base = pfn * PAGE_SIZE
    this.total += pages * SLOTS_PER_PAGE
    this.free = this.total
    if (this.total > this.next.length) this.growTo(this.total)
    this.run = new Uint8Array(this.total)
    for (let slot = this.total - 1; slot >= 0; slot--) this.run[slot] = this.freeFrom(slot + 1) + 1
  }

  /**
   * Longest mapping in bytes, when bounced data keeps its offset in blocks of `minAlign` bytes: what data that starts at
   * the end of such a block leaves of a group.
   */
  maxMapping(minAlign: number): number {
    return Math.max(Math.min(GROUP_SLOTS, this.total) * SLOT_SIZE - minAlign, SLOT_SIZE)
  }

  /**
   * Finds room for `bytes` bytes of client data at `paddr`, and takes it. The bounced data has the same offset in a block
   * of `minAlign` bytes (a power of two, one slot at least) and crosses no multiple of `boundary` (0 for none); from a
   * page on it begins in the first slot of a page, unless minAlign says where. The search begins after the last mapping
   * and goes once around. Returns the mapping's handle, or -1.
   */
  map(paddr: number, bytes: number, minAlign: number, boundary: number): number {
    const offset = paddr % SLOT_SIZE
    const slots = Math.ceil((offset + bytes) / SLOT_SIZE)
    if (slots > this.free) return -1
    const align = minAlign > SLOT_SIZE ? minAlign : offset + bytes >= PAGE_SIZE ? PAGE_SIZE : SLOT_SIZE
    const phase = minAlign > SLOT_SIZE ? (paddr - offset) % align : 0
    const start = this.hint
    let first = this.search(start, this.total, slots, offset, bytes, align, phase, boundary)
    if (first < 0) first = this.search(0, start, slots, offset, bytes, align, phase, boundary)
    if (first < 0) return -1
    this.take(first, slots)
    this.hint = (first + slots) % this.total
    this.next[first] = NO_PAGE
    this.pageOffset[first] = offset
    this.dataPaddr[first] = paddr
    this.dataNextPaddr[first] = 0
    this.dataCount[first] = bytes
    return first
  }

  /** Gives the slots of a mapping back. */
  unmap(first: number): void {
    const slots = this.slotsOf(first)
    for (let slot = first + slots - 1; slot >= first; slot--) this.run[slot] = this.freeFrom(slot + 1) + 1
    this.renumberBefore(first)
    this.active -= slots
    this.free += slots
    this.dataCount[first] = 0
    this.pageOffset[first] = 0
  }

  /** Pages that a mapping fills, a half counted as one. */
  pagesOfMapping(first: number): number {
    return Math.ceil(this.slotsOf(first) / SLOTS_PER_PAGE)
  }

  override busaddr(first: number): number {
    return this.slotAddress(first) + (this.pageOffset[first] as number)
  }

  /** Numbers of the free slots. */
  override freeList(): number[] {
    const list: number[] = []
    this.run.forEach((free, slot) => {
      if (free > 0) list.push(slot)
    })
    return list
  }

  private slotAddress(slot: number): number {
    return this.base + slot * SLOT_SIZE
  }

  private slotsOf(first: number): number {
    return Math.ceil(((this.pageOffset[first] as number) + (this.dataCount[first] as number)) / SLOT_SIZE)
  }

  /** Free slots from `slot` on, 0 where the group before it ends. */
  private freeFrom(slot: number): number {
    return slot === this.total || slot % GROUP_SLOTS === 0 ? 0 : (this.run[slot] as number)
  }

  private search(
    from: number,
    end: number,
    slots: number,
    offset: number,
    bytes: number,
    align: number,
    phase: number,
    boundary: number,
  ): number {
    for (let slot = from; slot < end;) {
      const free = this.run[slot] as number
      if (free < slots) {
        slot += Math.max(free, 1)
        continue
      }
      const address = this.slotAddress(slot)
      if (address % align === phase && !crosses(address + offset, bytes, boundary)) return slot
      slot++
    }
    return -1
  }

  private take(first: number, slots: number): void {
    this.run.fill(0, first, first + slots)
    this.renumberBefore(first)
    this.free -= slots
    this.active += slots
  }

  /** The free slots before `first`, back to one in use or the start of the group, count anew. */
  private renumberBefore(first: number): void {
    const groupStart = first - (first % GROUP_SLOTS)
    for (let slot = first - 1; slot >= groupStart && this.run[slot] !== 0; slot--) {
      this.run[slot] = this.freeFrom(slot + 1) + 1
    }
  }
}

function crosses(address: number, bytes: number, boundary: number): boolean {
  return boundary > 0 && (address % boundary) + bytes > boundary
}

/** Pages of a pool as a kernel makes it at most, `most`: whole groups where that is one at least. */
export function wholeGroups(most: number): number {
  return most < PAGES_PER_GROUP ? most : most - (most % PAGES_PER_GROUP)
}

/** Alignment of a pool of `pages` pages: that of its groups, so that the boundaries of devices fall between them. */
export function poolAlignment(pages: number): number {
  return pages < PAGES_PER_GROUP ? PAGE_SIZE : PAGES_PER_GROUP * PAGE_SIZE
}
