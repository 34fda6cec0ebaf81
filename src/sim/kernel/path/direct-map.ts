import { DMAP_BASE } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import type { Buf } from '../bufcache/buf.ts'
import { PageListPath } from './page-list.ts'

/**
 * A kernel of 64 bits, which mapped all of memory once: each page of a buffer has an address for good, at the cost of an
 * addition. The page list goes to the device; a driver that needs addresses finds them as everybody does.
 */
export class DirectMapPath extends PageListPath {
  override openPage(buf: Buf, page: number): number {
    return DMAP_BASE + buf.b_xio.page(page) * PAGE_SIZE
  }

  override closePage(): void {
    // Nothing was opened.
  }
}
