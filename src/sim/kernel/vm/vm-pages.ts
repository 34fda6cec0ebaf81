import { VM_PAGE_BITS_ALL, vm_page_bits } from './page-bits.ts'
import type { PageAllocator } from './page-allocator.ts'

const NONE = -1
const FIRST_CAPACITY = 256

/**
 * What is known of a page: words of one array, so that the host's cache brings all of it with one line. Pages are used in
 * random order, and an array for each word would cost a cache miss each.
 */
const PAGE_WORDS = 8
/** Number of its object. */
const OBJECT = 0
/** Page number in the object, the low and the high half. */
const PINDEX = 1
const PINDEX_HIGH = 2
const FRAME = 3
/** Valid chunks in bits 0 to 7, dirty ones in bits 8 to 15, and above them how many buffers use the page. */
const STATE = 4
const DIRTY_SHIFT = 8
const WIRE_SHIFT = 16
const ONE_WIRE = 1 << WIRE_SHIFT
const VALID = VM_PAGE_BITS_ALL
const DIRTY = VM_PAGE_BITS_ALL << DIRTY_SHIFT
/** Next page of the hash chain. */
const CHAIN = 5
/** Neighbours on the inactive queue; of a handle without a page, NEXT is the next such handle. */
const NEXT = 6
const PREVIOUS = 7
const HALF = 0x100000000
/** Chains are short: following one costs a cache miss a step. */
const HEADS_PER_PAGE = 4

/** The pages of one vnode in memory. */
export class VmObject {
  readonly id: number

  constructor(id: number) {
    this.id = id
  }
}

export interface VmPagesOptions {
  /** Pages that no buffer uses any more stay with their object as long as they hold valid data. */
  readonly keep: boolean
  /** Most pages of all objects together. */
  readonly maxPages: number
  /** The shortage is severe while fewer than this are left (v_free_severe). */
  readonly severePages: number
}

/**
 * The pages of VM objects (vm_page): found by object and page number, with a valid and a dirty bit for each 512 bytes. A page
 * that no buffer uses waits on the inactive queue, oldest first, until memory runs short; without `keep` it is freed at once.
 * Handles are small integers. What the buffer cache calls wiring is one count here; the hold that DMA needs is its page list's.
 */
export class VmPages {
  /** Pages freed because memory ran short. */
  reclaimed = 0
  /** Pages whose last user has gone, and pages freed, so far: callers charge for what their calls add. */
  idled = 0
  freed = 0
  private readonly allocator: PageAllocator
  private readonly keep: boolean
  private readonly maxPages: number
  private readonly severePages: number
  private objects = 0
  private words = new Int32Array(FIRST_CAPACITY * PAGE_WORDS)
  private heads = new Int32Array(FIRST_CAPACITY * HEADS_PER_PAGE).fill(NONE)
  private made = 0
  /** Handles without a page, linked by NEXT. */
  private spare = NONE
  private total = 0
  private inactiveHead = NONE
  private inactiveTail = NONE
  private inactive = 0

  constructor(allocator: PageAllocator, options: VmPagesOptions) {
    this.allocator = allocator
    this.keep = options.keep
    this.maxPages = options.maxPages
    this.severePages = options.severePages
  }

  /** Pages of all objects together. */
  get residentPages(): number {
    return this.total
  }

  /** Pages that no buffer uses. */
  get inactivePages(): number {
    return this.inactive
  }

  newObject(): VmObject {
    return new VmObject(this.objects++)
  }

  /** vm_page_count_severe: memory is so short that released buffers give their pages back. */
  vm_page_count_severe(): boolean {
    return this.maxPages - this.total + this.inactive < this.severePages
  }

  /** @param pindex page number in the object @returns a handle, or -1 */
  vm_page_lookup(object: VmObject, pindex: number): number {
    const { words } = this
    const { id } = object
    const low = pindex | 0
    const high = Math.floor(pindex / HALF)
    let page = this.heads[this.chain(id, low)]!
    while (page !== NONE) {
      const at = page * PAGE_WORDS
      if (words[at + PINDEX] === low && words[at + OBJECT] === id && words[at + PINDEX_HIGH] === high) break
      page = words[at + CHAIN]!
    }
    return page
  }

  /**
   * vm_page_alloc: a page for a place of an object that has none, wired once. Nothing in it is valid. Takes the oldest inactive
   * page away when memory is short.
   * @param domain NUMA domain that is tried first
   * @returns a handle, or -1 when memory is full
   */
  vm_page_alloc(object: VmObject, pindex: number, domain: number): number {
    if (this.total >= this.maxPages && !this.reclaimOne()) return NONE
    let pfn = this.allocator.alloc(domain)
    while (pfn < 0 && this.reclaimOne()) pfn = this.allocator.alloc(domain)
    if (pfn < 0) return NONE
    const page = this.takeHandle()
    const { words, heads } = this
    const at = page * PAGE_WORDS
    const chain = this.chain(object.id, pindex | 0)
    words[at + OBJECT] = object.id
    words[at + PINDEX] = pindex | 0
    words[at + PINDEX_HIGH] = Math.floor(pindex / HALF)
    words[at + FRAME] = pfn
    words[at + STATE] = ONE_WIRE
    words[at + CHAIN] = heads[chain]!
    heads[chain] = page
    this.total++
    return page
  }

  frameOf(page: number): number {
    return this.words[page * PAGE_WORDS + FRAME]!
  }

  wireCount(page: number): number {
    return this.words[page * PAGE_WORDS + STATE]! >> WIRE_SHIFT
  }

  /** vm_page_wire: one more buffer uses the page. */
  wire(page: number): void {
    const at = page * PAGE_WORDS + STATE
    const state = this.words[at]!
    this.words[at] = state + ONE_WIRE
    if (state < ONE_WIRE) this.leaveInactive(page)
  }

  /** vm_page_unwire: a buffer has done with the page, and holds it no more. */
  unwire(page: number): void {
    const at = page * PAGE_WORDS + STATE
    const state = this.words[at]! - ONE_WIRE
    this.words[at] = state
    if (state >= ONE_WIRE) return
    this.idled++
    if ((state & DIRTY) !== 0 || (this.keep && (state & VALID) !== 0)) this.joinInactive(page)
    else this.free(page)
  }

  /** Valid chunks, one bit each. */
  valid(page: number): number {
    return this.words[page * PAGE_WORDS + STATE]! & VALID
  }

  /** Chunks changed through a mapping and not on the disk, one bit each. */
  dirty(page: number): number {
    return (this.words[page * PAGE_WORDS + STATE]! & DIRTY) >> DIRTY_SHIFT
  }

  isWholeValid(page: number): boolean {
    return (this.words[page * PAGE_WORDS + STATE]! & VALID) === VALID
  }

  /** vm_page_is_valid: whether every chunk that a range touches is. */
  vm_page_is_valid(page: number, base: number, bytes: number): boolean {
    const bits = vm_page_bits(base, bytes)
    return (this.words[page * PAGE_WORDS + STATE]! & bits) === bits
  }

  /** A range is as on the disk, or about to be. */
  vm_page_set_validclean(page: number, base: number, bytes: number): void {
    const bits = vm_page_bits(base, bytes)
    const at = page * PAGE_WORDS + STATE
    this.words[at] = (this.words[at]! | bits) & ~(bits << DIRTY_SHIFT)
  }

  /** The content of a range is of no use. */
  vm_page_set_invalid(page: number, base: number, bytes: number): void {
    const bits = vm_page_bits(base, bytes)
    const at = page * PAGE_WORDS + STATE
    this.words[at] = this.words[at]! & ~(bits | (bits << DIRTY_SHIFT))
  }

  /** vm_page_dirty: the page was changed through a mapping; it stays in memory until a buffer writes it. */
  vm_page_dirty(page: number): void {
    const at = page * PAGE_WORDS + STATE
    this.words[at] = this.words[at]! | DIRTY
  }

  /** What the release of a page will look at, for the buffer cache's LookAhead: means nothing else. */
  see(page: number): number {
    const at = page * PAGE_WORDS
    return this.heads[this.chain(this.words[at + OBJECT]!, this.words[at + PINDEX]!)]!
  }

  /** Neighbours of one object get neighbouring chains, as in the kernel's own hash: a buffer's pages share cache lines. */
  private chain(objectId: number, pindexLow: number): number {
    return (pindexLow + Math.imul(objectId, 0x9e3779b1)) & (this.heads.length - 1)
  }

  /** Frees the oldest inactive page that is clean. */
  private reclaimOne(): boolean {
    let page = this.inactiveHead
    while (page !== NONE && this.dirty(page) !== 0) page = this.words[page * PAGE_WORDS + NEXT]!
    if (page === NONE) return false
    this.leaveInactive(page)
    this.free(page)
    this.reclaimed++
    return true
  }

  private free(page: number): void {
    const { words, heads } = this
    const at = page * PAGE_WORDS
    const chain = this.chain(words[at + OBJECT]!, words[at + PINDEX]!)
    let before = heads[chain]!
    if (before === page) {
      heads[chain] = words[at + CHAIN]!
    } else {
      while (words[before * PAGE_WORDS + CHAIN] !== page) before = words[before * PAGE_WORDS + CHAIN]!
      words[before * PAGE_WORDS + CHAIN] = words[at + CHAIN]!
    }
    this.total--
    this.freed++
    words[at + NEXT] = this.spare
    this.spare = page
    this.allocator.free(words[at + FRAME]!)
  }

  private joinInactive(page: number): void {
    const { words, inactiveTail: tail } = this
    words[page * PAGE_WORDS + NEXT] = NONE
    words[page * PAGE_WORDS + PREVIOUS] = tail
    if (tail === NONE) this.inactiveHead = page
    else words[tail * PAGE_WORDS + NEXT] = page
    this.inactiveTail = page
    this.inactive++
  }

  private leaveInactive(page: number): void {
    const { words } = this
    const next = words[page * PAGE_WORDS + NEXT]!
    const previous = words[page * PAGE_WORDS + PREVIOUS]!
    if (previous === NONE) this.inactiveHead = next
    else words[previous * PAGE_WORDS + NEXT] = next
    if (next === NONE) this.inactiveTail = previous
    else words[next * PAGE_WORDS + PREVIOUS] = previous
    this.inactive--
  }

  private takeHandle(): number {
    const page = this.spare
    if (page !== NONE) {
      this.spare = this.words[page * PAGE_WORDS + NEXT]!
      return page
    }
    if (this.made * PAGE_WORDS === this.words.length) this.grow()
    return this.made++
  }

  /** All handles are in use. */
  private grow(): void {
    const words = new Int32Array(this.words.length * 2)
    words.set(this.words)
    this.words = words
    this.heads = new Int32Array(this.heads.length * 2).fill(NONE)
    for (let page = 0; page < this.made; page++) {
      const at = page * PAGE_WORDS
      const chain = this.chain(words[at + OBJECT]!, words[at + PINDEX]!)
      words[at + CHAIN] = this.heads[chain]!
      this.heads[chain] = page
    }
  }
}
