import { SimulationFault } from '../../machine/physical-memory.ts'
import type { Buf } from '../bufcache/buf.ts'
import type { Ccb } from '../cam/ccb.ts'
import type { KernelCounters } from '../counters.ts'
import { errnoName, OK } from '../errno.ts'
import { MsfBuf } from '../msf-buf/msf-buf.ts'
import { MsfOwner } from '../msf-buf/msf-counts.ts'
import type { MsfBufCalls } from '../msf-buf/post.ts'
import type { PageWindow } from '../sf-buf/page-window.ts'
import { PageListPath } from './page-list.ts'

/**
 * The post's goal: the buffer cache makes an msf_buf of the buffer's page list and passes it all the way down to BUSDMA.
 * Nothing maps the buffer, and nothing reserves address space for it. Data is copied to the user page by page
 * (uiomove_fromphys): through the direct map of a 64-bit kernel, or through an sf_buf that a 32-bit kernel enters on the
 * current processor alone.
 */
export class DirectPath extends PageListPath {
  private readonly msfs: MsfBufCalls
  /** The file system's own, for the buffer that it looks into. */
  private readonly view = new MsfBuf(MsfOwner.filesystem)

  /** @param window through which a processor looks at one page: lwbufs on 64 bits, sf_bufs on 32 */
  constructor(msfs: MsfBufCalls, window: PageWindow, counters: KernelCounters) {
    super(window, counters)
    this.msfs = msfs
  }

  override newBuffer(buf: Buf): void {
    if (!buf.msf.isFree) return
    const made = this.msfs.msf_create_from_xio(buf.msf, buf.b_xio)
    if (typeof made === 'number') throw new SimulationFault(`msf_create_from_xio failed with errno ${made}`)
  }

  override newMemory(buf: Buf): void {
    this.newBuffer(buf)
  }

  override reuse(buf: Buf): void {
    this.msfs.msf_release(buf.msf)
  }

  /** An msf_buf is as long as the data was when it was made; a buffer whose size has changed since gets another. */
  override toDevice(buf: Buf, ccb: Ccb): void {
    if (buf.msf.bytes !== buf.b_xio.bytes) {
      this.msfs.msf_release(buf.msf)
      this.newBuffer(buf)
    }
    ccb.useMsfBuf(buf.msf)
  }

  /** A layer that parses data says so: it makes an msf_buf of the page list and asks for a buffer. */
  override openBuffer(buf: Buf): void {
    const made = this.msfs.msf_create_from_xio(this.view, buf.b_xio)
    if (typeof made === 'number') throw new SimulationFault(`msf_create_from_xio failed with errno ${made}`)
    const error = this.msfs.msf_require_buf(this.view)
    if (error !== OK) throw new SimulationFault(`msf_require_buf failed with ${errnoName(error)}`)
  }

  override addressIn(_buf: Buf, at: number): number {
    return this.view.kva + at
  }

  override closeBuffer(): void {
    this.msfs.msf_release(this.view)
  }
}
