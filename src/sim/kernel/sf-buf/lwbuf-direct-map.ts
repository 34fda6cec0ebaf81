import type { Machine } from '../../machine/machine.ts'
import { DMAP_BASE } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { Site } from '../call-sites.ts'
import type { PageWindow } from './page-window.ts'

/**
 * DragonFly's lwbuf on x86_64 (2010 and later): the caller's own small structure, filled with the page and its address
 * in the direct map. Nothing is allocated, entered or invalidated. A handle is the page's number.
 */
export class DirectMapLwBufs implements PageWindow {
  private readonly machine: Machine

  constructor(machine: Machine) {
    this.machine = machine
  }

  lwbuf_alloc(pfn: number): number {
    this.machine.charge(Site.lwbuf_alloc, this.machine.cost.xioPerPage)
    return pfn
  }

  lwbuf_kva(lwb: number): number {
    return DMAP_BASE + lwb * PAGE_SIZE
  }

  lwbuf_free(_lwb: number): void {
    // The structure was the caller's.
  }

  open(pfn: number): number {
    return this.lwbuf_alloc(pfn)
  }

  address(handle: number): number {
    return this.lwbuf_kva(handle)
  }

  close(handle: number): void {
    this.lwbuf_free(handle)
  }
}
