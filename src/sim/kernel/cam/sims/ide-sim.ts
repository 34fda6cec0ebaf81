import {
  ATA_IDENTIFY_DEVICE_DMA,
  ATA_READ_DMA_EXT,
  ATA_WRITE_DMA_EXT,
} from '../../../machine/datasheets/ata.ts'
import { IDE_PRD_BOUNDARY, IDE_PRD_BYTES, IDE_PRD_EOT } from '../../../machine/datasheets/bus-master-ide.ts'
import type { IdeChannel } from '../../../machine/datasheets/bus-master-ide.ts'
import { SECTOR_SIZE } from '../../../machine/page.ts'
import { BUS_SPACE_MAXADDR_32BIT } from '../../busdma/constants.ts'
import type { BusDmamap } from '../../busdma/map.ts'
import { Site } from '../../call-sites.ts'
import type { Ccb } from '../ccb.ts'
import { allocateControl } from './control-memory.ts'
import type { ControlMemory } from './control-memory.ts'
import { DmaSim, statusOf } from './dma-sim.ts'
import type { CommandStarter, DmaSimParts, DriverLimits } from './dma-sim.ts'

const COMMANDS = {
  read: ATA_READ_DMA_EXT,
  write: ATA_WRITE_DMA_EXT,
  capacity: ATA_IDENTIFY_DEVICE_DMA,
} as const

/** The bus-master IDE driver, after DragonFly's nata: one command at a time, a PRD table within a 64 KiB line. */
export class IdeSim implements CommandStarter {
  readonly protocol = 'ata'
  readonly sim: DmaSim
  private readonly channel: IdeChannel
  private readonly prdTable: ControlMemory

  constructor(parts: DmaSimParts, limits: DriverLimits, channel: IdeChannel) {
    this.channel = channel
    const tableBytes = (limits.tags.at(-1)?.nsegments ?? 0) * IDE_PRD_BYTES
    this.prdTable = allocateControl(parts.busdma, tableBytes, BUS_SPACE_MAXADDR_32BIT, IDE_PRD_BOUNDARY)
    this.sim = new DmaSim(parts, this, { ...limits, slots: 1 })
  }

  /** Writes the PRD table and the task file, and starts the bus master. */
  start(_slot: number, ccb: Ccb, map: BusDmamap, segments: number, from: number, bytes: number): void {
    const { machine } = this.sim.parts
    machine.accounting.enter(Site.ata_dma_start)
    for (let i = 0; i < segments; i++) {
      const prd = this.prdTable.physical + i * IDE_PRD_BYTES
      machine.memory.write32(prd, map.segAddr[i]!)
      machine.memory.write32(prd + 4, (map.segLen[i]! & 0xffff) | (i === segments - 1 ? IDE_PRD_EOT : 0))
    }
    machine.charge(Site.prd, segments * machine.cost.driverPerSegment)
    machine.charge(Site.ata_dma_start, machine.cost.driverCommand)
    machine.accounting.leave()
    if (ccb.operation === 'pass') this.channel.writeTaskFile(ccb.cdb[0]!, ccb.cdb[1]!, bytes / SECTOR_SIZE)
    else
      this.channel.writeTaskFile(
        COMMANDS[ccb.operation],
        ccb.sector + from / SECTOR_SIZE,
        bytes / SECTOR_SIZE,
      )
    this.channel.setPrdTable(this.prdTable.bus)
    this.channel.start(machine.cpu.clock)
  }

  /** The interrupt handler. */
  interrupt(): void {
    if (this.channel.takeInterrupt()) this.sim.complete(0, statusOf(this.channel.error))
  }
}
