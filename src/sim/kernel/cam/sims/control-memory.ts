import { PAGE_SIZE } from '../../../machine/page.ts'
import { SimulationFault } from '../../../machine/physical-memory.ts'
import type { BusDma } from '../../busdma/busdma.ts'
import { BUS_SPACE_MAXADDR } from '../../busdma/constants.ts'
import type { DmaMemory } from '../../busdma/dmamem.ts'

/** Memory for what a driver and its device tell one another: rings, tables, mailboxes. */
export type ControlMemory = DmaMemory

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
  if (memory === null)
    throw new SimulationFault(`no memory below 0x${limit.toString(16)} for a driver's tables`)
  return memory
}
