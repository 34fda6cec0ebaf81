import { KVA_BASE } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import type { Buf } from '../bufcache/buf.ts'
import { NONE } from '../bufcache/buf.ts'
import type { Ccb } from '../cam/ccb.ts'
import type { KernelCounters } from '../counters.ts'
import type { KvaArena } from '../vm/kva-arena.ts'
import type { Pmap } from '../vm/pmap.ts'
import type { IoPathHooks } from './io-path.ts'

/**
 * DragonFly on the day of the post: the buffer cache maps every buffer, every processor is told, and the driver walks the
 * mapping back to pages.
 */
export class MappedPath implements IoPathHooks {
  private readonly pmap: Pmap
  private readonly bufferMap: KvaArena
  private readonly counters: KernelCounters

  /** @param bufferMap large enough for every buffer at once */
  constructor(pmap: Pmap, bufferMap: KvaArena, counters: KernelCounters) {
    this.pmap = pmap
    this.bufferMap = bufferMap
    this.counters = counters
  }

  newBuffer(buf: Buf): void {
    if (buf.kvaPage === NONE) {
      buf.kvaPage = this.bufferMap.alloc(buf.xio.npages, buf.xio.npages)
      if (buf.kvaPage < 0) throw new SimulationFault('the buffer map has no room for a buffer')
    }
    this.pmap.pmap_qenter(this.address(buf), buf.xio.pages, buf.xio.npages)
    this.counters.kvaMaps++
    this.counters.addMapped(buf.xio.bytes)
  }

  reuse(buf: Buf): void {
    this.pmap.pmap_qremove(this.address(buf), buf.xio.npages)
    this.counters.kvaUnmaps++
    this.counters.addMapped(-buf.xio.bytes)
  }

  toDevice(buf: Buf, ccb: Ccb): void {
    ccb.useBuffer(this.address(buf), buf.xio.bytes)
  }

  openPage(buf: Buf, page: number): number {
    return this.address(buf) + page * PAGE_SIZE
  }

  closePage(): void {
    // The buffer stays mapped.
  }

  private address(buf: Buf): number {
    return KVA_BASE + buf.kvaPage * PAGE_SIZE
  }
}
