import { KVA_BASE } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { WOULD_BLOCK } from '../sleep-channel.ts'
import type { KvaArena } from '../vm/kva-arena.ts'
import type { Pmap } from '../vm/pmap.ts'
import type { PageWindow } from './page-window.ts'

/**
 * What kernels did before they had sf_bufs: a page of address space, pmap_qenter, a look, pmap_qremove, and the address space
 * goes back. Each look tells every processor twice. A handle is the page's number in the KVA window.
 */
export class QenterWindow implements PageWindow {
  private readonly pmap: Pmap
  private readonly arena: KvaArena
  private readonly page = new Int32Array(1)

  /** @param arena where a look gets its address from */
  constructor(pmap: Pmap, arena: KvaArena) {
    this.pmap = pmap
    this.arena = arena
  }

  /** @returns WOULD_BLOCK while the arena is full; nobody is put to sleep for it */
  open(pfn: number): number {
    const first = this.arena.alloc(1)
    if (first < 0) return WOULD_BLOCK
    this.page[0] = pfn
    this.pmap.enterEverywhere(first, this.page, 1, 0)
    return first
  }

  address(handle: number): number {
    return KVA_BASE + handle * PAGE_SIZE
  }

  close(handle: number): void {
    this.pmap.removeEverywhere(handle, 1)
    this.arena.free(handle, 1)
  }
}
