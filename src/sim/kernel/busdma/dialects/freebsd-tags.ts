import { EINVAL, ENOMEM, OK, type Errno } from '../../errno.ts'
import { alloc_bounce_pages } from '../bounce-pages.ts'
import { BounceZone } from '../bounce-zone.ts'
import {
  BUS_DMA_BOUNCE_ALIGN,
  BUS_DMA_BOUNCE_LOWADDR,
  BUS_DMA_COULD_BOUNCE,
  BUS_DMA_MAX_NSEGMENTS,
  BUS_DMA_MIN_ALLOC_COMP,
  PAGE_SIZE,
} from '../constants.ts'
import { DirectPages } from '../direct-pages.ts'
import type { BusDmaState } from '../state.ts'
import { isPowerOfTwo, type BusDmaTag, type BusDmaTagArgs } from '../tag.ts'
import type { WaitingList } from '../waiting-list.ts'
import { find_open_zone, grow_zone_for_map } from '../zone-growth.ts'

/** MAX_BPAGES on a 64-bit machine. */
export const FREEBSD_MAX_BPAGES = 8192

/** EINVAL: a segment size of 0, or what the kernel asserts against. The segment size is fitted to the boundary. */
export function checkFreebsdTagArgs(args: BusDmaTagArgs): BusDmaTagArgs | Errno {
  const alignment = args.alignment === 0 ? 1 : args.alignment
  if (!isPowerOfTwo(alignment)) return EINVAL
  if (args.boundary !== 0 && !isPowerOfTwo(args.boundary)) return EINVAL
  if (!(args.nsegments >= 1 && args.nsegments <= BUS_DMA_MAX_NSEGMENTS)) return EINVAL
  const maxsegsz = args.boundary === 0 ? args.maxsegsz : Math.min(args.maxsegsz, args.boundary)
  if (!(maxsegsz >= 1)) return EINVAL
  return { ...args, alignment, maxsegsz }
}

/** Marks a tag that can bounce: for its window, for its alignment, or because its parent can. The last step of making it. */
export function markBouncing(state: BusDmaState, tag: BusDmaTag, parent: BusDmaTag | null): void {
  if (parent !== null) tag.flags |= parent.flags & BUS_DMA_COULD_BOUNCE
  if (tag.lowaddr < state.platform.ramPages * PAGE_SIZE) tag.flags |= BUS_DMA_BOUNCE_LOWADDR
  if (tag.alignment > 1) tag.flags |= BUS_DMA_BOUNCE_ALIGN
  // Chunks that end with their page are never cut to fill a segment.
  tag.direct = new DirectPages(tag, PAGE_SIZE, tag.maxsegsz)
}

/** `waiters`: the waiting list of a new zone. */
export function findFreebsdZone(state: BusDmaState, tag: BusDmaTag, waiters?: WaitingList): BounceZone {
  const open = find_open_zone(state, tag)
  if (open !== null) return open
  const zone = new BounceZone(tag.lowaddr, Math.max(tag.alignment, PAGE_SIZE), false, waiters)
  state.zones.push(zone)
  return zone
}

/** BUS_DMA_ALLOCNOW: whole pages of maxsize, less what the zone has. */
export function growForFreebsdTag(state: BusDmaState, tag: BusDmaTag, zone: BounceZone): Errno {
  tag.flags |= BUS_DMA_MIN_ALLOC_COMP
  if (zone.total * PAGE_SIZE >= tag.maxsize) return OK
  const pages = Math.floor(tag.maxsize / PAGE_SIZE) - zone.total
  return alloc_bounce_pages(state, zone, pages) < pages ? ENOMEM : OK
}

/** At most `wanted` pages for a new map, and one at least. */
export function growForFreebsdMap(
  state: BusDmaState,
  tag: BusDmaTag,
  zone: BounceZone,
  wanted: number,
): Errno {
  const maxpages = maxPagesOf(state, tag)
  const started = (tag.flags & BUS_DMA_MIN_ALLOC_COMP) !== 0
  if (started && !(zone.mapCount > 0 && zone.total < maxpages)) return OK
  return grow_zone_for_map(state, tag, zone, Math.max(Math.min(maxpages - zone.total, wanted), 1))
}

/** A lowaddr beyond memory makes the difference wrap to a huge number: the kernel subtracts unsigned. */
function maxPagesOf(state: BusDmaState, tag: BusDmaTag): number {
  const above = state.platform.ramPages - Math.floor(tag.lowaddr / PAGE_SIZE)
  if (tag.alignment > 1 || above < 0) return state.maxBouncePages
  return Math.min(state.maxBouncePages, above)
}
