import { EBUSY, EFAULT, EFBIG, EINPROGRESS, EINVAL, ENOMEM, OK, type Errno } from '../../errno.ts'
import { add_bounce_page, alloc_bounce_pages, detach_pages, wait_for_pages } from '../bounce-pages.ts'
import { copy_bounced } from '../bounce-sync.ts'
import { NO_PAGE, type BounceZone } from '../bounce-zone.ts'
import {
  BUS_DMA_ALIGNED,
  BUS_DMA_BOUNCE_ALIGN,
  BUS_DMA_BOUNCE_LOWADDR,
  BUS_DMA_KEEP_PG_OFFSET,
  BUS_DMA_MIN_ALLOC_COMP,
  BUS_DMA_NOWAIT,
  BUS_DMASYNC_POSTREAD,
  BUS_DMASYNC_PREREAD,
  BUS_DMASYNC_PREWRITE,
  lastByteOfPage,
  PAGE_MASK,
  PAGE_SIZE,
  pagesOf,
} from '../constants.ts'
import { DirectPages } from '../direct-pages.ts'
import { inherit_window, join_filter_chain } from '../inheritance.ts'
import type { BusDmamap, BusDmamapCallback2 } from '../map.ts'
import type { MbufChain } from '../mbuf.ts'
import { chain_excludes } from '../needs-bounce.ts'
import { paddrOrHole } from '../paddr.ts'
import { record_chain, tell_outcome } from '../request.ts'
import {
  BUSDMA_SITE_LOAD,
  BUSDMA_SITE_PAGE_STEP,
  BUSDMA_SITE_SEGMENT,
  BUSDMA_SITE_SYNC,
} from '../platform.ts'
import type { BusDmaState } from '../state.ts'
import type { BusDmaTag, BusDmaTagArgs } from '../tag.ts'
import type { UioVector, UserPages } from '../uio-vector.ts'
import { find_zone } from '../zone-growth.ts'
import type { BusDmaDialect } from './dialect.ts'
import { inherit_limits } from './lab-limits.ts'
import { capacity, segment_end } from './segment-end.ts'

/**
 * The lab's own dialect: what the interface promises, and nothing else. Every segment starts aligned, stays within the
 * boundary and the segment size, and lies where the device reaches; limits of parent tags hold too. Buffers, page lists,
 * mbuf chains and uios are loaded by one loader, which bounces no more than it must. A load that fails keeps nothing; one
 * that waits holds nothing, loads are served in the order of their arrival and none overtakes. Its outcome is told once:
 * to the callback.
 */
export const dmalab: BusDmaDialect = {
  name: 'dmalab',
  maxBouncePages: 1024,
  deferredBy: 'soft-interrupt',
  keepsFailedMap: false,
  trustsPhysicalLists: false,
  checkTagArgs,
  restrictTag,
  findZone: find_zone,
  growForTag: growForFirst,
  growForMap,
  load,
  load_mbuf,
  load_uio,
  unload,
  sync,
}

/**
 * Takes over the alignment, boundary and segment size of the parent where they are stricter. EINVAL: a size that is no
 * power of two where one must be, or out of range; and what no bounce page can deliver: an alignment above a page, or
 * one above a byte together with BUS_DMA_KEEP_PG_OFFSET.
 */
function checkTagArgs(
  state: BusDmaState,
  args: BusDmaTagArgs,
  parent: BusDmaTag | null,
): BusDmaTagArgs | Errno {
  const limits = inherit_limits(args, parent)
  if (typeof limits === 'number') return limits
  const { alignment } = limits
  const lowaddr = lastByteOfPage(Math.min(args.lowaddr, parent?.lowaddr ?? Infinity))
  const bouncesForAlignment = alignment > 1 && (args.flags & BUS_DMA_ALIGNED) === 0
  if (bouncesForAlignment || lowaddr < state.platform.ramPages * PAGE_SIZE) {
    if (alignment > PAGE_SIZE) return EINVAL
    if (alignment > 1 && (args.flags & BUS_DMA_KEEP_PG_OFFSET) !== 0) return EINVAL
  }
  return limits
}

/** An empty window, of a tag or of its parent, adds nothing to the other. */
function restrictTag(state: BusDmaState, tag: BusDmaTag, parent: BusDmaTag | null): void {
  if (parent !== null && parent.lowaddr < parent.highaddr) {
    const ownIsEmpty = tag.lowaddr >= tag.highaddr
    const within = ownIsEmpty || (tag.lowaddr >= parent.lowaddr && tag.highaddr <= parent.highaddr)
    if (ownIsEmpty) {
      tag.lowaddr = parent.lowaddr
      tag.highaddr = parent.highaddr
    } else {
      inherit_window(tag, parent)
    }
    // The parent's filter may let pass what the tag excludes by itself.
    if (tag.filter !== null || parent.filter === null || within) join_filter_chain(tag, parent)
  }
  if (tag.lowaddr < state.platform.ramPages * PAGE_SIZE) tag.flags |= BUS_DMA_BOUNCE_LOWADDR
  if (tag.alignment > 1 && (tag.flags & BUS_DMA_ALIGNED) === 0) tag.flags |= BUS_DMA_BOUNCE_ALIGN
  // What follows a segment that is cut must be aligned.
  if (!chunksStandAlone(tag)) {
    tag.direct = new DirectPages(tag, 1, Math.floor(tag.maxsegsz / tag.alignment) * tag.alignment)
  }
}

/**
 * Must each chunk be a segment of its own? So it is where segments are shorter than the alignment: what follows in memory
 * is not aligned, and needs a bounce page of its own.
 */
function chunksStandAlone(tag: BusDmaTag): boolean {
  return tag.maxsegsz < tag.alignment
}

/**
 * Bounce pages that a buffer of maxsize bytes can need, as far as a zone may grow: it may touch one page more than it
 * fills. A chain of many small pieces can need more.
 */
function worstCase(state: BusDmaState, tag: BusDmaTag): number {
  const perPage = chunksStandAlone(tag) ? Math.ceil(PAGE_SIZE / tag.maxsegsz) : 1
  return Math.min((pagesOf(tag.maxsize) + 1) * perPage, state.maxBouncePages)
}

/** Makes sure that the zone can serve any one buffer of the tag. ENOMEM: it cannot. */
function growForFirst(state: BusDmaState, tag: BusDmaTag, zone: BounceZone): Errno {
  const missing = worstCase(state, tag) - zone.total
  if (missing > 0 && alloc_bounce_pages(state, zone, missing) < missing) return ENOMEM
  tag.flags |= BUS_DMA_MIN_ALLOC_COMP
  return OK
}

/** Each further map adds what one load can need, while the zone may grow and memory lasts. */
function growForMap(state: BusDmaState, tag: BusDmaTag, zone: BounceZone): Errno {
  if ((tag.flags & BUS_DMA_MIN_ALLOC_COMP) === 0) return growForFirst(state, tag, zone)
  if (tag.mapCount > 0) {
    alloc_bounce_pages(state, zone, Math.min(worstCase(state, tag), state.maxBouncePages - zone.total))
  }
  return OK
}

/**
 * Takes one piece of a request: to count the bounce pages it needs, or, `building`, to add it to the segments. Both ways
 * bounce the same chunks: those that the device does not reach, and those that start misaligned and do not go on where
 * an unbounced chunk ends. A filter is asked at the start of a chunk, for all of it. EINVAL: a misaligned chunk under
 * BUS_DMA_ALIGNED. EFAULT: a hole, or other pages than were counted. EFBIG: more segments than the tag allows.
 */
function take_piece(
  state: BusDmaState,
  map: BusDmamap,
  pages: Int32Array | null,
  space: UserPages | null,
  buf: number,
  buflen: number,
  building: boolean,
): Errno {
  const { tag, segAddr, segLen } = map
  const { alignment, alignmentInverse, nsegments, maxsegsz, boundary, boundaryInverse } = tag
  const { lowaddr, highaddr } = tag
  // No address: the last chunk was bounced, or stands alone. A local, so that compiled code holds addresses as numbers.
  const nowhere = -1
  const hasChain = tag.parent !== null || tag.filter !== null
  const zone = map.canBounce ? tag.zone : null
  const bouncesForAlignment = (tag.flags & BUS_DMA_BOUNCE_ALIGN) !== 0
  const alone = chunksStandAlone(tag)
  const most = alone ? tag.maxsegsz : PAGE_SIZE
  let seg = map.nsegs
  let start = seg === 0 ? nowhere : (segAddr[seg - 1] as number)
  let length = seg === 0 ? 0 : (segLen[seg - 1] as number)
  let room = 0
  if (seg !== 0 && !alone) {
    const longest = segment_end(start, maxsegsz, boundary, boundaryInverse)
    room = capacity(start, longest, alignment, alignmentInverse) - length
  }
  let directEnd = map.nextPaddr
  const end = buf + buflen
  let at = buf
  let steps = 0
  let error: Errno = OK

  while (at < end) {
    let paddr = paddrOrHole(state, pages, space, at)
    if (paddr < 0) {
      error = EFAULT
      break
    }
    let size = PAGE_SIZE - (at & PAGE_MASK)
    if (size > end - at) size = end - at
    if (size > most) size = most
    steps++
    const aligned =
      alignment === 1 || paddr === directEnd || Math.floor(paddr * alignmentInverse) * alignment === paddr
    const bounces =
      zone !== null &&
      ((!aligned && bouncesForAlignment) ||
        (hasChain ? chain_excludes(tag, paddr) : paddr > lowaddr && paddr <= highaddr))
    if (!aligned && !bounces) {
      error = EINVAL
      break
    }
    at += size
    directEnd = bounces || alone ? nowhere : paddr + size
    if (!building) {
      if (bounces) map.pagesneeded++
      continue
    }
    if (bounces) {
      if (map.pagesreserved === 0) {
        error = EFAULT
        break
      }
      paddr = add_bounce_page(state, zone, map, paddr, size)
    }

    if (paddr === start + length && room > 0) {
      const more = size < room ? size : room
      length += more
      room -= more
      paddr += more
      size -= more
    }
    while (size > 0) {
      if (seg !== 0) {
        segAddr[seg - 1] = start
        segLen[seg - 1] = length
      }
      if (seg === nsegments) {
        error = EFBIG
        break
      }
      seg++
      start = paddr
      const longest = segment_end(start, maxsegsz, boundary, boundaryInverse)
      room = capacity(start, longest, alignment, alignmentInverse)
      length = size < room ? size : room
      room = alone ? 0 : room - length
      paddr += length
      size -= length
    }
    if (error !== OK) break
  }

  state.platform.charge(BUSDMA_SITE_PAGE_STEP, steps)
  if (seg !== 0) {
    segAddr[seg - 1] = start
    segLen[seg - 1] = length
  }
  map.nsegs = seg
  map.nextPaddr = directEnd
  return error
}

/** Takes the whole request that is recorded in the map, piece by piece. */
function take_request(state: BusDmaState, map: BusDmamap, building: boolean): Errno {
  const { mbufs, uio } = map
  map.nsegs = 0
  map.nextPaddr = -1
  if (mbufs === null && uio === null) {
    return take_piece(state, map, map.pages, null, map.buf, map.buflen, building)
  }
  let error: Errno = OK
  if (mbufs !== null) {
    for (let i = 0; i < mbufs.count && error === OK; i++) {
      error = take_piece(state, map, null, null, mbufs.data[i] as number, mbufs.len[i] as number, building)
    }
  } else if (uio !== null) {
    let resid = uio.resid
    for (let i = uio.iov; i < uio.iov + uio.iovcnt && error === OK; i++) {
      const bytes = Math.min(resid, uio.length[i] as number)
      error = take_piece(state, map, null, uio.space, uio.base[i] as number, bytes, building)
      resid -= bytes
    }
  }
  return error
}

/**
 * Counts the bounce pages of the request and reserves them, all or none. ENOMEM: too few, and the load may not wait or
 * would wait for ever. EINPROGRESS: too few, or others wait already; the map was queued.
 */
function reserve_request(state: BusDmaState, map: BusDmamap, flags: number): Errno {
  const zone = map.tag.zone
  if (!map.canBounce || zone === null) return OK
  const error = take_request(state, map, false)
  if (error !== OK || map.pagesneeded === 0) return error
  if (map.pagesneeded > zone.total) return ENOMEM
  if (zone.waiters.count === 0 && zone.free >= map.pagesneeded) {
    zone.reserve(map, true)
    return OK
  }
  if ((flags & BUS_DMA_NOWAIT) !== 0) {
    zone.reserveFailed++
    return ENOMEM
  }
  wait_for_pages(state, zone, map)
  return EINPROGRESS
}

/** EBUSY (callback not called): the map still holds the pages of another load. */
function load(state: BusDmaState, map: BusDmamap, flags: number): Errno {
  if (map.bpagesCount !== 0) return EBUSY
  state.platform.charge(BUSDMA_SITE_LOAD, 1)
  const bytes = map.loadedBytes
  let error: Errno = bytes <= map.tag.maxsize ? OK : EINVAL
  // A load resumed after a wait has its pages.
  if (error === OK && map.pagesreserved === 0) error = reserve_request(state, map, flags)
  if (error === EINPROGRESS) return error
  if (error === OK) error = take_request(state, map, true)
  if (error === OK) state.platform.charge(BUSDMA_SITE_SEGMENT, map.nsegs)
  else map.nsegs = 0
  settle(state, map, error === OK)
  return tell_outcome(map, bytes, error)
}

/** Gives back what was reserved and not used; all that the load took, unless it succeeded. */
function settle(state: BusDmaState, map: BusDmamap, success: boolean): void {
  const zone = map.tag.zone
  if (zone === null) return
  if (!success) return_pages(state, map, zone)
  if (zone.cancelReservation(map) > 0 || !success) serve_waiters(zone)
}

function return_pages(state: BusDmaState, map: BusDmamap, zone: BounceZone): void {
  if (map.bpagesHead === NO_PAGE) return
  for (let page = detach_pages(state, map); page !== NO_PAGE;) {
    const next = zone.next[page] as number
    zone.putAtHead(page)
    page = next
  }
}

/** Lets waiting loads run, in order, as long as the free pages suffice for the first of them. */
function serve_waiters(zone: BounceZone): void {
  const { waiters } = zone
  for (let first = waiters.first; first !== null; first = waiters.first) {
    if (zone.free < first.pagesneeded) return
    zone.reserve(first, true)
    zone.totalDeferred++
    waiters.shift()?.readyToRun()
  }
}

function unload(state: BusDmaState, map: BusDmamap): void {
  const zone = map.tag.zone
  if (zone === null || map.bpagesHead === NO_PAGE) return
  return_pages(state, map, zone)
  serve_waiters(zone)
}

/** Without BUS_DMA_NOWAIT a chain waits for bounce pages as a buffer does. Its bytes count, not its header. */
function load_mbuf(
  state: BusDmaState,
  map: BusDmamap,
  chain: MbufChain,
  callback: BusDmamapCallback2,
  arg: number,
  flags: number,
): Errno {
  record_chain(map, chain, null, callback, arg)
  return load(state, map, flags)
}

function load_uio(
  state: BusDmaState,
  map: BusDmamap,
  uio: UioVector,
  callback: BusDmamapCallback2,
  arg: number,
  flags: number,
): Errno {
  record_chain(map, null, uio, callback, arg)
  return load(state, map, flags)
}

/**
 * Before the device reads or writes, its bounce pages get the client's bytes: so a short transfer to memory leaves the
 * rest of the client's buffer as it was.
 */
function sync(state: BusDmaState, map: BusDmamap, op: number): void {
  state.platform.charge(BUSDMA_SITE_SYNC, 1)
  if ((op & (BUS_DMASYNC_PREWRITE | BUS_DMASYNC_PREREAD)) !== 0) copy_bounced(state, map, true)
  if ((op & BUS_DMASYNC_POSTREAD) !== 0) copy_bounced(state, map, false)
}
