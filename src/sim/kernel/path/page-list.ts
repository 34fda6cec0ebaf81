import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import type { Buf } from '../bufcache/buf.ts'
import type { Ccb } from '../cam/ccb.ts'
import type { KernelCounters } from '../counters.ts'
import type { PageWindow } from '../sf-buf/page-window.ts'
import type { IoPathHooks } from './io-path.ts'

/**
 * What the paths have in common on which a buffer is its page list: it has no address space, its pages come and go without
 * further ado, the list goes to the device, and whoever copies looks at one page at a time (uiomove_fromphys).
 */
export abstract class PageListPath implements IoPathHooks {
  readonly reservesKva = false
  protected readonly counters: KernelCounters
  private readonly window: PageWindow
  private handle = -1
  /** Page of the opened buffer that the window shows; -1 for none. */
  private shown = -1
  private shownAt = 0

  /** @param window through which a processor looks at one page: lwbufs on 64 bits, sf_bufs on 32 */
  constructor(window: PageWindow, counters: KernelCounters) {
    this.window = window
    this.counters = counters
  }

  newBuffer(_buf: Buf): void {
    // The page list says it all, here and below.
  }

  newMemory(_buf: Buf): void {}

  pagesChanged(_buf: Buf): void {}

  shrink(_buf: Buf): void {}

  reuse(_buf: Buf): void {}

  toDevice(buf: Buf, ccb: Ccb): void {
    ccb.usePageList(buf.b_xio)
  }

  openPage(buf: Buf, page: number): number {
    const written = this.counters.pteWrites
    this.handle = this.window.open(buf.b_xio.page(page))
    if (this.handle < 0) throw new SimulationFault('no sf_buf is free although none is in use')
    if (this.counters.pteWrites !== written) this.counters.kvaMaps++
    return this.window.address(this.handle)
  }

  closePage(): void {
    this.window.close(this.handle)
  }

  /** Nobody maps the buffer: its pages are shown one after another. */
  openBuffer(_buf: Buf): void {
    this.shown = -1
  }

  addressIn(buf: Buf, at: number): number {
    const place = buf.b_xio.offset + at
    const page = Math.floor(place / PAGE_SIZE)
    if (page !== this.shown) {
      if (this.shown >= 0) this.closePage()
      this.shownAt = this.openPage(buf, page)
      this.shown = page
    }
    return this.shownAt + (place % PAGE_SIZE)
  }

  closeBuffer(_buf: Buf): void {
    if (this.shown >= 0) this.closePage()
    this.shown = -1
  }
}
