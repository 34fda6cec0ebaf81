import { SimulationFault } from '../../machine/physical-memory.ts'
import type { Buf } from '../bufcache/buf.ts'
import type { Ccb } from '../cam/ccb.ts'
import type { KernelCounters } from '../counters.ts'
import type { MsfBuf } from '../msf-buf/msf-buf.ts'
import type { MsfBufCalls } from '../msf-buf/post.ts'
import type { Pmap } from '../vm/pmap.ts'
import { MappedPath } from './mapped.ts'

/**
 * Step 2 of the post's roadmap: the buffer cache still maps every buffer, makes one msf_buf of each, and adjacent layers
 * pass that one on. The driver has the mapping walked back to pages once; the list then stays with the msf_buf, and so with
 * the buffer, until the buffer's pages change.
 */
export class AdjacentPath extends MappedPath {
  protected readonly msfs: MsfBufCalls

  constructor(msfs: MsfBufCalls, pmap: Pmap, counters: KernelCounters) {
    super(pmap, counters)
    this.msfs = msfs
  }

  override pagesChanged(buf: Buf): void {
    super.pagesChanged(buf)
    this.drop(buf.msf)
  }

  override newMemory(buf: Buf, from: number): void {
    super.newMemory(buf, from)
    this.drop(buf.msf)
  }

  override shrink(buf: Buf, from: number): void {
    this.drop(buf.msf)
    super.shrink(buf, from)
  }

  /** The buffer cache makes the msf_buf when the buffer first goes to the device as it is now. */
  override toDevice(buf: Buf, ccb: Ccb): void {
    const { msf } = buf
    if (msf.bytes !== buf.b_xio.bytes) {
      this.drop(msf)
      this.make(msf, this.pageAddress(buf, 0) + buf.b_xio.offset, buf.b_xio.bytes)
    }
    ccb.useMsfBuf(msf)
  }

  protected make(msf: MsfBuf, kva: number, bytes: number): void {
    const made = this.msfs.msf_create_from_buf(msf, kva, bytes)
    if (typeof made === 'number') throw new SimulationFault(`msf_create_from_buf failed with errno ${made}`)
  }

  protected drop(msf: MsfBuf): void {
    if (!msf.isFree) this.msfs.msf_release(msf)
  }
}
