import { PAGE_SIZE } from '../../machine/page.ts'
import type { KernelCounters } from '../counters.ts'
import type { CallReason } from '../sleep-channel.ts'
import type { PageHolds } from '../vm/page-holds.ts'
import type { ExternalPages } from './file-storage.ts'

/** The sf_bufs of one kernel, whether they map a page or know where it is mapped already. */
export interface SfBufCalls {
  sf_buf_alloc(pfn: number, flags: number, reason: CallReason): number
  sf_buf_free(sf: number): void
  sf_buf_kva(sf: number): number
  sf_buf_page(sf: number): number
}

/**
 * Pages behind sf_bufs, one each, as kern_sendfile has had them since 1998: the mapping is for whoever asks, so it is entered on
 * every processor, and the adapter's driver walks it back to the page.
 */
export class SfBufPages implements ExternalPages {
  readonly mostPages = 1
  private readonly sfBufs: SfBufCalls
  private readonly flags: number
  private readonly holds: PageHolds
  private readonly counters: KernelCounters

  /** @param flags of sf_buf_alloc */
  constructor(sfBufs: SfBufCalls, flags: number, holds: PageHolds, counters: KernelCounters) {
    this.sfBufs = sfBufs
    this.flags = flags
    this.holds = holds
    this.counters = counters
  }

  open(pages: Int32Array, from: number, _count: number, reason: CallReason): number {
    const pfn = pages[from]!
    const written = this.counters.pteWrites
    const sf = this.sfBufs.sf_buf_alloc(pfn, this.flags, reason)
    if (sf < 0) return sf
    if (this.counters.pteWrites !== written) this.counters.kvaMaps++
    this.holds.hold(pfn)
    return sf
  }

  address(sf: number, offset: number): number {
    return this.sfBufs.sf_buf_kva(sf) + (offset % PAGE_SIZE)
  }

  close(sf: number): void {
    const pfn = this.sfBufs.sf_buf_page(sf)
    this.sfBufs.sf_buf_free(sf)
    this.holds.unhold(pfn)
  }
}
