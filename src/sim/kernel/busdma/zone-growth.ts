import { ENOMEM, OK, type Errno } from '../errno.ts'
import { alloc_bounce_pages } from './bounce-pages.ts'
import type { BounceZone } from './bounce-zone.ts'
import { BUS_DMA_MIN_ALLOC_COMP } from './constants.ts'
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
