import { BusDma } from '../../../../src/sim/kernel/busdma/busdma.ts'
import { iommu } from '../../../../src/sim/kernel/busdma/dialects/iommu.ts'
import type { BusDmamap } from '../../../../src/sim/kernel/busdma/map.ts'
import type { BusDmaTag, BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import { errnoName } from '../../../../src/sim/kernel/errno.ts'
import type { IommuDomain } from '../../../../src/sim/kernel/iommu/domain.ts'
import { DomainBench } from '../iommu/domain-bench.ts'
import { SmallMachine, UNRESTRICTED } from './small-machine.ts'

/** A small machine whose devices see memory through an IOMMU. */
class IommuMachine extends SmallMachine {
  readonly iommu: IommuDomain

  constructor(domain: IommuDomain) {
    super()
    this.iommu = domain
  }
}

/** BUSDMA behind an IOMMU. */
export class IommuBench extends DomainBench {
  readonly platform = new IommuMachine(this.domain)
  readonly busdma = new BusDma(this.platform, iommu)

  tag(args: Partial<BusDmaTagArgs>, parent: BusDmaTag | null = null): BusDmaTag {
    const { tag, error } = this.busdma.bus_dma_tag_create(parent, { ...UNRESTRICTED, ...args })
    if (tag === null) throw new Error(`tag: ${errnoName(error)}`)
    return tag
  }

  mapOf(tag: BusDmaTag): BusDmamap {
    const { map, error } = this.busdma.bus_dmamap_create(tag, 0)
    if (map === null) throw new Error(`map: ${errnoName(error)}`)
    return map
  }

  /** Segments of the last load. */
  segments(map: BusDmamap): [bus: number, bytes: number][] {
    return Array.from({ length: map.nsegs }, (_, i) => [map.segAddr[i]!, map.segLen[i]!])
  }

  /** I/O pages that nobody gave back and that wait for no flush. */
  get pagesKept(): number {
    return this.domain.iovas.taken - this.domain.pagesQueued
  }
}
