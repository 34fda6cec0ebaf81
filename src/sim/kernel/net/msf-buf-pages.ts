import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { MBUF_PAGES_BASE } from '../busdma/mbuf.ts'
import { MsfBuf } from '../msf-buf/msf-buf.ts'
import { MsfOwner } from '../msf-buf/msf-counts.ts'
import type { MsfBufCalls } from '../msf-buf/post.ts'
import type { MsfSourceCalls } from '../msf-buf/sources.ts'
import { XIO_INTERNAL_PAGES } from '../xio.ts'
import type { ExternalPages } from './file-storage.ts'

/**
 * The post's plan, applied to the network: the pages of a block are the page list of one msf_buf, the mbufs point into that
 * list, and BUSDMA takes the pages from it. Nothing is mapped for it, on any processor.
 */
export class MsfBufPages implements ExternalPages {
  readonly mostPages = XIO_INTERNAL_PAGES
  private readonly msfs: MsfBufCalls
  private readonly sources: MsfSourceCalls
  private readonly made: MsfBuf[] = []
  private readonly spare: number[] = []

  constructor(msfs: MsfBufCalls, sources: MsfSourceCalls) {
    this.msfs = msfs
    this.sources = sources
  }

  open(pages: Int32Array, from: number, count: number): number {
    const handle = this.spare.pop() ?? this.made.push(new MsfBuf(MsfOwner.network)) - 1
    const list = from === 0 ? pages : pages.subarray(from)
    const made = this.sources.msf_create_from_pages(this.made[handle]!, list, count, 0, count * PAGE_SIZE)
    if (typeof made === 'number') throw new SimulationFault(`msf_create_from_pages failed with errno ${made}`)
    return handle
  }

  address(handle: number, offset: number): number {
    const pfn = this.made[handle]!.ownXio.page(offset >> PAGE_SHIFT)
    return MBUF_PAGES_BASE + pfn * PAGE_SIZE + (offset & PAGE_MASK)
  }

  close(handle: number): void {
    this.msfs.msf_release(this.made[handle]!)
    this.spare.push(handle)
  }
}
