import { DMAP_BASE, KVA_BASE } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import type { Buf } from '../bufcache/buf.ts'
import { B_MALLOC } from '../bufcache/buf.ts'
import type { Ccb } from '../cam/ccb.ts'
import type { KernelCounters } from '../counters.ts'
import type { Pmap } from '../vm/pmap.ts'
import type { IoPathHooks } from './io-path.ts'

/**
 * DragonFly on the day of the post: the buffer cache maps every buffer, every processor is told, and the driver walks the
 * mapping back to pages.
 */
export class MappedPath implements IoPathHooks {
  readonly reservesKva = true
  private readonly pmap: Pmap
  protected readonly counters: KernelCounters

  constructor(pmap: Pmap, counters: KernelCounters) {
    this.pmap = pmap
    this.counters = counters
  }

  /** All pages are entered with one pmap_qenter, also those that were there before. */
  newBuffer(buf: Buf): void {
    this.pagesChanged(buf)
    this.counters.kvaMaps++
    this.nowMapped(buf, buf.b_xio.npages)
  }

  /** Memory of its own is entered page by page, and each page tells every processor. Memory from malloc is mapped for good. */
  newMemory(buf: Buf, from: number): void {
    if ((buf.b_flags & B_MALLOC) !== 0) return
    const { pages, npages } = buf.b_xio
    for (let i = from; i < npages; i++) {
      this.pmap.pmap_kenter(KVA_BASE + (buf.b_kvabase + i) * PAGE_SIZE, pages[i]!)
      this.counters.kvaMaps++
    }
    this.nowMapped(buf, npages)
  }

  pagesChanged(buf: Buf): void {
    this.pmap.enterEverywhere(buf.b_kvabase, buf.b_xio.pages, buf.b_xio.npages, 0)
  }

  shrink(buf: Buf, from: number): void {
    if (buf.mappedPages <= from) return
    this.pmap.removeEverywhere(buf.b_kvabase + from, buf.mappedPages - from)
    this.counters.kvaUnmaps++
    this.nowMapped(buf, from)
  }

  reuse(buf: Buf): void {
    this.shrink(buf, 0)
  }

  toDevice(buf: Buf, ccb: Ccb): void {
    ccb.useBuffer(this.pageAddress(buf, 0) + buf.b_xio.offset, buf.b_xio.bytes)
  }

  openPage(buf: Buf, page: number): number {
    return this.pageAddress(buf, page)
  }

  closePage(): void {
    // The buffer stays mapped.
  }

  /** The buffer is mapped as a whole already. */
  openBuffer(_buf: Buf): void {}

  addressIn(buf: Buf, at: number): number {
    return this.pageAddress(buf, 0) + buf.b_xio.offset + at
  }

  closeBuffer(_buf: Buf): void {}

  protected pageAddress(buf: Buf, page: number): number {
    return (buf.b_flags & B_MALLOC) !== 0
      ? DMAP_BASE + buf.b_xio.page(0) * PAGE_SIZE
      : KVA_BASE + (buf.b_kvabase + page) * PAGE_SIZE
  }

  protected nowMapped(buf: Buf, pages: number): void {
    this.counters.addMapped((pages - buf.mappedPages) * PAGE_SIZE)
    buf.mappedPages = pages
  }
}
