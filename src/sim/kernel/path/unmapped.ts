import { KVA_BASE, kvaPage } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import type { Buf } from '../bufcache/buf.ts'
import type { Ccb } from '../cam/ccb.ts'
import { CAM_DATA_BIO, CAM_DATA_VADDR } from '../cam/ccb.ts'
import type { KernelCounters } from '../counters.ts'
import type { PageWindow } from '../sf-buf/page-window.ts'
import type { KvaArena } from '../vm/kva-arena.ts'
import type { Pmap } from '../vm/pmap.ts'
import type { Xio } from '../xio.ts'
import { PageListPath } from './page-list.ts'

/**
 * FreeBSD 2013 (B_UNMAPPED): a buffer has no kernel address, and its page list goes to the device. For a driver that needs an
 * address, the layer above it maps the pages for as long as the transfer lasts, and tells every processor both times.
 */
export class UnmappedPath extends PageListPath {
  private readonly pmap: Pmap
  private readonly transientMap: KvaArena
  /** By number of a buffer that is mapped, first page of the window at which it is entered. */
  private readonly viewPages: number[] = []

  /** @param transientMap address space for those mappings (bio_transient_map), enough for all that a driver takes at once */
  constructor(pmap: Pmap, transientMap: KvaArena, window: PageWindow, counters: KernelCounters) {
    super(window, counters)
    this.pmap = pmap
    this.transientMap = transientMap
  }

  toAdapter(ccb: Ccb, needsKva: boolean): void {
    if (!needsKva || ccb.dataForm !== CAM_DATA_BIO) return
    const xio = ccb.xio!
    ccb.useBuffer(KVA_BASE + this.map(xio) * PAGE_SIZE + xio.offset, xio.bytes)
  }

  done(buf: Buf, ccb: Ccb): void {
    if (ccb.dataForm === CAM_DATA_VADDR) this.unmap(kvaPage(ccb.dataPtr), buf.b_xio.npages)
  }

  /**
   * Who parses a buffer asks for a mapped one, which it stays (getblk without GB_UNMAPPED, bp_unmapped_get_kva) until its pages
   * go.
   */
  override openBuffer(buf: Buf): void {
    if (buf.mappedPages > 0) return
    this.viewPages[buf.id] = this.map(buf.b_xio)
    buf.mappedPages = buf.b_xio.npages
  }

  override addressIn(buf: Buf, at: number): number {
    return KVA_BASE + this.viewPages[buf.id]! * PAGE_SIZE + buf.b_xio.offset + at
  }

  override closeBuffer(_buf: Buf): void {}

  override newBuffer(buf: Buf): void {
    this.close(buf)
  }

  override pagesChanged(buf: Buf): void {
    this.close(buf)
  }

  override shrink(buf: Buf): void {
    this.close(buf)
  }

  override reuse(buf: Buf): void {
    this.close(buf)
  }

  /** A buffer whose pages change is entered anew when somebody next parses it. */
  private close(buf: Buf): void {
    if (buf.mappedPages === 0) return
    this.unmap(this.viewPages[buf.id]!, buf.mappedPages)
    buf.mappedPages = 0
  }

  /** @returns first page of the window at which the pages are entered */
  private map({ pages, npages }: Xio): number {
    const first = this.transientMap.alloc(npages)
    if (first < 0) throw new SimulationFault('EDEADLK: the transient map is full')
    this.pmap.enterEverywhere(first, pages, npages, 0)
    this.counters.kvaMaps++
    this.counters.addMapped(npages * PAGE_SIZE)
    return first
  }

  private unmap(first: number, npages: number): void {
    this.pmap.removeEverywhere(first, npages)
    this.transientMap.free(first, npages)
    this.counters.kvaUnmaps++
    this.counters.addMapped(-npages * PAGE_SIZE)
  }
}
