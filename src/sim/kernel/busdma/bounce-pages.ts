import { EINPROGRESS, ENOMEM, OK, type Errno } from '../errno.ts'
import { NO_PAGE, type BounceZone } from './bounce-zone.ts'
import { BUS_DMA_KEEP_PG_OFFSET, PAGE_MASK } from './constants.ts'
import type { BusDmamap } from './map.ts'
import { BUSDMA_SITE_BOUNCE_FREE, BUSDMA_SITE_BOUNCE_RESERVE, BUSDMA_SITE_DEFER } from './platform.ts'
import type { BusDmaState } from './state.ts'

/** Grows a zone by up to `numpages` pages that end at or below `lowaddr`; returns how many the machine had. */
export function alloc_bounce_pages(
  state: BusDmaState,
  zone: BounceZone,
  numpages: number,
  lowaddr: number = zone.lowaddr,
): number {
  let count = 0
  while (count < numpages) {
    const pfn = state.platform.allocBouncePage(lowaddr)
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
 * Attaches one reserved bounce page to the map, for `bytes` bytes of client data at `paddr`, which go on at `nextPaddr`
 * where they cross into another page. Returns the bus address that stands for `paddr`.
 */
export function add_bounce_page(
  state: BusDmaState,
  zone: BounceZone,
  map: BusDmamap,
  paddr: number,
  bytes: number,
  nextPaddr = 0,
): number {
  const page = zone.takeReserved()
  map.pagesneeded--
  map.pagesreserved--
  if ((map.tag.flags & BUS_DMA_KEEP_PG_OFFSET) !== 0) zone.pageOffset[page] = paddr & PAGE_MASK
  zone.dataPaddr[page] = paddr
  zone.dataNextPaddr[page] = nextPaddr
  zone.dataCount[page] = bytes
  attach_record(state, zone, map, page, 1)
  return zone.busaddr(page)
}

/** Appends a record, whose bounced bytes take `pages` pages, to the map's list. */
export function attach_record(
  state: BusDmaState,
  zone: BounceZone,
  map: BusDmamap,
  record: number,
  pages: number,
): void {
  if (map.bpagesTail === NO_PAGE) map.bpagesHead = record
  else zone.next[map.bpagesTail] = record
  map.bpagesTail = record
  map.bpagesCount += pages
  state.bouncePagesActive += pages
  if (state.bouncePagesActive > state.bouncePagesActiveMax)
    state.bouncePagesActiveMax = state.bouncePagesActive
  state.platform.charge(BUSDMA_SITE_BOUNCE_RESERVE, pages)
}

/**
 * Frees the map's bounce pages, first to last, each to the head of the zone's free list: they are reused last in, first
 * out. After each page the first waiting load is offered what is free.
 */
export function free_bounce_pages(state: BusDmaState, map: BusDmamap): void {
  const zone = map.tag.zone
  if (zone === null || map.bpagesHead === NO_PAGE) return
  for (let page = detach_pages(state, map); page !== NO_PAGE;) {
    const next = zone.next[page] as number
    zone.putAtHead(page)
    zone.waiters.serveFirst()?.readyToRun()
    page = next
  }
}

/** Takes all bounce pages from the map; returns the first, from which zone.next leads on. They still count as active in the zone. */
export function detach_pages(state: BusDmaState, map: BusDmamap): number {
  const first = map.bpagesHead
  state.platform.charge(BUSDMA_SITE_BOUNCE_FREE, map.bpagesCount)
  state.bouncePagesActive -= map.bpagesCount
  map.bpagesHead = NO_PAGE
  map.bpagesTail = NO_PAGE
  map.bpagesCount = 0
  return first
}

/**
 * Sets bounce pages aside for what the map still needs. OK; ENOMEM: too few, and the load may not wait; EINPROGRESS:
 * too few, the map got what there was and was queued.
 */
export function reserve_or_wait(state: BusDmaState, zone: BounceZone, map: BusDmamap, wait: boolean): Errno {
  if (zone.reserve(map, wait) === 0) return OK
  if (!wait) return ENOMEM
  wait_for_pages(state, zone, map)
  return EINPROGRESS
}

/** Queues the map for pages of the zone. */
export function wait_for_pages(state: BusDmaState, zone: BounceZone, map: BusDmamap): void {
  zone.waiters.append(map, zone)
  state.platform.charge(BUSDMA_SITE_DEFER, 1)
  state.platform.bounceWait()
}
