import { DMAP_BASE } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import type { Buf } from '../bufcache/buf.ts'
import type { Ccb } from '../cam/ccb.ts'
import type { MsfBufCalls } from '../msf-buf/post.ts'
import type { IoPathHooks } from './io-path.ts'

/**
 * The post's goal: the buffer cache makes an msf_buf of the buffer's page list and passes it all the way down to BUSDMA.
 * Nothing maps. Data is copied to the user page by page through the direct map of a 64-bit kernel (uiomove_fromphys).
 */
export class DirectPath implements IoPathHooks {
  private readonly msfs: MsfBufCalls

  constructor(msfs: MsfBufCalls) {
    this.msfs = msfs
  }

  newBuffer(buf: Buf): void {
    const made = this.msfs.msf_create_from_xio(buf.msf, buf.xio)
    if (typeof made === 'number') throw new SimulationFault(`msf_create_from_xio failed with errno ${made}`)
  }

  reuse(buf: Buf): void {
    this.msfs.msf_release(buf.msf)
  }

  toDevice(buf: Buf, ccb: Ccb): void {
    ccb.useMsfBuf(buf.msf)
  }

  pageAddress(buf: Buf, page: number): number {
    return DMAP_BASE + buf.xio.pages[page]! * PAGE_SIZE
  }
}
