import { EINVAL, type Errno } from '../../errno.ts'
import { detach_pages } from '../bounce-pages.ts'
import { sync_first_direction } from '../bounce-sync.ts'
import { NO_PAGE } from '../bounce-zone.ts'
import { BUS_DMA_KEEP_PG_OFFSET, PAGE_SIZE } from '../constants.ts'
import { inherit_tighter_boundary, inherit_window } from '../inheritance.ts'
import type { BusDmamap } from '../map.ts'
import { in_window, is_misaligned } from '../needs-bounce.ts'
import type { BusDmaState } from '../state.ts'
import type { BusDmaTag, BusDmaTagArgs } from '../tag.ts'
import type { BusDmaDialect } from './dialect.ts'
import {
  load,
  load_ma_triv,
  load_mbuf,
  load_page_piece,
  load_uio,
  type FreebsdRelease,
} from './freebsd-loader.ts'
import {
  checkFreebsdTagArgs,
  findFreebsdZone,
  FREEBSD_MAX_BPAGES,
  growForFreebsdMap,
  growForFreebsdTag,
  markBouncing,
} from './freebsd-tags.ts'

const release: FreebsdRelease = {
  needsBounce: (tag, paddr) => in_window(tag, paddr) || is_misaligned(tag, paddr),
  refusesAlignedChunk: true,
  forgetsShortage: true,
  load_ma(state, map, flags): Errno {
    const pages = map.pages as Int32Array
    // Each page on its own where its offset must stay.
    if ((map.tag.flags & BUS_DMA_KEEP_PG_OFFSET) !== 0) return load_ma_triv(release, state, map, pages, flags)
    return load_page_piece(release, state, map, pages, map.buf, map.buflen, flags)
  },
}

/**
 * FreeBSD main of about 2024 (x86 busdma_bounce.c, subr_busdma_bounce.c). Its marks: chunks join into segments and are
 * never cut again; a page list is loaded in one piece; filters are gone; each zone has its waiting list, and all of it
 * that can be served is; a thread runs deferred loads; free bounce pages are reused first in, first out (bug 7: the
 * other way round than elsewhere). Its bugs, kept:
 *
 * - A boundary that was inherited and is smaller than a chunk that starts on it makes the load fail with EFBIG.
 * - Bug 8 in reverse: BUS_DMA_KEEP_PG_OFFSET with an alignment lets data run past the end of its bounce page.
 * - Bugs 10 and 11 of sync, and bug 19: a shortage is told to the callback and to the caller.
 * - After EFBIG the map keeps its unused reservation and its need, even when unloaded.
 */
export const freebsdMain: BusDmaDialect = {
  name: 'freebsd-main',
  maxBouncePages: FREEBSD_MAX_BPAGES,
  deferredBy: 'thread',
  keepsFailedMap: false,
  trustsPhysicalLists: false,
  checkTagArgs,
  restrictTag,
  findZone: (state, tag) => findFreebsdZone(state, tag),
  growForTag: growForFreebsdTag,
  growForMap: (state, tag, zone) =>
    growForFreebsdMap(
      state,
      tag,
      zone,
      Math.min(tag.nsegments, Math.max(Math.floor(tag.maxsize / PAGE_SIZE), 1)),
    ),
  load: (state, map, flags) => load(release, state, map, flags),
  load_mbuf: (state, map, chain, callback, arg) => load_mbuf(release, state, map, chain, callback, arg),
  load_uio: (state, map, uio, callback, arg) => load_uio(release, state, map, uio, callback, arg),
  unload,
  sync: sync_first_direction,
}

/** EINVAL: a filter, too. */
function checkTagArgs(_state: BusDmaState, args: BusDmaTagArgs): BusDmaTagArgs | Errno {
  return args.filter === undefined ? checkFreebsdTagArgs(args) : EINVAL
}

function restrictTag(state: BusDmaState, tag: BusDmaTag, parent: BusDmaTag | null): void {
  if (parent !== null) {
    inherit_window(tag, parent)
    inherit_tighter_boundary(tag, parent)
  }
  markBouncing(state, tag, parent)
}

/** All pages go back first; then the waiting loads are served, as many as they suffice for. */
function unload(state: BusDmaState, map: BusDmamap): void {
  const zone = map.tag.zone
  if (zone === null || map.bpagesHead === NO_PAGE) return
  for (let page = detach_pages(state, map); page !== NO_PAGE;) {
    const next = zone.next[page] as number
    zone.putAtTail(page)
    page = next
  }
  for (let served = zone.waiters.serveFirst(); served !== null; served = zone.waiters.serveFirst()) {
    served.readyToRun()
  }
}
