import {
  CHAIN_LENGTH_MASK,
  CHAIN_NEXT_SHIFT,
  MPI2_FRAME_BYTES,
  SGE32_BYTES,
  SGE64_BYTES,
  SGE_64_BIT,
  SGE_CHAIN,
  SGE_END_OF_LIST,
  SGE_HOST_TO_IOC,
  SGE_LENGTH_MASK,
  SGE_SIMPLE,
  SGE_TYPE_MASK,
} from '../machine/datasheets/mpi2.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import type { SegmentList } from './segment-list.ts'

/** Parts that the controller follows a list through. */
const MAX_CHAIN_DEPTH = 128

/**
 * Collects the segments of a scatter/gather list: simple elements in a frame, and chain elements that lead to more.
 * @param frame address of the request @param offset of its list @param chainOffset of its chain element, 0 for none
 * @returns what is wrong with the list; empty when nothing is
 */
export function collectSgl(
  bus: DmaBus,
  segments: SegmentList,
  frame: number,
  offset: number,
  chainOffset: number,
  toMemory: boolean,
): string {
  let at = frame + offset
  let end = frame + MPI2_FRAME_BYTES
  let chain = chainOffset === 0 ? -1 : frame + chainOffset
  for (let depth = 0; depth < MAX_CHAIN_DEPTH;) {
    if (at + SGE32_BYTES > end) return 'an SGL that leaves its frame without an end'
    const flags = bus.read32(at)
    const isWide = (flags & SGE_64_BIT) !== 0
    if (at + (isWide ? SGE64_BYTES : SGE32_BYTES) > end) return 'an SGL element that leaves its frame'
    const address = isWide ? bus.readAddress(at + 4) : bus.read32(at + 4)
    if (at === chain) {
      if ((flags & SGE_TYPE_MASK) !== SGE_CHAIN) return 'no chain element where its chain offset says'
      depth++
      at = address
      end = address + (flags & CHAIN_LENGTH_MASK)
      const next = ((flags >>> CHAIN_NEXT_SHIFT) & 0xff) * 4
      chain = next === 0 ? -1 : address + next
      continue
    }
    if ((flags & SGE_TYPE_MASK) !== SGE_SIMPLE) return 'an SGL element of the wrong type'
    const length = flags & SGE_LENGTH_MASK
    if (length > 0) {
      if (((flags & SGE_HOST_TO_IOC) === 0) !== toMemory) return 'an SGL element in the wrong direction'
      segments.add(address, length)
    }
    if ((flags & SGE_END_OF_LIST) !== 0) return ''
    at += isWide ? SGE64_BYTES : SGE32_BYTES
  }
  return `an SGL of more than ${MAX_CHAIN_DEPTH} parts`
}
