import { EFBIG, EINPROGRESS, ENOMEM, OK, type Errno } from '../../errno.ts'
import { add_bounce_page, reserve_or_wait } from '../bounce-pages.ts'
import { BUS_DMA_NOWAIT, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from '../constants.ts'
import type { BusDmamap, BusDmamapCallback2 } from '../map.ts'
import type { MbufChain } from '../mbuf.ts'
import { BUSDMA_SITE_LOAD, BUSDMA_SITE_PAGE_STEP, BUSDMA_SITE_SEGMENT } from '../platform.ts'
import type { BusDmaState } from '../state.ts'
import type { BusDmaTag } from '../tag.ts'
import type { UioVector, UserPages } from '../uio-vector.ts'
import { end_chain } from './end-chain.ts'

/** What FreeBSD's releases do differently in a load. */
export interface FreebsdRelease {
  /** Must the chunk that starts at `paddr` bounce? */
  readonly needsBounce: (tag: BusDmaTag, paddr: number) => boolean
  /** A chunk that starts on a boundary and is longer than the boundary window does not fit at all. */
  readonly refusesAlignedChunk: boolean
  /** A shortage under BUS_DMA_NOWAIT leaves no need behind in the map. */
  readonly forgetsShortage: boolean
  /** Loads the map's page list. */
  readonly load_ma: (state: BusDmaState, map: BusDmamap, flags: number) => Errno
}

/** Where a piece of a request lies: in the kernel's map, in a process (`space`), or in a page list. */
function paddrOf(state: BusDmaState, pages: Int32Array | null, space: UserPages | null, at: number): number {
  if (pages !== null) return (pages[at >>> PAGE_SHIFT] as number) * PAGE_SIZE + (at & PAGE_MASK)
  return space === null ? state.platform.pmap_kextract(at) : state.platform.pmap_extract(space, at)
}

/** To the next multiple of a power of two. */
function roundup2(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment
}

/**
 * Counts the bounce pages of a mapped piece: a step is what is left of the page, made longer to a multiple of the
 * alignment where it bounces. The segment size does not count here, though the loader cuts by it: where it is below a
 * page too few are counted, and the load falls back on addresses that the device does not reach.
 */
function count_pages(
  release: FreebsdRelease,
  state: BusDmaState,
  map: BusDmamap,
  space: UserPages | null,
  buf: number,
  buflen: number,
): void {
  const tag = map.tag
  const end = buf + buflen
  let steps = 0
  for (let at = buf; at < end;) {
    let size = PAGE_SIZE - (at & PAGE_MASK)
    if (release.needsBounce(tag, paddrOf(state, null, space, at))) {
      size = roundup2(size, tag.alignment)
      map.pagesneeded++
    }
    at += size
    steps++
  }
  state.platform.charge(BUSDMA_SITE_PAGE_STEP, steps)
}

/** Counts the bounce pages of a piece of a page list, in the loader's own steps but for cuts at the boundary. */
function count_ma(
  release: FreebsdRelease,
  state: BusDmaState,
  map: BusDmamap,
  pages: Int32Array,
  offset: number,
  length: number,
): void {
  const tag = map.tag
  const { needsBounce } = release
  const { maxsegsz, alignment } = tag
  const end = offset + length
  let steps = 0
  for (let at = offset; at < end;) {
    const left = end - at
    const most = left < maxsegsz ? left : maxsegsz
    const rest = PAGE_SIZE - (at & PAGE_MASK)
    let size = rest < most ? rest : most
    if (needsBounce(tag, paddrOf(state, pages, null, at))) {
      size = Math.min(roundup2(size, alignment), most)
      map.pagesneeded++
    }
    at += size
    steps++
  }
  state.platform.charge(BUSDMA_SITE_PAGE_STEP, steps)
}

/**
 * Reserves what was counted. ENOMEM: too few bounce pages, BUS_DMA_NOWAIT. EINPROGRESS: too few; the map was queued.
 */
function reserve(release: FreebsdRelease, state: BusDmaState, map: BusDmamap, flags: number): Errno {
  const zone = map.tag.zone
  if (map.pagesneeded === 0 || zone === null) return OK
  const error = reserve_or_wait(state, zone, map, (flags & BUS_DMA_NOWAIT) === 0)
  if (error === ENOMEM && release.forgetsShortage) map.pagesneeded = 0
  return error
}

/** Where the boundary window of `paddr` ends; nowhere, without a boundary. */
function window_end(paddr: number, boundary: number, boundaryInverse: number): number {
  return boundary === 0 ? Infinity : (Math.floor(paddr * boundaryInverse) + 1) * boundary
}

/**
 * Adds a piece to the map's segments, chunk by chunk. A chunk ends with its page, or where the segment size ends; a
 * bouncing one goes on to a multiple of the alignment. It is cut at the boundary, then joins the last segment when it
 * goes on where that ends and the whole keeps boundary and size; it is never cut again to fill one up. A chunk that the
 * boundary cuts leaves its full length in its bounce record. EFBIG: more segments than the tag allows; bounce pages and
 * reservation stay with the map, and so does its need.
 */
function build_segments(
  release: FreebsdRelease,
  state: BusDmaState,
  map: BusDmamap,
  pages: Int32Array | null,
  space: UserPages | null,
  buf: number,
  buflen: number,
): Errno {
  const { tag, segAddr, segLen } = map
  const { nsegments, maxsegsz, boundary, boundaryInverse } = tag
  const zone = map.canBounce ? tag.zone : null
  let seg = map.nsegs
  let start = seg === 0 ? 0 : (segAddr[seg - 1] as number)
  let length = seg === 0 ? 0 : (segLen[seg - 1] as number)
  let next = seg === 0 ? -1 : start + length
  let windowEnd = seg === 0 ? 0 : window_end(start, boundary, boundaryInverse)
  const end = buf + buflen
  let at = buf
  let steps = 0

  while (at < end) {
    let paddr = paddrOf(state, pages, space, at)
    let size = PAGE_SIZE - (at & PAGE_MASK)
    const left = end - at
    const most = left < maxsegsz ? left : maxsegsz
    if (zone !== null && map.pagesneeded !== 0 && release.needsBounce(tag, paddr)) {
      const rest = size
      size = roundup2(size, tag.alignment)
      if (size > most) size = most
      const nextPaddr = size > rest ? paddrOf(state, pages, space, at + rest) : 0
      paddr = add_bounce_page(state, zone, map, paddr, size, nextPaddr)
    } else if (size > most) {
      size = most
    }
    steps++

    const goesOn = paddr === next && paddr < windowEnd
    if (!goesOn) windowEnd = window_end(paddr, boundary, boundaryInverse)
    const room = windowEnd - paddr
    if (size > room) {
      if (room === boundary && release.refusesAlignedChunk) break
      size = room
    }
    if (goesOn && length + size <= maxsegsz) {
      length += size
    } else {
      if (seg !== 0) {
        segAddr[seg - 1] = start
        segLen[seg - 1] = length
      }
      if (seg === nsegments) break
      seg++
      start = paddr
      length = size
    }
    next = paddr + size
    at += size
  }

  state.platform.charge(BUSDMA_SITE_PAGE_STEP, steps)
  if (seg !== 0) {
    segAddr[seg - 1] = start
    segLen[seg - 1] = length
  }
  map.nsegs = seg
  return at < end ? EFBIG : OK
}

function load_buffer(
  release: FreebsdRelease,
  state: BusDmaState,
  map: BusDmamap,
  space: UserPages | null,
  buf: number,
  buflen: number,
  flags: number,
): Errno {
  if (map.canBounce) {
    // A load resumed after a wait knows its need already; so does, wrongly, one after a failed load.
    if (map.pagesneeded === 0) count_pages(release, state, map, space, buf, buflen)
    const error = reserve(release, state, map, flags)
    if (error !== OK) return error
  }
  return build_segments(release, state, map, null, space, buf, buflen)
}

/** Loads `length` bytes of the map's page list in one piece. */
export function load_page_piece(
  release: FreebsdRelease,
  state: BusDmaState,
  map: BusDmamap,
  pages: Int32Array,
  offset: number,
  length: number,
  flags: number,
): Errno {
  if (map.canBounce) {
    if (map.pagesneeded === 0) count_ma(release, state, map, pages, offset, length)
    const error = reserve(release, state, map, flags)
    if (error !== OK) return error
  }
  return build_segments(release, state, map, pages, null, offset, length)
}

/** Counts the pages from `at` on of which nothing bounces. Returns where the first other page begins, or `end`. */
function direct_until(
  release: FreebsdRelease,
  state: BusDmaState,
  map: BusDmamap,
  pages: Int32Array,
  at: number,
  end: number,
): number {
  if (!map.canBounce) return end
  const { needsBounce } = release
  const { tag } = map
  const { maxsegsz } = tag
  let steps = 0
  let counted = 0
  let page = at
  for (let chunk = at; chunk < end;) {
    if (needsBounce(tag, paddrOf(state, pages, null, chunk))) break
    const rest = PAGE_SIZE - (chunk & PAGE_MASK)
    chunk += rest < maxsegsz ? rest : maxsegsz
    steps++
    if (chunk < end && (chunk & PAGE_MASK) !== 0) continue
    page = chunk < end ? chunk : end
    counted = steps
  }
  state.platform.charge(BUSDMA_SITE_PAGE_STEP, counted)
  return page
}

/**
 * Do the map's pages come to the same whether they are loaded one by one or in one piece? So they do where each page is one
 * chunk, and neither bounce pages nor segments can run short in the middle.
 */
function one_piece_will_do(map: BusDmamap): boolean {
  const { tag, buf, buflen } = map
  const { alignment, boundary, maxsegsz, zone } = tag
  if (zone === null || map.pagesneeded !== 0 || buf % alignment !== 0 || alignment > PAGE_SIZE) return false
  if (maxsegsz < PAGE_SIZE || (boundary !== 0 && boundary < PAGE_SIZE)) return false
  const pages = (buf + buflen + PAGE_MASK) >>> PAGE_SHIFT
  return pages <= tag.nsegments && pages <= zone.free
}

/**
 * Loads the map's page list page by page, each with a count and a reservation of its own: a load that has to wait in the
 * middle keeps the pages it has, and attaches others for the same bytes when it is run again.
 */
export function load_ma_triv(
  release: FreebsdRelease,
  state: BusDmaState,
  map: BusDmamap,
  pages: Int32Array,
  flags: number,
): Errno {
  if (map.canBounce && one_piece_will_do(map)) {
    return load_page_piece(release, state, map, pages, map.buf, map.buflen, flags)
  }
  const end = map.buf + map.buflen
  for (let at = map.buf; at < end;) {
    // Pages that need no reservation make the same segments in one go.
    const direct = map.pagesneeded === 0 ? direct_until(release, state, map, pages, at, end) : at
    if (direct > at) {
      const error = build_segments(release, state, map, pages, null, at, direct - at)
      if (error !== OK) return error
      at = direct
      continue
    }
    const length = Math.min(PAGE_SIZE - (at & PAGE_MASK), end - at)
    const error = load_page_piece(release, state, map, pages, at, length, flags)
    if (error !== OK) return error
    at += length
  }
  return OK
}

/** Bug 19, kept: a shortage under BUS_DMA_NOWAIT is told twice, to the callback and to the caller. */
export function load(release: FreebsdRelease, state: BusDmaState, map: BusDmamap, flags: number): Errno {
  state.platform.charge(BUSDMA_SITE_LOAD, 1)
  map.nsegs = 0
  const error =
    map.pages === null
      ? load_buffer(release, state, map, null, map.buf, map.buflen, flags)
      : release.load_ma(state, map, flags)
  if (error === EINPROGRESS) return error
  if (error === OK) state.platform.charge(BUSDMA_SITE_SEGMENT, map.nsegs)
  map.callback?.(map.callbackArg, map, error === OK ? map.nsegs : 0, error)
  return error === ENOMEM ? error : OK
}

/** Never waits for bounce pages. Nothing is checked against maxsize. */
export function load_mbuf(
  release: FreebsdRelease,
  state: BusDmaState,
  map: BusDmamap,
  chain: MbufChain,
  callback: BusDmamapCallback2,
  arg: number,
): Errno {
  state.platform.charge(BUSDMA_SITE_LOAD, 1)
  map.nsegs = 0
  let error: Errno = OK
  for (let i = 0; i < chain.count && error === OK; i++) {
    const length = chain.len[i] as number
    if (length > 0) {
      error = load_buffer(release, state, map, null, chain.data[i] as number, length, BUS_DMA_NOWAIT)
    }
  }
  return end_chain(state, map, callback, arg, chain.packetLength, error)
}

/** Never waits for bounce pages. */
export function load_uio(
  release: FreebsdRelease,
  state: BusDmaState,
  map: BusDmamap,
  uio: UioVector,
  callback: BusDmamapCallback2,
  arg: number,
): Errno {
  state.platform.charge(BUSDMA_SITE_LOAD, 1)
  map.nsegs = 0
  let error: Errno = OK
  let resid = uio.resid
  for (let i = uio.iov; i < uio.iov + uio.iovcnt && resid !== 0 && error === OK; i++) {
    const length = Math.min(resid, uio.length[i] as number)
    if (length > 0) {
      error = load_buffer(release, state, map, uio.space, uio.base[i] as number, length, BUS_DMA_NOWAIT)
      resid -= length
    }
  }
  return end_chain(state, map, callback, arg, uio.resid, error)
}
