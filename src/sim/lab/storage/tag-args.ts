import {
  BUS_DMA_ALIGNED,
  BUS_DMA_ALLOCALL,
  BUS_DMA_ALLOCNOW,
  BUS_DMA_KEEP_PG_OFFSET,
  BUS_DMA_ONEBPAGE,
  BUS_DMA_PRIVBZONE,
  BUS_SPACE_MAXADDR,
} from '../../kernel/busdma/constants.ts'
import type { BusDmaTagArgs } from '../../kernel/busdma/tag.ts'
import type { TagFlag, TagLimits } from '../device-profile.ts'

const FLAGS: Readonly<Record<TagFlag, number>> = {
  ALLOCNOW: BUS_DMA_ALLOCNOW,
  ALIGNED: BUS_DMA_ALIGNED,
  ONEBPAGE: BUS_DMA_ONEBPAGE,
  PRIVBZONE: BUS_DMA_PRIVBZONE,
  ALLOCALL: BUS_DMA_ALLOCALL,
  KEEP_PG_OFFSET: BUS_DMA_KEEP_PG_OFFSET,
}

/** The arguments of bus_dma_tag_create that a profile's tag stands for. */
export function tagArgsOf(limits: TagLimits): BusDmaTagArgs {
  return {
    ...limits,
    lowaddr: limits.lowaddr ?? BUS_SPACE_MAXADDR,
    highaddr: limits.highaddr ?? BUS_SPACE_MAXADDR,
    flags: limits.flags.reduce((bits, flag) => bits | FLAGS[flag], 0),
  }
}
