import { PAGE_SIZE } from '../../../machine/page.ts'
import { SimulationFault } from '../../../machine/physical-memory.ts'
import type { BusDma } from '../../busdma/busdma.ts'
import { BUS_SPACE_MAXADDR } from '../../busdma/constants.ts'
import type { DmaMemory } from '../../busdma/dmamem.ts'
import type { PageAllocator } from '../../vm/page-allocator.ts'

/** Memory for what a driver and its device tell one another: rings, tables, mailboxes. */
export type ControlMemory = DmaMemory

/**
 * Allocates control memory for a device whose driver knows no BUSDMA and gives it physical addresses: whole pages, contiguous,
 * that end at or below `limit`.
 */
export function allocateWired(pages: PageAllocator, bytes: number, limit: number): ControlMemory {
  const pfn = pages.contigmalloc(Math.ceil(bytes / PAGE_SIZE), 0, limit, PAGE_SIZE, 0)
  if (pfn < 0) throw noMemory(limit)
  return { physical: pfn * PAGE_SIZE, bus: pfn * PAGE_SIZE, bytes }
}

/**
 * Allocates control memory under a tag of its own (bus_dmamem_alloc): page aligned, contiguous, and at bus addresses up to
 * `limit` that cross no multiple of `boundary` (0: any).
 */
export function allocateControl(busdma: BusDma, bytes: number, limit: number, boundary = 0): ControlMemory {
  const { tag } = busdma.bus_dma_tag_create(null, {
    alignment: PAGE_SIZE,
    boundary,
    lowaddr: limit,
    highaddr: BUS_SPACE_MAXADDR,
    maxsize: bytes,
    nsegments: 1,
    maxsegsz: bytes,
    flags: 0,
  })
  const memory = tag === null ? null : busdma.bus_dmamem_alloc(tag).memory
  if (memory === null) throw noMemory(limit)
  return memory
}

function noMemory(limit: number): SimulationFault {
  return new SimulationFault(`no memory below 0x${limit.toString(16)} for a driver's tables`)
}
