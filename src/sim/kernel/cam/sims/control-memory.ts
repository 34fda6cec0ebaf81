import { PAGE_SIZE } from '../../../machine/page.ts'
import { SimulationFault } from '../../../machine/physical-memory.ts'
import type { PageAllocator } from '../../vm/page-allocator.ts'

/** Memory for what a driver and its device tell one another: rings, tables, mailboxes. */
export interface ControlMemory {
  /** Where the processor writes it. */
  readonly physical: number
  /** Where the device reads it. */
  readonly bus: number
}

/** Allocates control memory for a device: whole pages, contiguous, that end at or below `limit`. */
export function allocateControl(
  pages: PageAllocator,
  bytes: number,
  limit: number,
  boundary = 0,
): ControlMemory {
  const pfn = pages.contigmalloc(Math.ceil(bytes / PAGE_SIZE), 0, limit, PAGE_SIZE, boundary)
  if (pfn < 0) throw new SimulationFault(`no memory below 0x${limit.toString(16)} for a driver's tables`)
  return { physical: pfn * PAGE_SIZE, bus: pfn * PAGE_SIZE }
}
