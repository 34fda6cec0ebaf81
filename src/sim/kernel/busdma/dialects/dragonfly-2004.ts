import { EFBIG, EINVAL, ENOMEM, OK, type Errno } from '../../errno.ts'
import { add_bounce_page, alloc_bounce_pages, free_bounce_pages, reserve_or_wait } from '../bounce-pages.ts'
import { sync_first_direction } from '../bounce-sync.ts'
import { BounceZone } from '../bounce-zone.ts'
import {
  BUS_DMA_BOUNCE_LOWADDR,
  BUS_DMA_KEEP_PG_OFFSET,
  BUS_DMA_MIN_ALLOC_COMP,
  BUS_SPACE_MAXADDR_32BIT,
  PAGE_MASK,
  PAGE_SHIFT,
  PAGE_SIZE,
} from '../constants.ts'
import { inherit_window, join_filter_chain } from '../inheritance.ts'
import type { BusDmamap, BusDmamapCallback2 } from '../map.ts'
import type { MbufChain } from '../mbuf.ts'
import { chain_excludes } from '../needs-bounce.ts'
import { BUSDMA_SITE_LOAD, BUSDMA_SITE_PAGE_STEP, BUSDMA_SITE_SEGMENT } from '../platform.ts'
import type { BusDmaState } from '../state.ts'
import type { BusDmaTag, BusDmaTagArgs } from '../tag.ts'
import type { UioVector } from '../uio-vector.ts'
import type { BusDmaDialect } from './dialect.ts'
import { end_chain } from './end-chain.ts'

/**
 * DragonFly BSD, master of 21 December 2004 (i386 busdma_machdep.c). It has two loaders that know nothing of each
 * other: bus_dmamap_load bounces and joins, but cuts nowhere; the mbuf and uio loader cuts at the boundary, but never
 * bounces. Alignment is ignored by both. Its bugs, each kept:
 *
 * - Bug 1: a buffer's segment crosses the boundary and exceeds the segment size, so that a driver writes a table entry
 *   its hardware forbids.
 * - Bug 2: mbufs and uios above lowaddr go to the device unbounced.
 * - Bug 3: one pool for all tags, so that a page fetched for a 32-bit device is handed to a 24-bit one.
 * - Bug 4: map creation returns the number of pages it added as if it were an error; the map is there, but not counted.
 * - Bug 5: too many segments are reported as one more than the tag allows.
 * - Bug 18: BUS_DMA_NOWAIT is ignored by bus_dmamap_load.
 *
 * After EFBIG the map keeps its unused reservation and its need, even when unloaded; the next load does not count again.
 */
export const dragonfly2004: BusDmaDialect = {
  name: 'dragonfly-2004',
  maxBouncePages: 128,
  deferredBy: 'soft-interrupt',
  keepsFailedMap: true,
  trustsPhysicalLists: true,
  checkTagArgs,
  restrictTag,
  findZone: pool,
  growForTag,
  growForMap,
  load,
  load_mbuf,
  load_uio,
  unload: free_bounce_pages,
  sync: sync_first_direction,
}

/**
 * The kernel checks nothing; a tag without a single segment would have no room for any. Bounced data cannot keep its
 * offset yet: the flag is of 2012.
 */
function checkTagArgs(_state: BusDmaState, args: BusDmaTagArgs): BusDmaTagArgs | Errno {
  return args.nsegments >= 1 ? { ...args, flags: args.flags & ~BUS_DMA_KEEP_PG_OFFSET } : EINVAL
}

/** The looser boundary wins. */
function restrictTag(state: BusDmaState, tag: BusDmaTag, parent: BusDmaTag | null): void {
  if (parent !== null) {
    inherit_window(tag, parent)
    tag.setBoundary(Math.max(parent.boundary, tag.boundary))
    join_filter_chain(tag, parent)
  }
  if (tag.lowaddr < state.platform.ramPages * PAGE_SIZE) tag.flags |= BUS_DMA_BOUNCE_LOWADDR
  tag.zone = pool(state)
}

/** The one pool. Its pages lie below the lowaddr of whoever had them fetched. */
function pool(state: BusDmaState): BounceZone {
  const first = state.zones[0]
  if (first !== undefined) return first
  const zone = new BounceZone(BUS_SPACE_MAXADDR_32BIT, PAGE_SIZE, false, state.waiters)
  state.zones.push(zone)
  return zone
}

function growForTag(state: BusDmaState, tag: BusDmaTag, zone: BounceZone): Errno {
  tag.flags |= BUS_DMA_MIN_ALLOC_COMP
  if (zone.total * PAGE_SIZE >= tag.maxsize) return OK
  const pages = Math.floor(tag.maxsize / PAGE_SIZE) - zone.total
  return alloc_bounce_pages(state, zone, pages, tag.lowaddr) < pages ? ENOMEM : OK
}

/**
 * Bug 4: the number of pages comes back as the error. Where the pool has outgrown this tag's limit, the number to add is
 * negative and read as unsigned: all pages that the machine has go to the pool.
 */
function growForMap(state: BusDmaState, tag: BusDmaTag, zone: BounceZone): Errno {
  const above = state.platform.ramPages - Math.floor(tag.lowaddr / PAGE_SIZE)
  const maxpages = Math.min(state.maxBouncePages, above)
  const started = (tag.flags & BUS_DMA_MIN_ALLOC_COMP) !== 0
  if (started && !(tag.mapCount > 0 && zone.total < maxpages)) return OK
  const pages = Math.min(maxpages - zone.total, Math.floor(tag.maxsize / PAGE_SIZE))
  const added = alloc_bounce_pages(state, zone, pages < 0 ? Infinity : pages, tag.lowaddr)
  if (started) return OK
  if (added === 0) tag.flags |= BUS_DMA_MIN_ALLOC_COMP
  return added
}

/** Physical address of byte `at` of the map's request. */
function paddrOf(state: BusDmaState, map: BusDmamap, at: number): number {
  const pages = map.pages
  if (pages === null) return state.platform.pmap_kextract(at)
  return (pages[at >>> PAGE_SHIFT] as number) * PAGE_SIZE + (at & PAGE_MASK)
}

function load(state: BusDmaState, map: BusDmamap): Errno {
  state.platform.charge(BUSDMA_SITE_LOAD, 1)
  const zone = pool(state)
  if (map.canBounce && map.pagesneeded === 0) count_pages(state, map)
  if (map.pagesneeded !== 0) {
    const error = reserve_or_wait(state, zone, map, true)
    if (error !== OK) return error
  }
  const error = build_segments(state, map, zone)
  if (error === OK) state.platform.charge(BUSDMA_SITE_SEGMENT, map.nsegs)
  map.callback?.(map.callbackArg, map, map.nsegs, error)
  return OK
}

/** Asks at the start of each page, also where the buffer starts later: a filter that looks at low bits is asked in vain. */
function count_pages(state: BusDmaState, map: BusDmamap): void {
  const end = map.buf + map.buflen
  let steps = 0
  for (let at = map.buf - (map.buf & PAGE_MASK); at < end; at += PAGE_SIZE) {
    if (chain_excludes(map.tag, paddrOf(state, map, at))) map.pagesneeded++
    steps++
  }
  state.platform.charge(BUSDMA_SITE_PAGE_STEP, steps)
}

/** Joins adjacent chunks without limit (bug 1). EFBIG: more runs than segments; nsegs is then one too many (bug 5). */
function build_segments(state: BusDmaState, map: BusDmamap, zone: BounceZone): Errno {
  const { tag, segAddr, segLen } = map
  let seg = 1
  let start = 0
  let length = 0
  let next = 0
  let at = map.buf
  let left = map.buflen
  let steps = 0
  // Once at least: an empty buffer is one empty segment.
  do {
    let paddr = paddrOf(state, map, at)
    let size = PAGE_SIZE - (paddr & PAGE_MASK)
    if (size > left) size = left
    if (map.pagesneeded !== 0 && chain_excludes(tag, paddr)) {
      paddr = add_bounce_page(state, zone, map, paddr, size)
    }
    steps++
    if (length === 0) {
      start = paddr
      length = size
    } else if (paddr === next) {
      length += size
    } else {
      segAddr[seg - 1] = start
      segLen[seg - 1] = length
      if (++seg > tag.nsegments) break
      start = paddr
      length = size
    }
    next = paddr + size
    at += size
    left -= size
  } while (left > 0)
  state.platform.charge(BUSDMA_SITE_PAGE_STEP, steps)
  map.nsegs = seg
  if (left > 0) return EFBIG
  segAddr[seg - 1] = start
  segLen[seg - 1] = length
  return OK
}

/**
 * Adds one piece to the segments of a chain, never bouncing it (bug 2). A chunk is cut at the boundary, and joins the
 * last segment when it goes on where that ends, in the same boundary window and within the segment size; it is never
 * cut to that size. `space` is null for kernel addresses. EFBIG: more segments than the tag allows.
 */
function load_buffer(
  state: BusDmaState,
  map: BusDmamap,
  space: UioVector['space'],
  buf: number,
  buflen: number,
  first: boolean,
): Errno {
  const { tag, segAddr, segLen } = map
  const { boundary, boundaryInverse } = tag
  let at = buf
  let left = buflen
  let steps = 0
  while (left > 0) {
    const paddr = space === null ? state.platform.pmap_kextract(at) : state.platform.pmap_extract(space, at)
    let size = Math.min(PAGE_SIZE - (paddr & PAGE_MASK), left)
    const window = Math.floor(paddr * boundaryInverse)
    if (boundary > 0) size = Math.min(size, (window + 1) * boundary - paddr)
    steps++
    const last = map.nsegs - 1
    if (
      !first &&
      paddr === map.nextPaddr &&
      (segLen[last] as number) + size <= tag.maxsegsz &&
      Math.floor((segAddr[last] as number) * boundaryInverse) === window
    ) {
      segLen[last] = (segLen[last] as number) + size
    } else {
      if (!first && ++map.nsegs > tag.nsegments) break
      first = false
      segAddr[map.nsegs - 1] = paddr
      segLen[map.nsegs - 1] = size
    }
    map.nextPaddr = paddr + size
    at += size
    left -= size
  }
  state.platform.charge(BUSDMA_SITE_PAGE_STEP, steps)
  return left > 0 ? EFBIG : OK
}

/** The first piece of a chain clears the way for the others even when it is empty: it leaves an empty segment at 0. */
function start_chain(map: BusDmamap): void {
  map.nsegs = 1
  map.nextPaddr = 0
  map.segAddr[0] = 0
  map.segLen[0] = 0
}

/** EINVAL: a packet length above maxsize, both read as unsigned. */
function load_mbuf(
  state: BusDmaState,
  map: BusDmamap,
  chain: MbufChain,
  callback: BusDmamapCallback2,
  arg: number,
): Errno {
  state.platform.charge(BUSDMA_SITE_LOAD, 1)
  start_chain(map)
  let error: Errno = chain.packetLength >>> 0 <= map.tag.maxsize ? OK : EINVAL
  for (let i = 0; i < chain.count && error === OK; i++) {
    error = load_buffer(state, map, null, chain.data[i] as number, chain.len[i] as number, i === 0)
  }
  return end_chain(state, map, callback, arg, chain.packetLength >>> 0, error)
}

/** For a process's addresses. EINVAL: kernel addresses, for which the kernel follows a null pointer. */
function load_uio(
  state: BusDmaState,
  map: BusDmamap,
  uio: UioVector,
  callback: BusDmamapCallback2,
  arg: number,
): Errno {
  state.platform.charge(BUSDMA_SITE_LOAD, 1)
  start_chain(map)
  let error: Errno = uio.space !== null ? OK : EINVAL
  let resid = uio.resid
  for (let i = uio.iov; i < uio.iov + uio.iovcnt && resid !== 0 && error === OK; i++) {
    const bytes = Math.min(resid, uio.length[i] as number)
    error = load_buffer(state, map, uio.space, uio.base[i] as number, bytes, i === uio.iov)
    resid -= bytes
  }
  return end_chain(state, map, callback, arg, uio.resid, error)
}
