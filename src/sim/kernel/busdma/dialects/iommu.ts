import { SimulationFault } from '../../../machine/physical-memory.ts'
import { EBUSY, EFAULT, EFBIG, EINVAL, ENOMEM, OK, type Errno } from '../../errno.ts'
import type { IommuDomain } from '../../iommu/domain.ts'
import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, pagesOf } from '../constants.ts'
import { inherit_window } from '../inheritance.ts'
import type { BusDmamap, BusDmamapCallback2 } from '../map.ts'
import type { MbufChain } from '../mbuf.ts'
import {
  BUSDMA_SITE_LOAD,
  BUSDMA_SITE_PAGE_STEP,
  BUSDMA_SITE_SEGMENT,
  BUSDMA_SITE_SYNC,
} from '../platform.ts'
import { pieceAt, pieceBytes, record_chain, requestBytes, tell_outcome } from '../request.ts'
import type { BusDmaState } from '../state.ts'
import { lastPageOf, pageAlignmentOf, type BusDmaTag, type BusDmaTagArgs } from '../tag.ts'
import type { UioVector } from '../uio-vector.ts'
import type { BusDmaDialect } from './dialect.ts'
import { inherit_limits } from './lab-limits.ts'
import { capacity, segment_end } from './segment-end.ts'

/**
 * BUSDMA behind an IOMMU: what FreeBSD's busdma_iommu is to its busdma_bounce. A load takes a range of I/O virtual addresses
 * below the tag's lowaddr and enters its pages there, one after another, so that scattered pages become one segment. Nothing
 * bounces, no load waits. A load that fails keeps nothing; its outcome is told once, to the callback.
 */
export const iommu: BusDmaDialect = {
  name: 'iommu',
  maxBouncePages: 0,
  deferredBy: 'soft-interrupt',
  keepsFailedMap: false,
  trustsPhysicalLists: false,
  checkTagArgs,
  restrictTag,
  findZone: neverBounces,
  growForTag: neverBounces,
  growForMap: neverBounces,
  load,
  load_mbuf,
  load_uio,
  unload,
  sync,
}

/**
 * Takes over the parent's limits where they are stricter. EINVAL: a size that is no power of two where one must be, or out of
 * range; a filter, which cannot be asked about addresses before they are chosen.
 */
function checkTagArgs(
  state: BusDmaState,
  args: BusDmaTagArgs,
  parent: BusDmaTag | null,
): BusDmaTagArgs | Errno {
  domainOf(state)
  if (args.filter !== undefined) return EINVAL
  return inherit_limits(args, parent)
}

/** An empty window, of a tag or of its parent, adds nothing to the other. */
function restrictTag(_state: BusDmaState, tag: BusDmaTag, parent: BusDmaTag | null): void {
  if (parent === null || parent.lowaddr >= parent.highaddr) return
  if (tag.lowaddr < tag.highaddr) {
    inherit_window(tag, parent)
    return
  }
  tag.lowaddr = parent.lowaddr
  tag.highaddr = parent.highaddr
}

function neverBounces(): never {
  throw new SimulationFault('bounce pages asked for behind an IOMMU')
}

function domainOf(state: BusDmaState): IommuDomain {
  const domain = state.platform.iommu ?? null
  if (domain === null) throw new SimulationFault('the iommu dialect of BUSDMA on a machine without an IOMMU')
  return domain
}

/** Passes over the pieces of a request: how many bytes they span, what segments they make, which pages they are. */
const MEASURE = 0
const CUT = 1
const ENTER = 2
type Pass = typeof MEASURE | typeof CUT | typeof ENTER

/**
 * Lays the request's pieces out in the range, from offset 0 on. A piece that goes on where the one before ends in virtual memory
 * goes on at its offset too; every other piece begins on a page of its own, at its offset in the page. Leaves the offset
 * after the last byte in `map.nextPaddr`. EINVAL, EFBIG from CUT; EFAULT from ENTER.
 */
function lay_out(state: BusDmaState, map: BusDmamap, bytes: number, pass: Pass): Errno {
  let end = 0
  let previousEnd = -1
  let left = bytes
  for (let piece = 0; left > 0; piece++) {
    const at = pieceAt(map, piece)
    const length = Math.min(pieceBytes(map, piece), left)
    if (length === 0) continue
    const start = at === previousEnd ? end : pagesOf(end) * PAGE_SIZE + (at & PAGE_MASK)
    let error: Errno = OK
    if (pass === CUT) error = cut_piece(map, start, length)
    else if (pass === ENTER) error = enter_piece(state, map, at, start, length)
    if (error !== OK) return error
    end = start + length
    previousEnd = at + length
    left -= length
  }
  map.nextPaddr = end
  return OK
}

/**
 * Adds `bytes` bytes from offset `start` of the range on to the segments. EFBIG: more than the tag allows. EINVAL: one would start misaligned,
 * since the offset in the page is the buffer's own.
 */
function cut_piece(map: BusDmamap, start: number, bytes: number): Errno {
  const { tag, segAddr, segLen } = map
  const { alignment, alignmentInverse, nsegments } = tag
  let seg = map.nsegs
  let at = map.ioPage * PAGE_SIZE + start
  let left = bytes
  if (seg > 0) {
    const first = segAddr[seg - 1] as number
    const length = segLen[seg - 1] as number
    if (first + length === at) {
      const more = Math.min(left, segmentCapacity(tag, first) - length)
      segLen[seg - 1] = length + more
      at += more
      left -= more
    }
  }
  while (left > 0) {
    if (Math.floor(at * alignmentInverse) * alignment !== at) return EINVAL
    if (seg === nsegments) return EFBIG
    const length = Math.min(left, segmentCapacity(tag, at))
    segAddr[seg] = at
    segLen[seg++] = length
    at += length
    left -= length
  }
  map.nsegs = seg
  return OK
}

/** Enters the pages of one piece; the page that it shares with the piece before is there already. EFAULT: a hole. */
function enter_piece(state: BusDmaState, map: BusDmamap, from: number, start: number, bytes: number): Errno {
  const domain = domainOf(state)
  const end = start + bytes
  let at = from
  let page = Math.floor(start / PAGE_SIZE)
  if (start === map.nextPaddr) {
    const entered = pagesOf(start)
    at += entered * PAGE_SIZE - start
    page = entered
  }
  for (; page * PAGE_SIZE < end; page++) {
    const pfn = pfnOf(state, map, at)
    if (pfn < 0) return EFAULT
    domain.enter(map.ioPage + page, pfn)
    at += PAGE_SIZE - (at & PAGE_MASK)
  }
  map.nextPaddr = end
  return OK
}

/** Page frame of a byte of the request, -1 for a hole in a process's address space. */
function pfnOf(state: BusDmaState, map: BusDmamap, at: number): number {
  const { pages, uio } = map
  if (pages !== null && uio === null && map.mbufs === null) return pages[at >>> PAGE_SHIFT] as number
  const space = uio === null ? null : uio.space
  if (space === null) return Math.floor(state.platform.pmap_kextract(at) / PAGE_SIZE)
  if (space.pmap_extract(at) < 0) return -1
  return Math.floor(state.platform.pmap_extract(space, at) / PAGE_SIZE)
}

/**
 * Maps the request that is recorded in the map. ENOMEM: no range of I/O virtual addresses below the tag's lowaddr. EFBIG,
 * EINVAL, EFAULT: see above; nothing is kept.
 */
function map_request(state: BusDmaState, map: BusDmamap, bytes: number): Errno {
  const domain = domainOf(state)
  const { tag } = map
  map.nsegs = 0
  map.nextPaddr = -1
  if (bytes === 0) return OK
  lay_out(state, map, bytes, MEASURE)
  const pages = pagesOf(map.nextPaddr)
  const first = domain.iova_alloc(pages, lastPageOf(tag), pageAlignmentOf(tag))
  if (first < 0) return ENOMEM
  map.ioPage = first
  const error = lay_out(state, map, bytes, CUT)
  if (error !== OK) {
    domain.iova_free(first, pages)
    return error
  }
  map.nextPaddr = -1
  const hole = lay_out(state, map, bytes, ENTER)
  state.platform.charge(BUSDMA_SITE_PAGE_STEP, pages)
  domain.charge_map(pages)
  if (hole !== OK) {
    domain.unmap(first, pages)
    return hole
  }
  map.ioPages = pages
  return OK
}

/** EBUSY (callback not called): the map still has the range of another load. EINVAL: more than tag.maxsize bytes. */
function load(state: BusDmaState, map: BusDmamap): Errno {
  if (map.ioPages !== 0) return EBUSY
  state.platform.charge(BUSDMA_SITE_LOAD, 1)
  const bytes = requestBytes(map)
  const error = bytes <= map.tag.maxsize ? map_request(state, map, bytes) : EINVAL
  if (error === OK) state.platform.charge(BUSDMA_SITE_SEGMENT, map.nsegs)
  else map.nsegs = 0
  return tell_outcome(map, bytes, error)
}

function load_mbuf(
  state: BusDmaState,
  map: BusDmamap,
  chain: MbufChain,
  callback: BusDmamapCallback2,
  arg: number,
): Errno {
  if (map.ioPages !== 0) return EBUSY
  record_chain(map, chain, null, callback, arg)
  return load(state, map)
}

function load_uio(
  state: BusDmaState,
  map: BusDmamap,
  uio: UioVector,
  callback: BusDmamapCallback2,
  arg: number,
): Errno {
  if (map.ioPages !== 0) return EBUSY
  record_chain(map, null, uio, callback, arg)
  return load(state, map)
}

function unload(state: BusDmaState, map: BusDmamap): void {
  if (map.ioPages === 0) return
  domainOf(state).unmap(map.ioPage, map.ioPages)
  map.ioPages = 0
}

/** The device reads and writes the client's own pages: nothing to copy. */
function sync(state: BusDmaState): void {
  state.platform.charge(BUSDMA_SITE_SYNC, 1)
}

function segmentCapacity(tag: BusDmaTag, start: number): number {
  const end = segment_end(start, tag.maxsegsz, tag.boundary, tag.boundaryInverse)
  return capacity(start, end, tag.alignment, tag.alignmentInverse)
}
