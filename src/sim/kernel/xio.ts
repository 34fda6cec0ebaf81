import type { Machine } from '../machine/machine.ts'
import { PAGE_MASK, PAGE_SIZE } from '../machine/page.ts'
import { Site } from './call-sites.ts'
import type { KernelCounters } from './counters.ts'
import type { Errno } from './errno.ts'
import { EFAULT, EINVAL, ENOBUFS, OK } from './errno.ts'
import type { PageHolds } from './vm/page-holds.ts'
import type { Pmap } from './vm/pmap.ts'

/** Pages of one XIO: MAXPHYS / PAGE_SIZE (DragonFly, sys/xio.h). */
export const XIO_INTERNAL_PAGES = 32
/** Most bytes of one XIO. */
export const XIO_INTERNAL_SIZE = XIO_INTERNAL_PAGES * PAGE_SIZE

/** A page list: `bytes` bytes of data, starting `offset` bytes into page 0. */
export class Xio {
  readonly pages = new Int32Array(XIO_INTERNAL_PAGES)
  npages = 0
  offset = 0
  bytes = 0
  error: Errno = OK
}

/** The XIO calls (DragonFly 2005 and later, kern_xio.c), on one machine. Every page in a list is held until xio_release. */
export class XioCalls {
  private readonly machine: Machine
  private readonly pmap: Pmap
  private readonly holds: PageHolds
  private readonly counters: KernelCounters

  constructor(machine: Machine, pmap: Pmap, holds: PageHolds, counters: KernelCounters) {
    this.machine = machine
    this.pmap = pmap
    this.holds = holds
    this.counters = counters
  }

  /**
   * Makes the page list of a mapped kernel buffer. A buffer of more than 32 pages is cut short without an error, as in
   * the kernel: check `bytes`.
   * @returns OK, or EFAULT when a page is not mapped; then nothing is held
   */
  xio_init_kbuf(xio: Xio, kva: number, bytes: number): Errno {
    xio.npages = 0
    xio.bytes = 0
    xio.offset = kva & PAGE_MASK
    xio.error = OK
    let address = kva
    for (let left = bytes; left > 0 && xio.npages < XIO_INTERNAL_PAGES;) {
      const chunk = Math.min(left, PAGE_SIZE - (address & PAGE_MASK))
      const physical = this.pmap.pmap_kextract(address)
      if (physical < 0) {
        this.xio_release(xio)
        xio.error = EFAULT
        return EFAULT
      }
      this.addPage(xio, Math.floor(physical / PAGE_SIZE))
      xio.bytes += chunk
      address += chunk
      left -= chunk
    }
    this.counters.pageListsBuilt++
    return OK
  }

  /**
   * Makes a page list of whole pages.
   * @returns OK, or EINVAL for more than 32 pages or none
   */
  xio_init_pages(xio: Xio, pages: Int32Array, count: number): Errno {
    if (count < 1 || count > XIO_INTERNAL_PAGES) return EINVAL
    xio.npages = 0
    xio.offset = 0
    xio.error = OK
    for (let i = 0; i < count; i++) this.addPage(xio, pages[i]!)
    xio.bytes = count * PAGE_SIZE
    this.counters.pageListsBuilt++
    return OK
  }

  /** Lets the pages go; a later use of the list is an error (ENOBUFS). */
  xio_release(xio: Xio): void {
    for (let i = 0; i < xio.npages; i++) this.holds.unhold(xio.pages[i]!)
    xio.npages = 0
    xio.offset = 0
    xio.bytes = 0
    xio.error = ENOBUFS
  }

  private addPage(xio: Xio, pfn: number): void {
    this.holds.hold(pfn)
    xio.pages[xio.npages++] = pfn
    this.machine.charge(Site.xio, this.machine.cost.xioPerPage)
  }
}
