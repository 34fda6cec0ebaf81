import { NO_PAGE, type BounceZone } from './bounce-zone.ts'
import { BUS_DMA_KEEP_PG_OFFSET, PAGE_MASK } from './constants.ts'
import type { BusDmamap } from './map.ts'
import { BUSDMA_SITE_BOUNCE_FREE, BUSDMA_SITE_BOUNCE_RESERVE } from './platform.ts'
import type { BusDmaState } from './state.ts'

/** Grows a zone by up to `numpages` pages; returns how many the machine had. */
export function alloc_bounce_pages(state: BusDmaState, zone: BounceZone, numpages: number): number {
  let count = 0
  while (count < numpages) {
    const pfn = state.platform.allocBouncePage(zone.lowaddr)
    if (pfn < 0) break
    zone.addPage(pfn)
    count++
  }
  return count
}

/** Gives all pages of a zone without users back to the machine. */
export function free_bounce_pages_all(state: BusDmaState, zone: BounceZone): void {
  for (const pfn of zone.freeList()) state.platform.freeBouncePage(pfn)
}

/**
 * Attaches one reserved bounce page to the map, for `bytes` bytes of client data at `paddr`, all in one page. Returns
 * the bus address that stands for `paddr`.
 */
export function add_bounce_page(
  state: BusDmaState,
  zone: BounceZone,
  map: BusDmamap,
  paddr: number,
  bytes: number,
): number {
  const page = zone.takeReserved()
  map.pagesneeded--
  map.pagesreserved--
  if ((map.tag.flags & BUS_DMA_KEEP_PG_OFFSET) !== 0) zone.pageOffset[page] = paddr & PAGE_MASK
  zone.dataPaddr[page] = paddr
  zone.dataCount[page] = bytes
  if (map.bpagesTail === NO_PAGE) map.bpagesHead = page
  else zone.next[map.bpagesTail] = page
  map.bpagesTail = page
  map.bpagesCount++
  state.bouncePagesActive++
  if (state.bouncePagesActive > state.bouncePagesActiveMax)
    state.bouncePagesActiveMax = state.bouncePagesActive
  state.platform.charge(BUSDMA_SITE_BOUNCE_RESERVE, 1)
  return zone.busaddr(page)
}

/**
 * Frees the map's bounce pages, first to last, each to the head of the zone's free list. After each page the first
 * waiting load is offered what is free.
 */
export function free_bounce_pages(state: BusDmaState, map: BusDmamap): void {
  const zone = map.tag.zone
  if (zone === null || map.bpagesHead === NO_PAGE) return
  state.platform.charge(BUSDMA_SITE_BOUNCE_FREE, map.bpagesCount)
  state.bouncePagesActive -= map.bpagesCount
  while (map.bpagesHead !== NO_PAGE) {
    const page = map.bpagesHead
    map.bpagesHead = zone.next[page] as number
    zone.putAtHead(page)
    zone.serveHead()?.readyToRun()
  }
  map.bpagesTail = NO_PAGE
  map.bpagesCount = 0
}
