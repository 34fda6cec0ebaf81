import { ENOMEM, OK, type Errno } from '../errno.ts'
import { alloc_bounce_pages } from './bounce-pages.ts'
import { BounceZone } from './bounce-zone.ts'
import { BUS_DMA_MIN_ALLOC_COMP, BUS_DMA_PRIVBZONE, PAGE_SIZE, pagesOf } from './constants.ts'
import type { BusDmaState } from './state.ts'
import type { BusDmaTag } from './tag.ts'

/** Adds `pages` pages for a new map. A shortage is an error (ENOMEM) until the tag got its first pages. */
export function grow_zone_for_map(
  state: BusDmaState,
  tag: BusDmaTag,
  zone: BounceZone,
  pages: number,
): Errno {
  const got = alloc_bounce_pages(state, zone, pages)
  if ((tag.flags & BUS_DMA_MIN_ALLOC_COMP) !== 0) return OK
  if (got < pages) return ENOMEM
  tag.flags |= BUS_DMA_MIN_ALLOC_COMP
  return OK
}

/** The first open zone whose pages suit the tag; null when there is none. */
export function find_open_zone(state: BusDmaState, tag: BusDmaTag): BounceZone | null {
  for (const zone of state.zones) {
    if (tag.alignment <= zone.alignment && tag.lowaddr >= zone.lowaddr) return zone
  }
  return null
}

/** The zone of a bouncing tag: an open one that suits it, else a new one; always a new one with BUS_DMA_PRIVBZONE. */
export function find_zone(state: BusDmaState, tag: BusDmaTag): BounceZone {
  const isPrivate = (tag.flags & BUS_DMA_PRIVBZONE) !== 0
  const open = isPrivate ? null : find_open_zone(state, tag)
  if (open !== null) return open
  const zone = new BounceZone(tag.lowaddr, pagesOf(tag.alignment) * PAGE_SIZE, isPrivate)
  if (!isPrivate) state.zones.push(zone)
  return zone
}
