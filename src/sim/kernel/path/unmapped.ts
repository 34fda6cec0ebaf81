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
  /** First page of the window at which the opened buffer is entered. */
  private viewPage = 0

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
    if (ccb.dataForm === CAM_DATA_VADDR) this.unmap(kvaPage(ccb.dataPtr), buf.b_xio)
  }

  /** Who parses a buffer maps it meanwhile, as the layer above such a driver does. */
  override openBuffer(buf: Buf): void {
    this.viewPage = this.map(buf.b_xio)
  }

  override addressIn(buf: Buf, at: number): number {
    return KVA_BASE + this.viewPage * PAGE_SIZE + buf.b_xio.offset + at
  }

  override closeBuffer(buf: Buf): void {
    this.unmap(this.viewPage, buf.b_xio)
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

  private unmap(first: number, { npages }: Xio): void {
    this.pmap.removeEverywhere(first, npages)
    this.transientMap.free(first, npages)
    this.counters.kvaUnmaps++
    this.counters.addMapped(-npages * PAGE_SIZE)
  }
}
