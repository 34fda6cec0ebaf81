import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import type { PageWindow } from '../sf-buf/page-window.ts'
import type { CopyCalls } from '../vm/copy-calls.ts'
import type { PageHolds } from '../vm/page-holds.ts'
import type { FileStorage } from './file-storage.ts'
import { MCLBYTES } from './mbuf.ts'
import type { Mbuf } from './mbuf.ts'
import type { MbufPool } from './mbuf-pool.ts'

/** No page leaves the file: its bytes are copied into clusters, as write(2) to a socket does. */
export class CopiedPages implements FileStorage {
  readonly mostPages = 1
  private readonly mbufs: MbufPool
  private readonly copies: CopyCalls
  private readonly window: PageWindow
  private readonly holds: PageHolds

  /** @param window through which the processor reads a page */
  constructor(mbufs: MbufPool, copies: CopyCalls, window: PageWindow, holds: PageHolds) {
    this.mbufs = mbufs
    this.copies = copies
    this.window = window
    this.holds = holds
  }

  take(pages: Int32Array, from: number): number {
    this.holds.hold(pages[from]!)
    return pages[from]!
  }

  /** @throws SimulationFault without a free cluster: whoever made the pool made it too small */
  append(packet: Mbuf, pfn: number, offset: number, bytes: number): void {
    const handle = this.window.open(pfn)
    if (handle < 0) throw new SimulationFault('no sf_buf is free although none is in use')
    const page = this.window.address(handle) + (offset % PAGE_SIZE)
    for (let done = 0; done < bytes;) {
      const room = this.mbufs.m_trailingspace(packet)
      const count = Math.min(bytes - done, room === 0 ? MCLBYTES : room)
      const to = room === 0 ? this.mbufs.m_getcl(packet, count) : this.mbufs.m_extend(packet, count)
      if (to < 0) throw new SimulationFault('no mbuf cluster is free')
      this.copies.bcopy(page + done, to, count)
      done += count
    }
    this.window.close(handle)
  }

  drop(pfn: number): void {
    this.holds.unhold(pfn)
  }
}
