import { SimulationFault } from '../../machine/physical-memory.ts'
import type { Buf } from '../bufcache/buf.ts'
import type { Ccb } from '../cam/ccb.ts'
import type { KernelCounters } from '../counters.ts'
import type { MsfBufCalls } from '../msf-buf/post.ts'
import type { PageWindow } from '../sf-buf/page-window.ts'
import type { IoPathHooks } from './io-path.ts'

/**
 * The post's goal: the buffer cache makes an msf_buf of the buffer's page list and passes it all the way down to BUSDMA.
 * Nothing maps the buffer, and nothing reserves address space for it. Data is copied to the user page by page
 * (uiomove_fromphys): through the direct map of a 64-bit kernel, or through an sf_buf that a 32-bit kernel enters on the
 * current processor alone.
 */
export class DirectPath implements IoPathHooks {
  readonly reservesKva = false
  private readonly msfs: MsfBufCalls
  private readonly window: PageWindow
  private readonly counters: KernelCounters
  private handle = -1

  /** @param window through which a processor looks at one page: lwbufs on 64 bits, sf_bufs on 32 */
  constructor(msfs: MsfBufCalls, window: PageWindow, counters: KernelCounters) {
    this.msfs = msfs
    this.window = window
    this.counters = counters
  }

  newBuffer(buf: Buf): void {
    if (!buf.msf.isFree) return
    const made = this.msfs.msf_create_from_xio(buf.msf, buf.b_xio)
    if (typeof made === 'number') throw new SimulationFault(`msf_create_from_xio failed with errno ${made}`)
  }

  newMemory(buf: Buf): void {
    this.newBuffer(buf)
  }

  pagesChanged(): void {
    // The msf_buf refers to the page list, which has changed.
  }

  shrink(): void {
    // The same.
  }

  reuse(buf: Buf): void {
    this.msfs.msf_release(buf.msf)
  }

  /** An msf_buf is as long as the data was when it was made; a buffer whose size has changed since gets another. */
  toDevice(buf: Buf, ccb: Ccb): void {
    if (buf.msf.bytes !== buf.b_xio.bytes) {
      this.msfs.msf_release(buf.msf)
      this.newBuffer(buf)
    }
    ccb.useMsfBuf(buf.msf)
  }

  openPage(buf: Buf, page: number): number {
    const written = this.counters.pteWrites
    this.handle = this.window.open(buf.b_xio.pages[page]!)
    if (this.handle < 0) throw new SimulationFault('no sf_buf is free although none is in use')
    if (this.counters.pteWrites !== written) this.counters.kvaMaps++
    return this.window.address(this.handle)
  }

  closePage(): void {
    this.window.close(this.handle)
  }
}
