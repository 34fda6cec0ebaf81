import { DMAP_BASE } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import type { PageWindow } from './page-window.ts'

/**
 * sf_buf of a 64-bit FreeBSD: the descriptor is the page itself, its address is in the direct map, and neither call does
 * anything.
 */
export class DirectMapSfBufs implements PageWindow {
  /** @returns the descriptor, which is the page's number */
  sf_buf_alloc(pfn: number): number {
    return pfn
  }

  sf_buf_free(_sf: number): void {
    // The direct map stays.
  }

  sf_buf_kva(sf: number): number {
    return DMAP_BASE + sf * PAGE_SIZE
  }

  sf_buf_page(sf: number): number {
    return sf
  }

  open(pfn: number): number {
    return pfn
  }

  address(handle: number): number {
    return this.sf_buf_kva(handle)
  }

  close(_handle: number): void {
    // The direct map stays.
  }
}
