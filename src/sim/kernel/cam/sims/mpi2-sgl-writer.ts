import {
  CHAIN_NEXT_SHIFT,
  IO_CHAIN_OFFSET_SHIFT,
  IO_SGL,
  MPI2_FRAME_BYTES,
  SGE64_BYTES,
  SGE_64_BIT,
  SGE_CHAIN,
  SGE_END_OF_BUFFER,
  SGE_END_OF_LIST,
  SGE_HOST_TO_IOC,
  SGE_LAST_ELEMENT,
  SGE_SIMPLE,
} from '../../../machine/datasheets/mpi2.ts'
import type { PhysicalMemory } from '../../../machine/physical-memory.ts'
import type { BusDmamap } from '../../busdma/map.ts'

/** Elements that fit into the rest of a request, and into a chain frame. */
const IN_REQUEST = Math.floor((MPI2_FRAME_BYTES - IO_SGL) / SGE64_BYTES)
const IN_CHAIN = Math.floor(MPI2_FRAME_BYTES / SGE64_BYTES)

/** Bytes of chain frames that a list of `segments` elements can need. */
export function chainBytes(segments: number): number {
  if (segments <= IN_REQUEST) return 0
  return Math.ceil((segments - IN_REQUEST + 1) / (IN_CHAIN - 1)) * MPI2_FRAME_BYTES
}

/**
 * mps_push_sge: writes a map's segments as 64-bit simple elements into a request and, where they do not fit, into chain
 * frames one after another. The last element of a frame that does not end the list leads to the next frame.
 * @param frame the request @param chain its chain frames, where the processor writes them @param chainBus where the device reads them
 * @returns the chain offset of the request, in place for its word 0
 */
export function writeSgl(
  memory: PhysicalMemory,
  map: BusDmamap,
  segments: number,
  isWrite: boolean,
  frame: number,
  chain: number,
  chainBus: number,
): number {
  const flags = SGE_SIMPLE | SGE_64_BIT | (isWrite ? SGE_HOST_TO_IOC : 0)
  let at = frame + IO_SGL
  let room = segments > IN_REQUEST ? IN_REQUEST - 1 : segments
  let next = 0
  const chainOffset = segments > IN_REQUEST ? (IO_SGL + (IN_REQUEST - 1) * SGE64_BYTES) / 4 : 0
  for (let i = 0; i < segments; i++, room--, at += SGE64_BYTES) {
    if (room === 0) {
      const left = segments - i
      const isLast = left <= IN_CHAIN
      room = isLast ? left : IN_CHAIN - 1
      const bytes = (isLast ? left : IN_CHAIN) * SGE64_BYTES
      const nextChain = isLast ? 0 : (IN_CHAIN - 1) * (SGE64_BYTES / 4)
      memory.write32(at, SGE_CHAIN | SGE_64_BIT | bytes | (nextChain << CHAIN_NEXT_SHIFT))
      memory.write32(at + 4, chainBus + next)
      memory.write32(at + 8, Math.floor((chainBus + next) / 0x100000000))
      at = chain + next
      next += MPI2_FRAME_BYTES
    }
    const ends = i === segments - 1 ? SGE_LAST_ELEMENT | SGE_END_OF_BUFFER | SGE_END_OF_LIST : 0
    const lastOfFrame = room === 1 ? SGE_LAST_ELEMENT : 0
    const address = map.segAddr[i]!
    memory.write32(at, flags | ends | lastOfFrame | map.segLen[i]!)
    memory.write32(at + 4, address)
    memory.write32(at + 8, Math.floor(address / 0x100000000))
  }
  return chainOffset << IO_CHAIN_OFFSET_SHIFT
}
