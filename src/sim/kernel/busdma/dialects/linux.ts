import { EBUSY, EFBIG, EINVAL, ENOMEM, OK, type Errno } from '../../errno.ts'
import { attach_record, detach_pages } from '../bounce-pages.ts'
import { copy_bounced } from '../bounce-sync.ts'
import { NO_PAGE } from '../bounce-zone.ts'
import {
  BUS_DMA_BOUNCE_LOWADDR,
  BUS_DMA_KEEP_PG_OFFSET,
  BUS_DMA_MAX_NSEGMENTS,
  BUS_DMASYNC_POSTREAD,
  BUS_DMASYNC_PREWRITE,
  BUS_SPACE_MAXADDR_32BIT,
  PAGE_SIZE,
} from '../constants.ts'
import { inherit_window } from '../inheritance.ts'
import type { BusDmamap, BusDmamapCallback2 } from '../map.ts'
import type { MbufChain } from '../mbuf.ts'
import { BUSDMA_SITE_LOAD, BUSDMA_SITE_SEGMENT, BUSDMA_SITE_SYNC } from '../platform.ts'
import type { BusDmaState } from '../state.ts'
import { isPowerOfTwo, type BusDmaTag, type BusDmaTagArgs } from '../tag.ts'
import type { UioVector } from '../uio-vector.ts'
import { find_open_zone } from '../zone-growth.ts'
import type { BusDmaDialect } from './dialect.ts'
import { end_chain } from './end-chain.ts'
import { bvec_split_segs, round_to_blocks } from './linux-split.ts'
import { poolAlignment, SLOT_SIZE, SwiotlbPool, wholeGroups } from './swiotlb.ts'

/** A pool gets at most this share of the memory that it may lie in, so that small machines keep most of theirs. */
const POOL_SHARE = 16

/**
 * Linux behind the interface of BUSDMA (block/blk-merge.c, kernel/dma/swiotlb.c). Its marks: a request that needs too
 * many segments, or has too many bytes, is not refused but split; see BusDmamap.loadedBytes. Then every segment of which
 * the device does not reach all is bounced as a whole, into a contiguous run of swiotlb slots. A load never waits: where
 * no run is free it fails. Loading copies the client's bytes whichever way the transfer goes, so that a short transfer to
 * memory leaves the rest of the client's buffer as it was.
 */
export const linux: BusDmaDialect = {
  name: 'linux',
  // 64 MiB.
  maxBouncePages: 16384,
  deferredBy: 'soft-interrupt',
  keepsFailedMap: false,
  trustsPhysicalLists: false,
  checkTagArgs,
  restrictTag,
  findZone,
  growForTag: fillPool,
  growForMap: fillPool,
  load,
  load_mbuf,
  load_uio,
  unload,
  sync,
}

/**
 * The limits of the parent hold too, as those of stacked queues do. EINVAL: a size that is no power of two where one must
 * be, or out of range; and a filter, of which Linux knows none.
 */
function checkTagArgs(
  _state: BusDmaState,
  args: BusDmaTagArgs,
  parent: BusDmaTag | null,
): BusDmaTagArgs | Errno {
  const alignment = Math.max(args.alignment, parent?.alignment ?? 1, 1)
  const boundary = Math.min(args.boundary || Infinity, parent?.boundary || Infinity)
  const nsegments = Math.min(args.nsegments, parent?.nsegments ?? Infinity)
  if (args.alignment !== 0 && !isPowerOfTwo(args.alignment)) return EINVAL
  if (args.boundary !== 0 && !isPowerOfTwo(args.boundary)) return EINVAL
  if (!(nsegments >= 1 && nsegments <= BUS_DMA_MAX_NSEGMENTS)) return EINVAL
  if (!(args.maxsegsz >= 1) || args.filter !== undefined) return EINVAL
  return {
    ...args,
    alignment,
    boundary: boundary === Infinity ? 0 : boundary,
    maxsize: Math.min(args.maxsize, parent?.maxsize ?? Infinity),
    nsegments,
    maxsegsz: Math.min(args.maxsegsz, parent?.maxsegsz ?? Infinity),
  }
}

function restrictTag(state: BusDmaState, tag: BusDmaTag, parent: BusDmaTag | null): void {
  if (parent !== null) inherit_window(tag, parent)
  if (tag.lowaddr < state.platform.ramPages * PAGE_SIZE) tag.flags |= BUS_DMA_BOUNCE_LOWADDR
}

/** The first pool below the tag's limit; a new one where there is none, as recent kernels make for such a device. */
function findZone(state: BusDmaState, tag: BusDmaTag): SwiotlbPool {
  const open = find_open_zone(state, tag)
  if (open instanceof SwiotlbPool) return open
  const pool = new SwiotlbPool(Math.min(tag.lowaddr, BUS_SPACE_MAXADDR_32BIT))
  state.zones.push(pool)
  return pool
}

/** Gives a new pool its memory, in one piece: half as much as long as there is none of that size. ENOMEM: not a page. */
function fillPool(state: BusDmaState, tag: BusDmaTag): Errno {
  const pool = poolOf(tag)
  if (pool === null || pool.total > 0) return OK
  const within = Math.min(state.platform.ramPages, Math.floor((pool.lowaddr + 1) / PAGE_SIZE))
  let pages = Math.min(state.maxBouncePages, Math.ceil(within / POOL_SHARE))
  for (; pages >= 1; pages = Math.floor(pages / 2)) {
    pages = wholeGroups(pages)
    const pfn = state.platform.allocContiguous(pages, pool.lowaddr, poolAlignment(pages), 0)
    if (pfn < 0) continue
    pool.addRange(pfn, pages)
    return OK
  }
  return ENOMEM
}

function poolOf(tag: BusDmaTag): SwiotlbPool | null {
  return tag.zone instanceof SwiotlbPool ? tag.zone : null
}

/** Bounced data keeps its address modulo this: within its slot, as far as the tag's alignment goes, or in its page. */
function minAlignOf(tag: BusDmaTag): number {
  const keepsPage = (tag.flags & BUS_DMA_KEEP_PG_OFFSET) !== 0
  return Math.max(SLOT_SIZE, tag.alignment, keepsPage ? PAGE_SIZE : 0)
}

/** max_sectors, in bytes: drivers keep it within what one mapping can hold where their device may need one. */
function maxBytesOf(tag: BusDmaTag): number {
  const pool = poolOf(tag)
  return pool === null ? tag.maxsize : Math.min(tag.maxsize, pool.maxMapping(minAlignOf(tag)))
}

/** Is any byte of the segment out of the device's reach? */
function is_unreachable(tag: BusDmaTag, addr: number, bytes: number): boolean {
  return tag.lowaddr < tag.highaddr && addr <= tag.highaddr && addr + bytes - 1 > tag.lowaddr
}

/** Splits the request that is recorded in the map. A chain of mbufs is a packet, and is not split: EFBIG. */
function split_request(state: BusDmaState, map: BusDmamap): Errno {
  const { mbufs, uio } = map
  const requested = map.loadedBytes
  const most = maxBytesOf(map.tag)
  map.nsegs = 0
  map.loadedBytes = 0
  let error: Errno = OK
  let offered = 0
  if (mbufs !== null) {
    for (let i = 0; i < mbufs.count && error === OK && map.loadedBytes === offered; i++) {
      const bytes = mbufs.len[i] as number
      error = bvec_split_segs(state, map, null, null, mbufs.data[i] as number, bytes, most)
      offered += bytes
    }
  } else if (uio !== null) {
    for (let i = uio.iov; i < uio.iov + uio.iovcnt && error === OK && map.loadedBytes === offered; i++) {
      const bytes = Math.min(requested - offered, uio.length[i] as number)
      error = bvec_split_segs(state, map, null, uio.space, uio.base[i] as number, bytes, most)
      offered += bytes
    }
  } else {
    error = bvec_split_segs(state, map, map.pages, null, map.buf, map.buflen, most)
  }
  if (error !== OK || map.loadedBytes === requested) return error
  return mbufs === null ? round_to_blocks(map) : EFBIG
}

/** Bounces what the device does not reach. ENOMEM (DMA_MAPPING_ERROR): no run of slots is free; nothing stays mapped. */
function map_segments(state: BusDmaState, map: BusDmamap): Errno {
  const { tag, segAddr, segLen } = map
  const pool = poolOf(tag)
  if (pool === null) return OK
  const minAlign = minAlignOf(tag)
  for (let i = 0; i < map.nsegs; i++) {
    const addr = segAddr[i] as number
    const bytes = segLen[i] as number
    if (!is_unreachable(tag, addr, bytes)) continue
    const mapping = pool.map(addr, bytes, minAlign, tag.boundary)
    if (mapping < 0) {
      pool.reserveFailed++
      unload(state, map)
      return ENOMEM
    }
    attach_record(state, pool, map, mapping, pool.pagesOfMapping(mapping))
    segAddr[i] = pool.busaddr(mapping)
  }
  copy_bounced(state, map, true)
  pool.freshMap = map
  return OK
}

/** Makes the segments of the request that is recorded in the map; none on an error. */
function run_load(state: BusDmaState, map: BusDmamap): Errno {
  state.platform.charge(BUSDMA_SITE_LOAD, 1)
  let error = split_request(state, map)
  if (error === OK) error = map_segments(state, map)
  if (error !== OK) map.nsegs = 0
  return error
}

function end_load(map: BusDmamap): void {
  const pool = poolOf(map.tag)
  if (pool !== null) pool.freshMap = null
}

/**
 * ENOMEM is told to the callback and to the caller. EBUSY (callback not called): the map still holds the mappings of
 * another load.
 */
function load(state: BusDmaState, map: BusDmamap): Errno {
  if (map.bpagesCount !== 0) return EBUSY
  const error = run_load(state, map)
  if (error === OK) state.platform.charge(BUSDMA_SITE_SEGMENT, map.nsegs)
  map.callback?.(map.callbackArg, map, map.nsegs, error)
  end_load(map)
  return error === ENOMEM ? error : OK
}

function load_mbuf(
  state: BusDmaState,
  map: BusDmamap,
  chain: MbufChain,
  callback: BusDmamapCallback2,
  arg: number,
): Errno {
  if (map.bpagesCount !== 0) return EBUSY
  map.mbufs = chain
  map.uio = null
  const error = run_load(state, map)
  end_chain(state, map, callback, arg, map.loadedBytes, error)
  end_load(map)
  return error
}

function load_uio(
  state: BusDmaState,
  map: BusDmamap,
  uio: UioVector,
  callback: BusDmamapCallback2,
  arg: number,
): Errno {
  if (map.bpagesCount !== 0) return EBUSY
  map.mbufs = null
  map.uio = uio
  const error = run_load(state, map)
  end_chain(state, map, callback, arg, map.loadedBytes, error)
  end_load(map)
  return error
}

function unload(state: BusDmaState, map: BusDmamap): void {
  const pool = poolOf(map.tag)
  if (pool === null || map.bpagesHead === NO_PAGE) return
  for (let mapping = detach_pages(state, map); mapping !== NO_PAGE;) {
    const next = pool.next[mapping] as number
    pool.unmap(mapping)
    mapping = next
  }
}

/**
 * PREWRITE copies what the client wrote since the load, so not in the load's own callback; POSTREAD what the device wrote.
 * Linux copies the latter when it unmaps, which here copies nothing: the driver's POSTREAD comes just before it.
 */
function sync(state: BusDmaState, map: BusDmamap, op: number): void {
  state.platform.charge(BUSDMA_SITE_SYNC, 1)
  const isFresh = poolOf(map.tag)?.freshMap === map
  if ((op & BUS_DMASYNC_PREWRITE) !== 0 && !isFresh) copy_bounced(state, map, true)
  if ((op & BUS_DMASYNC_POSTREAD) !== 0) copy_bounced(state, map, false)
}
