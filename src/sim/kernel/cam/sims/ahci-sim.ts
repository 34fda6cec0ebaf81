import {
  AHCI_PRD_BYTES,
  AHCI_PRD_COUNT,
  AHCI_SLOTS,
  COMMAND_HEADER_BYTES,
  COMMAND_LIST_BYTES,
  COMMAND_TABLE_PRDT,
  FIS_COMMAND_SHIFT,
  FIS_COUNT,
  FIS_LBA_HIGH,
  FIS_LBA_LOW,
  FIS_REG_H2D,
  HEADER_BYTE_COUNT,
  HEADER_PRDTL_SHIFT,
  HEADER_TABLE_HIGH,
  HEADER_TABLE_LOW,
  HEADER_WRITE,
} from '../../../machine/datasheets/ahci.ts'
import type { AhciPort } from '../../../machine/datasheets/ahci.ts'
import {
  ATA_IDENTIFY_DEVICE_DMA,
  ATA_READ_FPDMA_QUEUED,
  ATA_WRITE_FPDMA_QUEUED,
} from '../../../machine/datasheets/ata.ts'
import { SECTOR_SIZE } from '../../../machine/page.ts'
import { BUS_SPACE_MAXADDR_32BIT } from '../../busdma/constants.ts'
import type { BusDmamap } from '../../busdma/map.ts'
import { Site } from '../../call-sites.ts'
import type { Ccb } from '../ccb.ts'
import { allocateControl } from './control-memory.ts'
import type { ControlMemory } from './control-memory.ts'
import { DmaSim, statusOf } from './dma-sim.ts'
import type { CommandStarter, DmaSimParts, DriverLimits } from './dma-sim.ts'
import { NcqOrder } from './ncq-order.ts'

const FIS_WORDS = 5

const COMMANDS = {
  read: ATA_READ_FPDMA_QUEUED,
  write: ATA_WRITE_FPDMA_QUEUED,
  capacity: ATA_IDENTIFY_DEVICE_DMA,
} as const

/** The AHCI driver, after DragonFly's (ahci_attach.c, ahci_cam.c). */
export class AhciSim implements CommandStarter {
  readonly protocol = 'ata'
  readonly sim: DmaSim
  private readonly port: AhciPort
  private readonly order: NcqOrder
  private readonly commandList: ControlMemory
  private readonly tables: ControlMemory[]

  constructor(parts: DmaSimParts, limits: DriverLimits, port: AhciPort) {
    this.port = port
    const { busdma } = parts
    const entries = limits.tags.at(-1)?.nsegments ?? 0
    const tableBytes = COMMAND_TABLE_PRDT + entries * AHCI_PRD_BYTES
    const slots = Math.min(limits.slots, AHCI_SLOTS)
    this.commandList = allocateControl(busdma, COMMAND_LIST_BYTES, BUS_SPACE_MAXADDR_32BIT)
    this.tables = Array.from({ length: slots }, () =>
      allocateControl(busdma, tableBytes, BUS_SPACE_MAXADDR_32BIT),
    )
    this.sim = new DmaSim(parts, this, { ...limits, slots })
    this.order = new NcqOrder(slots, (slot) => port.issue(slot, parts.machine.cpu.clock))
    port.setCommandList(this.commandList.bus)
  }

  /** Writes the command header, the command FIS and the PRD table, and rings the doorbell. */
  start(slot: number, ccb: Ccb, map: BusDmamap, segments: number, from: number, bytes: number): void {
    const { machine } = this.sim.parts
    const { memory, cost } = machine
    machine.accounting.enter(Site.ahci_start)
    const header = this.commandList.physical + slot * COMMAND_HEADER_BYTES
    const isPass = ccb.operation === 'pass'
    const command = ccb.operation === 'pass' ? ccb.cdb[0]! : COMMANDS[ccb.operation]
    const sector = isPass ? ccb.cdb[1]! : ccb.sector + from / SECTOR_SIZE
    const { physical: table, bus } = this.tables[slot]!
    memory.write32(header, FIS_WORDS | (ccb.isOut ? HEADER_WRITE : 0) | (segments << HEADER_PRDTL_SHIFT))
    memory.write32(header + HEADER_BYTE_COUNT, 0)
    memory.write32(header + HEADER_TABLE_LOW, bus)
    memory.write32(header + HEADER_TABLE_HIGH, Math.floor(bus / 0x100000000))
    memory.write32(table, FIS_REG_H2D | (command << FIS_COMMAND_SHIFT))
    memory.write32(table + FIS_LBA_LOW, sector % 0x1000000)
    memory.write32(table + FIS_LBA_HIGH, Math.floor(sector / 0x1000000))
    memory.write32(table + FIS_COUNT, (bytes / SECTOR_SIZE) & 0xffff)
    let prd = table + COMMAND_TABLE_PRDT
    for (let i = 0; i < segments; i++, prd += AHCI_PRD_BYTES) {
      const address = map.segAddr[i]!
      memory.write32(prd, address)
      memory.write32(prd + 4, Math.floor(address / 0x100000000))
      memory.write32(prd + AHCI_PRD_COUNT, map.segLen[i]! - 1)
    }
    machine.charge(Site.prd, segments * cost.driverPerSegment)
    machine.charge(Site.ahci_start, cost.driverCommand)
    machine.accounting.leave()
    this.order.start(slot, command === ATA_READ_FPDMA_QUEUED || command === ATA_WRITE_FPDMA_QUEUED)
  }

  /** The interrupt handler: completes every slot that the port reports. */
  interrupt(): void {
    let slots = this.port.takeCompleted()
    const failed = this.port.takeFailed()
    for (; slots !== 0; slots &= slots - 1) {
      const slot = 31 - Math.clz32(slots & -slots)
      this.order.ended(slot)
      this.sim.complete(slot, statusOf((failed & (1 << slot)) !== 0))
    }
    this.order.goOn()
  }
}
