import { EINVAL, ENOMEM, OK, type Errno } from '../errno.ts'
import { BUS_SPACE_MAXADDR, PAGE_SIZE, pagesOf } from './constants.ts'
import type { BusDmaPlatform } from './platform.ts'
import { lastPageOf, pageAlignmentOf, reachOf, type BusDmaTag } from './tag.ts'

/** Control memory of a driver: rings, command lists. */
export interface DmaMemory {
  /** Address for the processor: of the first byte, as all bytes are contiguous. */
  readonly physical: number
  /** Address for the device. */
  readonly bus: number
  readonly bytes: number
}

/** `memory` is null when `error` is not OK. */
export interface DmaMemoryAllocated {
  readonly error: Errno
  readonly memory: DmaMemory | null
}

/** Physical memory takes the tag's limits itself; behind an IOMMU it is the I/O virtual addresses that take them. */
export function alloc_control_memory(platform: BusDmaPlatform, tag: BusDmaTag): DmaMemoryAllocated {
  const { maxsize: bytes, alignment, boundary } = tag
  const iommu = platform.iommu ?? null
  const pages = pagesOf(bytes)
  if (pages === 0) return failed(EINVAL)
  if (boundary !== 0 && bytes > boundary) return failed(ENOMEM)
  // What fits into a boundary below a page crosses none from the start of a page on.
  const pfn =
    iommu === null
      ? platform.allocContiguous(pages, reachOf(tag), alignment, boundary < PAGE_SIZE ? 0 : boundary)
      : platform.allocContiguous(pages, BUS_SPACE_MAXADDR, PAGE_SIZE, 0)
  if (pfn < 0) return failed(ENOMEM)
  const physical = pfn * PAGE_SIZE
  if (iommu === null) return { error: OK, memory: { physical, bus: physical, bytes } }
  // A range starts at a multiple of its size, so it crosses no boundary that it fits into.
  const first = iommu.map_control(pfn, pages, lastPageOf(tag), pageAlignmentOf(tag))
  if (first < 0) {
    platform.freeContiguous(pfn, pages)
    return failed(ENOMEM)
  }
  return { error: OK, memory: { physical, bus: first * PAGE_SIZE, bytes } }
}

export function free_control_memory(platform: BusDmaPlatform, memory: DmaMemory): void {
  const pages = pagesOf(memory.bytes)
  platform.iommu?.unmap_control(memory.bus / PAGE_SIZE, pages)
  platform.freeContiguous(memory.physical / PAGE_SIZE, pages)
}

function failed(error: Errno): DmaMemoryAllocated {
  return { error, memory: null }
}
