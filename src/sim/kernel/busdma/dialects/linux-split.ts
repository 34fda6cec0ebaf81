import { EFAULT, EFBIG, EINVAL, OK, type Errno } from '../../errno.ts'
import { PAGE_MASK, PAGE_SIZE } from '../constants.ts'
import type { BusDmamap } from '../map.ts'
import { is_misaligned } from '../needs-bounce.ts'
import { paddrOrHole } from '../paddr.ts'
import { BUSDMA_SITE_PAGE_STEP } from '../platform.ts'
import type { BusDmaState } from '../state.ts'
import type { BusDmaTag } from '../tag.ts'
import type { UserPages } from '../uio-vector.ts'

/** A request is split at a multiple of it: the sector, the least logical block of any disk. */
export const LOGICAL_BLOCK = 512

/** get_max_segment_size: what a segment that starts at `start` may hold, up to the boundary. */
function max_segment_size(tag: BusDmaTag, start: number): number {
  if (tag.boundary === 0) return tag.maxsegsz
  return Math.min(tag.maxsegsz, (Math.floor(start * tag.boundaryInverse) + 1) * tag.boundary - start)
}

/**
 * Adds one piece to the map's segments, in the manner of bvec_split_segs: neighbouring pages count as one stretch, which
 * is cut into pieces of max_segment_size. Stops when the segments are used up or hold `mostBytes` bytes;
 * `map.loadedBytes` tells how far it came. EFAULT: a hole in a process's memory. EINVAL: a segment would start
 * misaligned, which Linux's block layer lets no request do that comes this far.
 */
export function bvec_split_segs(
  state: BusDmaState,
  map: BusDmamap,
  pages: Int32Array | null,
  space: UserPages | null,
  buf: number,
  buflen: number,
  mostBytes: number,
): Errno {
  const { tag, segAddr, segLen } = map
  let seg = map.nsegs
  let next = seg === 0 ? -1 : (segAddr[seg - 1] as number) + (segLen[seg - 1] as number)
  let room = seg === 0 ? 0 : max_segment_size(tag, segAddr[seg - 1] as number) - (segLen[seg - 1] as number)
  let at = buf
  let left = Math.min(buflen, mostBytes - map.loadedBytes)
  let steps = 0
  let error: Errno = OK
  let isFull = false

  while (left > 0 && !isFull) {
    let paddr = paddrOrHole(state, pages, space, at)
    if (paddr < 0) {
      error = EFAULT
      break
    }
    let size = Math.min(PAGE_SIZE - (paddr & PAGE_MASK), left)
    at += size
    left -= size
    steps++
    while (size > 0) {
      if (paddr !== next || room === 0) {
        isFull = seg === tag.nsegments
        if (isFull) break
        if (is_misaligned(tag, paddr)) {
          error = EINVAL
          break
        }
        segAddr[seg] = paddr
        segLen[seg] = 0
        seg++
        room = max_segment_size(tag, paddr)
      }
      const bytes = Math.min(size, room)
      segLen[seg - 1] = (segLen[seg - 1] as number) + bytes
      map.loadedBytes += bytes
      room -= bytes
      paddr += bytes
      size -= bytes
      next = paddr
    }
    if (error !== OK) break
  }

  map.nsegs = seg
  state.platform.charge(BUSDMA_SITE_PAGE_STEP, steps)
  return error
}

/** Takes from the end of a split request what is no whole logical block. EFBIG: nothing is left. */
export function round_to_blocks(map: BusDmamap): Errno {
  const { segLen } = map
  let excess = map.loadedBytes % LOGICAL_BLOCK
  map.loadedBytes -= excess
  while (excess > 0) {
    const last = segLen[map.nsegs - 1] as number
    if (last > excess) {
      segLen[map.nsegs - 1] = last - excess
      break
    }
    excess -= last
    map.nsegs--
  }
  return map.loadedBytes > 0 ? OK : EFBIG
}
