import { EFBIG, EINPROGRESS, EINVAL, ENOMEM, EOPNOTSUPP, OK, type Errno } from '../../errno.ts'
import { add_bounce_page, alloc_bounce_pages, free_bounce_pages, reserve_or_wait } from '../bounce-pages.ts'
import { sync_first_direction } from '../bounce-sync.ts'
import type { BounceZone } from '../bounce-zone.ts'
import {
  BUS_DMA_ALIGNED,
  BUS_DMA_ALLOCALL,
  BUS_DMA_BOUNCE_ALIGN,
  BUS_DMA_BOUNCE_LOWADDR,
  BUS_DMA_MAX_NSEGMENTS,
  BUS_DMA_MIN_ALLOC_COMP,
  BUS_DMA_NOWAIT,
  BUS_DMA_ONEBPAGE,
  PAGE_MASK,
  PAGE_SHIFT,
  PAGE_SIZE,
  pagesOf,
} from '../constants.ts'
import { DirectPages } from '../direct-pages.ts'
import { inherit_tighter_boundary, inherit_window, join_filter_chain } from '../inheritance.ts'
import type { BusDmamap, BusDmamapCallback2 } from '../map.ts'
import type { MbufChain } from '../mbuf.ts'
import { chain_needs_bounce } from '../needs-bounce.ts'
import { BUSDMA_SITE_LOAD, BUSDMA_SITE_PAGE_STEP, BUSDMA_SITE_SEGMENT } from '../platform.ts'
import type { BusDmaState } from '../state.ts'
import { isPowerOfTwo, type BusDmaTag, type BusDmaTagArgs } from '../tag.ts'
import type { UioVector } from '../uio-vector.ts'
import { find_zone, grow_zone_for_map } from '../zone-growth.ts'
import type { BusDmaDialect } from './dialect.ts'
import { segment_end } from './segment-end.ts'

/**
 * DragonFly BSD, master of July 2020 (pc64 busdma_machdep.c). Its marks: a segment is filled to the brim and cut
 * where the boundary or the segment size demands; a misaligned page chunk bounces as an unreachable one does; free
 * bounce pages are reused last in, first out.
 */
export const dragonfly2020: BusDmaDialect = {
  name: 'dragonfly-2020',
  maxBouncePages: 1024,
  deferredBy: 'soft-interrupt',
  keepsFailedMap: false,
  trustsPhysicalLists: true,
  checkTagArgs,
  restrictTag,
  findZone: find_zone,
  growForTag,
  growForMap,
  load,
  load_mbuf,
  load_uio,
  unload: free_bounce_pages,
  sync: sync_first_direction,
}

/** The kernel panics on an alignment or boundary that is no power of two, and on a count of segments out of range. */
function checkTagArgs(_state: BusDmaState, args: BusDmaTagArgs): BusDmaTagArgs | Errno {
  const alignment = args.alignment === 0 ? 1 : args.alignment
  if (!isPowerOfTwo(alignment)) return EINVAL
  if (args.boundary !== 0 && !isPowerOfTwo(args.boundary)) return EINVAL
  if (!(args.nsegments >= 1 && args.nsegments <= BUS_DMA_MAX_NSEGMENTS)) return EINVAL
  if (!(args.maxsegsz >= 1)) return EINVAL
  const maxsegsz = args.boundary === 0 ? args.maxsegsz : Math.min(args.maxsegsz, args.boundary)
  return { ...args, alignment, maxsegsz }
}

/** Alignment, sizes and counts are not inherited; nor is maxsegsz fitted to a boundary that is. */
function restrictTag(state: BusDmaState, tag: BusDmaTag, parent: BusDmaTag | null): void {
  if (parent !== null) {
    inherit_window(tag, parent)
    inherit_tighter_boundary(tag, parent)
    join_filter_chain(tag, parent)
  }
  if (tag.lowaddr < state.platform.ramPages * PAGE_SIZE) tag.flags |= BUS_DMA_BOUNCE_LOWADDR
  if (tag.alignment > 1 && (tag.flags & BUS_DMA_ALIGNED) === 0) tag.flags |= BUS_DMA_BOUNCE_ALIGN
  tag.direct = new DirectPages(tag, 1, tag.maxsegsz)
}

function growForTag(state: BusDmaState, tag: BusDmaTag, zone: BounceZone): Errno {
  if ((tag.flags & BUS_DMA_ALLOCALL) !== 0 || zone.total * PAGE_SIZE >= tag.maxsize) return OK
  const onePage = (tag.flags & BUS_DMA_ONEBPAGE) !== 0
  const pages = onePage ? 1 : Math.max(pagesOf(tag.maxsize) - zone.total, 1)
  if (alloc_bounce_pages(state, zone, pages) < pages) return ENOMEM
  tag.flags |= BUS_DMA_MIN_ALLOC_COMP
  return OK
}

function growForMap(state: BusDmaState, tag: BusDmaTag, zone: BounceZone, flags: number): Errno {
  const maxpages = maxPagesOf(state, tag)
  const started = (tag.flags & BUS_DMA_MIN_ALLOC_COMP) !== 0
  if (started && !(tag.mapCount > 0 && zone.total < maxpages)) return OK
  const onePage = (flags & BUS_DMA_ONEBPAGE) !== 0
  const pages = onePage ? 1 : Math.max(Math.min(maxpages - zone.total, pagesOf(tag.maxsize)), 1)
  const error = grow_zone_for_map(state, tag, zone, pages)
  // Every map of such a tag counts as its first.
  if (!started && (tag.flags & BUS_DMA_ALLOCALL) !== 0) tag.flags &= ~BUS_DMA_MIN_ALLOC_COMP
  return error
}

/** The kernel keeps the result in 32 bits: a lowaddr beyond memory wraps. */
function maxPagesOf(state: BusDmaState, tag: BusDmaTag): number {
  const above = state.platform.ramPages - Math.floor(tag.lowaddr / PAGE_SIZE)
  if ((tag.flags & BUS_DMA_ALLOCALL) !== 0) return above | 0
  if ((tag.flags & BUS_DMA_BOUNCE_ALIGN) !== 0) return state.maxBouncePages
  return Math.min(state.maxBouncePages, above)
}

/** Counts the chunks of a piece that bounce, as the map's need; returns how many chunks there are. */
function count_pages(
  state: BusDmaState,
  map: BusDmamap,
  pages: Int32Array | null,
  buf: number,
  buflen: number,
): number {
  const { tag } = map
  const end = buf + buflen
  let page = buf >>> PAGE_SHIFT
  let inPage = buf & PAGE_MASK
  let steps = 0
  for (let at = buf; at < end; at += PAGE_SIZE - inPage, inPage = 0) {
    const paddr =
      pages === null ? state.platform.pmap_kextract(at) : (pages[page++] as number) * PAGE_SIZE + inPage
    if (chain_needs_bounce(tag, paddr)) map.pagesneeded++
    steps++
  }
  return steps
}

/**
 * Adds one piece to the map's segments: `buflen` bytes at virtual address `buf`, or at offset `buf` of the page list.
 * `first`: no piece went before it. Returns OK, EFBIG (more segments than the tag allows), ENOMEM (too few bounce
 * pages, BUS_DMA_NOWAIT) or EINPROGRESS (too few; the map was queued). After EFBIG and ENOMEM the map holds nothing.
 */
function load_buffer(
  state: BusDmaState,
  map: BusDmamap,
  pages: Int32Array | null,
  buf: number,
  buflen: number,
  flags: number,
  first: boolean,
): Errno {
  const platform = state.platform
  const tag = map.tag
  const offset = buf & PAGE_MASK
  let steps = 0

  // A load resumed after a wait knows its need already.
  if (map.canBounce && map.pagesneeded === 0) {
    steps = count_pages(state, map, pages, buf, buflen)
  }
  const zone = tag.zone
  if (map.pagesneeded !== 0 && zone !== null) {
    const wait = (flags & BUS_DMA_NOWAIT) === 0
    const error = reserve_or_wait(state, zone, map, wait)
    if (error !== OK) {
      platform.charge(BUSDMA_SITE_PAGE_STEP, steps)
      return error === ENOMEM ? fail(state, map, error) : error
    }
  }

  const segAddr = map.segAddr
  const segLen = map.segLen
  const { nsegments, maxsegsz, boundary, boundaryInverse } = tag
  let seg = map.nsegs
  let start = segAddr[seg - 1] as number
  let next = map.nextPaddr
  let end = first ? 0 : segment_end(start, maxsegsz, boundary, boundaryInverse)
  let page = buf >>> PAGE_SHIFT
  let inPage = offset
  let at = buf
  // A difference, not the argument: a compiled loop then holds it as a plain number.
  let left = buf + buflen - buf
  let fits = true
  let mayBounce = map.pagesneeded !== 0

  // Once at least: an empty buffer is one empty segment.
  do {
    let paddr = pages === null ? platform.pmap_kextract(at) : (pages[page++] as number) * PAGE_SIZE + inPage
    let size = PAGE_SIZE - inPage
    if (size > left) size = left
    if (mayBounce && zone !== null && chain_needs_bounce(tag, paddr)) {
      paddr = add_bounce_page(state, zone, map, paddr, size)
      mayBounce = map.pagesneeded !== 0
    }
    steps++

    if (first || paddr !== next) {
      if (!first) {
        segAddr[seg - 1] = start
        segLen[seg - 1] = next - start
        if (++seg > nsegments) {
          fits = false
          break
        }
      }
      first = false
      start = paddr
      end = segment_end(start, maxsegsz, boundary, boundaryInverse)
    }
    next = paddr + size

    // Cut until the rest fits.
    while (next > end) {
      if (seg === nsegments) {
        fits = false
        break
      }
      segAddr[seg - 1] = start
      segLen[seg - 1] = end - start
      seg++
      start = end
      end = segment_end(start, maxsegsz, boundary, boundaryInverse)
    }
    if (!fits) break
    left -= size
    at += size
    inPage = 0
  } while (left > 0)

  platform.charge(BUSDMA_SITE_PAGE_STEP, steps)
  map.nsegs = seg
  map.nextPaddr = next
  if (!fits) return fail(state, map, EFBIG)
  segAddr[seg - 1] = start
  segLen[seg - 1] = next - start
  return OK
}

/**
 * Takes back the map's pages and reservation. What it gives back may complete the reservation of the first waiter,
 * and here the kernel errs: it queues the failed map, so that this map's load runs again and the waiter is lost.
 */
function fail(state: BusDmaState, map: BusDmamap, error: Errno): Errno {
  const zone = map.tag.zone
  if (map.canBounce && zone !== null) {
    free_bounce_pages(state, map)
    if (zone.cancelReservation(map) > 0 && zone.waiters.serveFirst() !== null) map.readyToRun()
  }
  return error
}

/** Bug 18: BUS_DMA_NOWAIT is ignored, this load always waits for bounce pages. Bug 5: EFBIG may come with one segment more than the tag allows. */
function load(state: BusDmaState, map: BusDmamap, flags: number): Errno {
  map.nsegs = 1
  map.nextPaddr = 0
  state.platform.charge(BUSDMA_SITE_LOAD, 1)
  const error = load_buffer(state, map, map.pages, map.buf, map.buflen, flags & ~BUS_DMA_NOWAIT, true)
  if (error === EINPROGRESS) return error
  if (error === OK) state.platform.charge(BUSDMA_SITE_SEGMENT, map.nsegs)
  map.callback?.(map.callbackArg, map, map.nsegs, error)
  return OK
}

/** Never waits for bounce pages. EINVAL: a packet length above maxsize, or a negative one. A shortage after the first mbuf counts as too many fragments: EFBIG. */
function load_mbuf(
  state: BusDmaState,
  map: BusDmamap,
  chain: MbufChain,
  callback: BusDmamapCallback2,
  arg: number,
  flags: number,
): Errno {
  state.platform.charge(BUSDMA_SITE_LOAD, 1)
  const fits = chain.packetLength >= 0 && chain.packetLength <= map.tag.maxsize
  const error = fits ? load_mbufs(state, map, chain, flags | BUS_DMA_NOWAIT) : EINVAL
  if (error !== OK) {
    callback(arg, map, 0, 0, error)
    return error
  }
  state.platform.charge(BUSDMA_SITE_SEGMENT, map.nsegs)
  callback(arg, map, map.nsegs, chain.packetLength, OK)
  return OK
}

function load_mbufs(state: BusDmaState, map: BusDmamap, chain: MbufChain, flags: number): Errno {
  map.nsegs = 1
  map.nextPaddr = 0
  // A chain without a byte still counts one segment.
  map.segAddr[0] = 0
  map.segLen[0] = 0
  let first = true
  for (let i = 0; i < chain.count; i++) {
    const len = chain.len[i] as number
    if (len === 0) continue
    const error = load_buffer(state, map, null, chain.data[i] as number, len, flags, first)
    if (error !== OK) return error === ENOMEM && !first ? EFBIG : error
    first = false
  }
  return OK
}

/**
 * Never waits for bounce pages. EOPNOTSUPP: more than one piece, for which the kernel's own loader writes its segments
 * to the wrong places, or a process's addresses.
 */
function load_uio(
  state: BusDmaState,
  map: BusDmamap,
  uio: UioVector,
  callback: BusDmamapCallback2,
  arg: number,
  flags: number,
): Errno {
  state.platform.charge(BUSDMA_SITE_LOAD, 1)
  map.nsegs = 1
  map.nextPaddr = 0
  map.segAddr[0] = 0
  map.segLen[0] = 0
  let error: Errno = OK
  if (uio.space !== null || uio.resid > (uio.length[uio.iov] as number)) error = EOPNOTSUPP
  else if (uio.resid > 0) {
    const base = uio.base[uio.iov] as number
    error = load_buffer(state, map, null, base, uio.resid, flags | BUS_DMA_NOWAIT, true)
  }
  if (error === OK) state.platform.charge(BUSDMA_SITE_SEGMENT, map.nsegs)
  callback(arg, map, error === OK ? map.nsegs : 0, error === OK ? uio.resid : 0, error)
  return error
}
