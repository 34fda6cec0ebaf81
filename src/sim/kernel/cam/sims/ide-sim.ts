import {
  ATA_IDENTIFY_DEVICE_DMA,
  ATA_READ_DMA_EXT,
  ATA_WRITE_DMA_EXT,
} from '../../../machine/datasheets/ata.ts'
import { IDE_PRD_BOUNDARY, IDE_PRD_BYTES, IDE_PRD_EOT } from '../../../machine/datasheets/bus-master-ide.ts'
import type { IdeChannel } from '../../../machine/datasheets/bus-master-ide.ts'
import { PAGE_SIZE } from '../../../machine/page.ts'
import { SimulationFault } from '../../../machine/physical-memory.ts'
import { BUS_SPACE_MAXADDR, BUS_SPACE_MAXADDR_32BIT } from '../../busdma/constants.ts'
import type { BusDmamap } from '../../busdma/map.ts'
import { Site } from '../../call-sites.ts'
import type { PageAllocator } from '../../vm/page-allocator.ts'
import type { Ccb } from '../ccb.ts'
import { DmaSim } from './dma-sim.ts'
import type { CommandStarter, DmaSimParts } from './dma-sim.ts'

const COMMANDS = {
  read: ATA_READ_DMA_EXT,
  write: ATA_WRITE_DMA_EXT,
  identify: ATA_IDENTIFY_DEVICE_DMA,
} as const

/** The bus-master IDE driver, with the data tag of DragonFly's nata: 32-bit addresses, regions within 64 KiB lines. */
export class IdeSim implements CommandStarter {
  readonly sim: DmaSim
  private readonly channel: IdeChannel
  private readonly prdTable: number

  constructor(parts: DmaSimParts, pages: PageAllocator, channel: IdeChannel) {
    this.channel = channel
    const pfn = pages.contigmalloc(1, 0, BUS_SPACE_MAXADDR_32BIT, PAGE_SIZE, 0)
    if (pfn < 0) throw new SimulationFault('no low memory for the IDE PRD table')
    this.prdTable = pfn * PAGE_SIZE
    this.sim = new DmaSim(parts, this, 1, {
      alignment: 2,
      boundary: IDE_PRD_BOUNDARY,
      lowaddr: BUS_SPACE_MAXADDR_32BIT,
      highaddr: BUS_SPACE_MAXADDR,
      maxsize: 65536,
      nsegments: 256,
      maxsegsz: 65536,
      flags: 0,
    })
  }

  /** Writes the PRD table and the task file, and starts the bus master. */
  start(_slot: number, ccb: Ccb, map: BusDmamap, segments: number): void {
    const { machine } = this.sim.parts
    machine.accounting.enter(Site.ata_dma_start)
    for (let i = 0; i < segments; i++) {
      const prd = this.prdTable + i * IDE_PRD_BYTES
      machine.memory.write32(prd, map.segAddr[i]!)
      machine.memory.write32(prd + 4, (map.segLen[i]! & 0xffff) | (i === segments - 1 ? IDE_PRD_EOT : 0))
    }
    machine.charge(Site.prd, segments * machine.cost.driverPerSegment)
    machine.charge(Site.ata_dma_start, machine.cost.driverCommand)
    machine.accounting.leave()
    this.channel.writeTaskFile(COMMANDS[ccb.operation], ccb.sector, ccb.sectors)
    this.channel.setPrdTable(this.prdTable)
    this.channel.start(machine.cpu.clock)
  }

  /** The interrupt handler. */
  interrupt(): void {
    if (this.channel.takeInterrupt()) this.sim.complete(0)
  }
}
