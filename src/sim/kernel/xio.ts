import type { Machine } from '../machine/machine.ts'
import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from '../machine/page.ts'
import { Site } from './call-sites.ts'
import type { KernelCounters } from './counters.ts'
import type { Errno } from './errno.ts'
import { EFAULT, EINVAL, ENOBUFS, OK } from './errno.ts'
import { notePages } from './history-events.ts'
import type { PageDirty } from './vm/page-dirty.ts'
import type { PageHolds } from './vm/page-holds.ts'
import type { Pmap } from './vm/pmap.ts'
import type { UserSpace } from './vm/user-space.ts'

/** Pages of one XIO: MAXPHYS / PAGE_SIZE (DragonFly, sys/xio.h). */
export const XIO_INTERNAL_PAGES = 32
/** Most bytes of one XIO. */
export const XIO_INTERNAL_SIZE = XIO_INTERNAL_PAGES * PAGE_SIZE

/** The data will be read through the list. */
export const XIOF_READ = 1
/** The data will be written through the list. */
export const XIOF_WRITE = 2

/**
 * A page list: `bytes` bytes of data, starting `offset` bytes into page 0. With the consuming calls of 2004, `offset` moves
 * on with the data and may exceed a page.
 */
export class Xio {
  /** Where the page numbers stand, from place `first` on. */
  readonly list: Int32Array
  readonly first: number
  npages = 0
  offset = 0
  bytes = 0
  /** XIOF_READ, XIOF_WRITE. */
  flags = 0
  error: Errno = OK
  private view: Int32Array | null = null

  /** @param list room for XIO_INTERNAL_PAGES from place `first` on; many lists share one array, which keeps them close together */
  constructor(list: Int32Array = new Int32Array(XIO_INTERNAL_PAGES), first = 0) {
    this.list = list
    this.first = first
  }

  /** Number of a page. Who goes through a list one by one asks here: the host then looks at one object less than with `pages`. */
  page(index: number): number {
    return this.list[this.first + index]!
  }

  setPage(index: number, pfn: number): void {
    this.list[this.first + index] = pfn
  }

  /** The page numbers as an array of their own, with room for XIO_INTERNAL_PAGES. */
  get pages(): Int32Array {
    this.view ??= this.list.subarray(this.first, this.first + XIO_INTERNAL_PAGES)
    return this.view
  }
}

/**
 * The calls of kern_xio.c (DragonFly) that make and release page lists, on one machine. Every page in a list is held until
 * xio_release.
 */
export class XioCalls {
  private readonly machine: Machine
  private readonly pmap: Pmap
  private readonly holds: PageHolds
  private readonly counters: KernelCounters
  private readonly dirty: PageDirty | null

  /**
   * @param dirty where xio_release marks the pages of a list made for writing, as later kernels do; null for those of 2004
   * and 2005, which do not
   */
  constructor(
    machine: Machine,
    pmap: Pmap,
    holds: PageHolds,
    counters: KernelCounters,
    dirty: PageDirty | null = null,
  ) {
    this.machine = machine
    this.pmap = pmap
    this.holds = holds
    this.counters = counters
    this.dirty = dirty
  }

  /** Makes an empty list. Holds nothing and lets nothing go. */
  xio_init(xio: Xio): void {
    xio.npages = 0
    xio.offset = 0
    xio.bytes = 0
    xio.flags = 0
    xio.error = OK
  }

  /**
   * Makes the page list of a user's buffer, faulting its pages in. A buffer of more than 32 pages is cut short without an
   * error, as in the kernel: check `bytes`. An empty buffer makes an empty list with offset 0.
   * @param flags XIOF_WRITE faults for writing; without it, for reading
   * @returns OK, or EFAULT when the user has no such access to a page; then nothing is held
   */
  xio_init_ubuf(xio: Xio, space: UserSpace, uaddr: number, bytes: number, flags: number): Errno {
    this.start(xio, bytes > 0 ? uaddr & PAGE_MASK : 0, flags)
    const write = (flags & XIOF_WRITE) !== 0
    let left = bytes
    for (let address = uaddr; left > 0 && xio.npages < XIO_INTERNAL_PAGES;) {
      const chunk = Math.min(left, PAGE_SIZE - (address & PAGE_MASK))
      if (space.pmap_extract(address) < 0)
        this.machine.charge(Site.vm_fault, this.machine.cost.interrupt + this.machine.cost.pageAlloc)
      const pfn = space.vm_fault_quick(address, write)
      if (pfn < 0) break
      this.addPage(xio, pfn, chunk)
      address += chunk
      left -= chunk
    }
    return this.finish(xio, left, 'xio_init_ubuf')
  }

  /**
   * Makes the page list of a mapped kernel buffer. A buffer of more than 32 pages is cut short without an error, as in
   * the kernel: check `bytes`. Page frame 0 counts as a hole, because the kernel takes its address for one.
   * @returns OK, or EFAULT when a page is not mapped; then nothing is held
   */
  xio_init_kbuf(xio: Xio, kva: number, bytes: number): Errno {
    const offset = kva & PAGE_MASK
    this.start(xio, offset, 0)
    const span = bytes > 0 ? Math.min(offset + bytes, XIO_INTERNAL_SIZE) : 0
    const count = this.pmap.pmap_kextract_pages(kva, (span + PAGE_MASK) >>> PAGE_SHIFT, xio.pages)
    for (let i = 0; i < count; i++) this.holds.hold(xio.page(i))
    xio.npages = count
    xio.bytes = count === 0 ? 0 : Math.min(bytes, count * PAGE_SIZE - offset)
    this.machine.charge(Site.xio, count * this.machine.cost.xioPerPage)
    return this.finish(xio, bytes - xio.bytes, 'xio_init_kbuf')
  }

  /**
   * Makes a page list of whole pages (2007 and later).
   * @param flags XIOF_READ, XIOF_WRITE
   * @returns OK, or EINVAL for more than 32 pages or none
   */
  xio_init_pages(xio: Xio, pages: Int32Array, count: number, flags = 0): Errno {
    if (count < 1 || count > XIO_INTERNAL_PAGES) return EINVAL
    this.start(xio, 0, flags)
    for (let i = 0; i < count; i++) this.addPage(xio, pages[i]!, PAGE_SIZE)
    this.counters.pageListsBuilt++
    this.note(xio, 0)
    return OK
  }

  /** Lets the pages go; a later use of the list is an error (ENOBUFS). */
  xio_release(xio: Xio): void {
    const { npages } = xio
    const { holds } = this
    const dirty = (xio.flags & XIOF_WRITE) !== 0 ? this.dirty : null
    for (let i = 0; i < npages; i++) {
      const pfn = xio.page(i)
      if (dirty !== null) dirty.mark(pfn)
      holds.unhold(pfn)
    }
    xio.npages = 0
    xio.offset = 0
    xio.bytes = 0
    xio.error = ENOBUFS
  }

  /**
   * Adds whole pages to a list and holds each. Where the data lies in them is the caller's to say. The list has room for them.
   * @param pages the new pages, from the first on
   */
  xio_append_pages(xio: Xio, pages: Int32Array, count: number): void {
    const { npages } = xio
    const { holds } = this
    for (let i = 0; i < count; i++) {
      const pfn = pages[i]!
      holds.hold(pfn)
      xio.setPage(npages + i, pfn)
    }
    xio.npages = npages + count
    xio.error = OK
    this.machine.charge(Site.xio, count * this.machine.cost.xioPerPage)
    this.counters.pageListsBuilt++
    this.note(xio, npages)
  }

  /** Lets the pages of a list go from page `from` on. */
  xio_truncate(xio: Xio, from: number): void {
    for (let i = from; i < xio.npages; i++) this.holds.unhold(xio.page(i))
    xio.npages = from
  }

  private start(xio: Xio, offset: number, flags: number): void {
    xio.npages = 0
    xio.bytes = 0
    xio.offset = offset
    xio.flags = flags
    xio.error = OK
  }

  private addPage(xio: Xio, pfn: number, bytes: number): void {
    this.holds.hold(pfn)
    xio.setPage(xio.npages++, pfn)
    xio.bytes += bytes
    this.machine.charge(Site.xio, this.machine.cost.xioPerPage)
  }

  /** @param left bytes not in the list: a failure, unless the list is full */
  private finish(xio: Xio, left: number, call: string): Errno {
    if (left > 0 && xio.npages < XIO_INTERNAL_PAGES) {
      const { flags } = xio
      xio.flags = 0
      this.xio_release(xio)
      xio.flags = flags
      xio.error = EFAULT
      return EFAULT
    }
    if (left > 0 && this.machine.sanitizer !== null)
      this.machine.sanitizer.report(
        'short-page-list',
        call,
        () => `page list of ${xio.bytes} bytes for a buffer of ${xio.bytes + left}`,
      )
    this.counters.pageListsBuilt++
    this.note(xio, 0)
    return OK
  }

  private note(xio: Xio, from: number): void {
    if (this.machine.history !== null) notePages(this.machine.history, xio, xio.pages, from, xio.npages)
  }
}
