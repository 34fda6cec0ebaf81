import type { Errno } from '../../errno.ts'
import { free_bounce_pages } from '../bounce-pages.ts'
import { sync_first_direction } from '../bounce-sync.ts'
import { BUS_DMA_BOUNCE_LOWADDR, PAGE_SIZE } from '../constants.ts'
import { inherit_tighter_boundary, inherit_window, join_filter_chain } from '../inheritance.ts'
import { chain_needs_bounce } from '../needs-bounce.ts'
import type { BusDmaState } from '../state.ts'
import type { BusDmaTag } from '../tag.ts'
import type { BusDmaDialect } from './dialect.ts'
import { load, load_ma_triv, load_mbuf, load_uio, type FreebsdRelease } from './freebsd-loader.ts'
import {
  checkFreebsdTagArgs,
  findFreebsdZone,
  FREEBSD_MAX_BPAGES,
  growForFreebsdMap,
  growForFreebsdTag,
  markBouncing,
} from './freebsd-tags.ts'

const release: FreebsdRelease = {
  needsBounce: chain_needs_bounce,
  refusesAlignedChunk: false,
  forgetsShortage: false,
  load_ma(state, map, flags): Errno {
    return load_ma_triv(release, state, map, map.pages as Int32Array, flags)
  },
}

/**
 * FreeBSD 10.4 (x86 busdma_bounce.c, subr_bus_dma.c). Its marks: chunks join into segments and are never cut again; a
 * page list is loaded page by page; bounce zones, but one waiting list for all of them, so that a load that waits for
 * one zone holds up the loads that wait for others; free bounce pages are reused last in, first out. Its bugs, kept:
 *
 * - Bug 8 in reverse: BUS_DMA_KEEP_PG_OFFSET with an alignment lets data run past the end of its bounce page.
 * - Bugs 10 and 11 of sync.
 * - Bug 19: a shortage is told to the callback and to the caller, and leaves the map's need set.
 * - A bounce record that the boundary cut stays too long, so POSTREAD copies stale bytes over the client's.
 * - A map whose creation fails for want of pages is left behind, not counted.
 * - After EFBIG the map keeps its unused reservation and its need, even when unloaded.
 */
export const freebsd10_4: BusDmaDialect = {
  name: 'freebsd-10.4',
  maxBouncePages: FREEBSD_MAX_BPAGES,
  deferredBy: 'soft-interrupt',
  keepsFailedMap: true,
  trustsPhysicalLists: false,
  checkTagArgs: (_state, args) => checkFreebsdTagArgs(args),
  restrictTag,
  findZone: (state, tag) => findFreebsdZone(state, tag, state.waiters),
  growForTag: growForFreebsdTag,
  growForMap: (state, tag, zone) =>
    growForFreebsdMap(state, tag, zone, Math.max(Math.floor(tag.maxsize / PAGE_SIZE), 1)),
  load: (state, map, flags) => load(release, state, map, flags),
  load_mbuf: (state, map, chain, callback, arg) => load_mbuf(release, state, map, chain, callback, arg),
  load_uio: (state, map, uio, callback, arg) => load_uio(release, state, map, uio, callback, arg),
  unload: free_bounce_pages,
  sync: sync_first_direction,
}

/** Under a parent, a filter alone makes a tag one that can bounce. */
function restrictTag(state: BusDmaState, tag: BusDmaTag, parent: BusDmaTag | null): void {
  if (parent !== null) {
    inherit_window(tag, parent)
    inherit_tighter_boundary(tag, parent)
    join_filter_chain(tag, parent)
    if (tag.filter !== null) tag.flags |= BUS_DMA_BOUNCE_LOWADDR
  }
  markBouncing(state, tag, parent)
}
