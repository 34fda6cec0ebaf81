import { VM_PAGE_BITS_ALL, vm_page_bits } from './page-bits.ts'
import type { PageAllocator } from './page-allocator.ts'

const NONE = -1
const FIRST_CAPACITY = 256

/** The pages of one vnode in memory. */
export class VmObject {
  readonly id: number
  /** Pages that it has now. */
  resident = 0

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
  private readonly allocator: PageAllocator
  private readonly options: VmPagesOptions
  private objects: (VmObject | null)[] = []
  private pindexes = new Float64Array(FIRST_CAPACITY)
  private frames = new Int32Array(FIRST_CAPACITY)
  private wires = new Int32Array(FIRST_CAPACITY)
  private validBits = new Uint8Array(FIRST_CAPACITY)
  private dirtyBits = new Uint8Array(FIRST_CAPACITY)
  private hashNext = new Int32Array(FIRST_CAPACITY)
  private next = new Int32Array(FIRST_CAPACITY)
  private previous = new Int32Array(FIRST_CAPACITY)
  private heads = new Int32Array(FIRST_CAPACITY).fill(NONE)
  private made = 0
  /** Handles without a page, linked by `next`. */
  private spare = NONE
  private total = 0
  private inactiveHead = NONE
  private inactiveTail = NONE
  private inactive = 0
  private madeObjects = 0

  constructor(allocator: PageAllocator, options: VmPagesOptions) {
    this.allocator = allocator
    this.options = options
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
    return new VmObject(this.madeObjects++)
  }

  /** vm_page_count_severe: memory is so short that released buffers give their pages back. */
  vm_page_count_severe(): boolean {
    return this.options.maxPages - this.total + this.inactive < this.options.severePages
  }

  /** @param pindex page number in the object @returns a handle, or -1 */
  vm_page_lookup(object: VmObject, pindex: number): number {
    let page = this.heads[this.chain(object, pindex)]!
    while (page !== NONE && (this.pindexes[page] !== pindex || this.objects[page] !== object))
      page = this.hashNext[page]!
    return page
  }

  /**
   * vm_page_alloc: a page for a place of an object that has none. Nothing in it is valid. Takes the oldest inactive page away
   * when memory is short.
   * @param domain NUMA domain that is tried first
   * @returns a handle, or -1 when memory is full
   */
  vm_page_alloc(object: VmObject, pindex: number, domain: number): number {
    if (this.total >= this.options.maxPages && !this.reclaimOne()) return NONE
    let pfn = this.allocator.alloc(domain)
    while (pfn < 0 && this.reclaimOne()) pfn = this.allocator.alloc(domain)
    if (pfn < 0) return NONE
    const page = this.takeHandle()
    const chain = this.chain(object, pindex)
    this.objects[page] = object
    this.pindexes[page] = pindex
    this.frames[page] = pfn
    this.validBits[page] = 0
    this.dirtyBits[page] = 0
    this.wires[page] = 0
    this.hashNext[page] = this.heads[chain]!
    this.heads[chain] = page
    object.resident++
    this.total++
    return page
  }

  frameOf(page: number): number {
    return this.frames[page]!
  }

  wireCount(page: number): number {
    return this.wires[page]!
  }

  /** vm_page_wire: a buffer uses the page. @param fresh it comes from vm_page_alloc and was never wired */
  wire(page: number, fresh: boolean): void {
    if (this.wires[page]!++ === 0 && !fresh) this.leaveInactive(page)
  }

  /** vm_page_unwire: a buffer has done with the page, and holds it no more. */
  unwire(page: number): void {
    if (--this.wires[page]! > 0) return
    if (this.dirtyBits[page] !== 0 || (this.options.keep && this.validBits[page] !== 0))
      this.joinInactive(page)
    else this.free(page)
  }

  /** Valid chunks, one bit each. */
  valid(page: number): number {
    return this.validBits[page]!
  }

  /** Chunks changed through a mapping and not on the disk, one bit each. */
  dirty(page: number): number {
    return this.dirtyBits[page]!
  }

  isWholeValid(page: number): boolean {
    return this.validBits[page] === VM_PAGE_BITS_ALL
  }

  /** vm_page_is_valid: whether every chunk that a range touches is. */
  vm_page_is_valid(page: number, base: number, bytes: number): boolean {
    const bits = vm_page_bits(base, bytes)
    return (this.validBits[page]! & bits) === bits
  }

  /** A range is as on the disk, or about to be. */
  vm_page_set_validclean(page: number, base: number, bytes: number): void {
    const bits = vm_page_bits(base, bytes)
    this.validBits[page]! |= bits
    this.dirtyBits[page]! &= ~bits
  }

  /** The content of a range is of no use. */
  vm_page_set_invalid(page: number, base: number, bytes: number): void {
    const bits = vm_page_bits(base, bytes)
    this.validBits[page]! &= ~bits
    this.dirtyBits[page]! &= ~bits
  }

  /** vm_page_dirty: the page was changed through a mapping; it stays in memory until a buffer writes it. */
  vm_page_dirty(page: number): void {
    this.dirtyBits[page] = VM_PAGE_BITS_ALL
  }

  /** Neighbours of one object get neighbouring chains, as in the kernel's own hash: a buffer's pages share cache lines. */
  private chain(object: VmObject, pindex: number): number {
    return (pindex + Math.imul(object.id, 0x9e3779b1)) & (this.heads.length - 1)
  }

  /** Frees the oldest inactive page that is clean. */
  private reclaimOne(): boolean {
    let page = this.inactiveHead
    while (page !== NONE && this.dirtyBits[page] !== 0) page = this.next[page]!
    if (page === NONE) return false
    this.leaveInactive(page)
    this.free(page)
    this.reclaimed++
    return true
  }

  private free(page: number): void {
    const object = this.objects[page]!
    const chain = this.chain(object, this.pindexes[page]!)
    if (this.heads[chain] === page) {
      this.heads[chain] = this.hashNext[page]!
    } else {
      let before = this.heads[chain]!
      while (this.hashNext[before] !== page) before = this.hashNext[before]!
      this.hashNext[before] = this.hashNext[page]!
    }
    object.resident--
    this.total--
    this.objects[page] = null
    this.next[page] = this.spare
    this.spare = page
    this.allocator.free(this.frames[page]!)
  }

  private joinInactive(page: number): void {
    this.next[page] = NONE
    this.previous[page] = this.inactiveTail
    if (this.inactiveTail === NONE) this.inactiveHead = page
    else this.next[this.inactiveTail] = page
    this.inactiveTail = page
    this.inactive++
  }

  private leaveInactive(page: number): void {
    const next = this.next[page]!
    const previous = this.previous[page]!
    if (previous === NONE) this.inactiveHead = next
    else this.next[previous] = next
    if (next === NONE) this.inactiveTail = previous
    else this.previous[next] = previous
    this.inactive--
  }

  private takeHandle(): number {
    const page = this.spare
    if (page !== NONE) {
      this.spare = this.next[page]!
      return page
    }
    if (this.made === this.frames.length) this.grow()
    this.objects.push(null)
    return this.made++
  }

  private grow(): void {
    const size = this.made * 2
    this.pindexes = grown(this.pindexes, new Float64Array(size))
    this.frames = grown(this.frames, new Int32Array(size))
    this.wires = grown(this.wires, new Int32Array(size))
    this.validBits = grown(this.validBits, new Uint8Array(size))
    this.dirtyBits = grown(this.dirtyBits, new Uint8Array(size))
    this.hashNext = new Int32Array(size)
    this.next = grown(this.next, new Int32Array(size))
    this.previous = grown(this.previous, new Int32Array(size))
    this.heads = new Int32Array(size).fill(NONE)
    for (let page = 0; page < this.made; page++) {
      const chain = this.chain(this.objects[page]!, this.pindexes[page]!)
      this.hashNext[page] = this.heads[chain]!
      this.heads[chain] = page
    }
  }
}

function grown<T extends Int32Array | Uint8Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
