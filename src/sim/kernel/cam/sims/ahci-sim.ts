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
import { PAGE_SIZE } from '../../../machine/page.ts'
import { SimulationFault } from '../../../machine/physical-memory.ts'
import { BUS_SPACE_MAXADDR, BUS_SPACE_MAXADDR_32BIT } from '../../busdma/constants.ts'
import type { BusDmamap } from '../../busdma/map.ts'
import { Site } from '../../call-sites.ts'
import type { PageAllocator } from '../../vm/page-allocator.ts'
import type { Ccb } from '../ccb.ts'
import { DmaSim } from './dma-sim.ts'
import type { CommandStarter, DmaSimParts } from './dma-sim.ts'

/** PRDs of one command table: what DragonFly's driver provides. */
const AHCI_PRDS = 1016
const FIS_WORDS = 5
const TABLE_PAGES = Math.ceil((COMMAND_TABLE_PRDT + AHCI_PRDS * AHCI_PRD_BYTES) / PAGE_SIZE)

const COMMANDS = {
  read: ATA_READ_FPDMA_QUEUED,
  write: ATA_WRITE_FPDMA_QUEUED,
  identify: ATA_IDENTIFY_DEVICE_DMA,
} as const

/** The AHCI driver, with the data tag of DragonFly's (ahci_attach.c): segments of 64 KiB, no address limit. */
export class AhciSim implements CommandStarter {
  readonly sim: DmaSim
  private readonly port: AhciPort
  private readonly commandList: number
  private readonly tables: number[]

  constructor(parts: DmaSimParts, pages: PageAllocator, port: AhciPort) {
    this.port = port
    this.commandList = allocate(pages, Math.ceil(COMMAND_LIST_BYTES / PAGE_SIZE))
    this.tables = Array.from({ length: AHCI_SLOTS }, () => allocate(pages, TABLE_PAGES))
    this.sim = new DmaSim(parts, this, AHCI_SLOTS, {
      alignment: 4,
      boundary: 0,
      lowaddr: BUS_SPACE_MAXADDR,
      highaddr: BUS_SPACE_MAXADDR,
      maxsize: 4 * 1024 * 1024,
      nsegments: AHCI_PRDS,
      maxsegsz: 65536,
      flags: 0,
    })
    port.setCommandList(this.commandList)
  }

  /** Writes the command header, the command FIS and the PRD table, and rings the doorbell. */
  start(slot: number, ccb: Ccb, map: BusDmamap, segments: number): void {
    const { machine } = this.sim.parts
    const { memory, cost } = machine
    machine.accounting.enter(Site.ahci_start)
    const header = this.commandList + slot * COMMAND_HEADER_BYTES
    const table = this.tables[slot]!
    memory.write32(
      header,
      FIS_WORDS | (ccb.operation === 'write' ? HEADER_WRITE : 0) | (segments << HEADER_PRDTL_SHIFT),
    )
    memory.write32(header + HEADER_TABLE_LOW, table)
    memory.write32(header + HEADER_TABLE_HIGH, 0)
    memory.write32(table, FIS_REG_H2D | (COMMANDS[ccb.operation] << FIS_COMMAND_SHIFT))
    memory.write32(table + FIS_LBA_LOW, ccb.sector & 0xffffff)
    memory.write32(table + FIS_LBA_HIGH, Math.floor(ccb.sector / 0x1000000))
    memory.write32(table + FIS_COUNT, ccb.sectors & 0xffff)
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
    this.port.issue(slot, machine.cpu.clock)
  }

  /** The interrupt handler: completes every slot that the port reports. */
  interrupt(): void {
    for (let slots = this.port.takeCompleted(); slots !== 0; slots &= slots - 1) {
      this.sim.complete(31 - Math.clz32(slots & -slots))
    }
  }
}

function allocate(pages: PageAllocator, count: number): number {
  const pfn = pages.contigmalloc(count, 0, BUS_SPACE_MAXADDR_32BIT, PAGE_SIZE, 0)
  if (pfn < 0) throw new SimulationFault('no low memory for the AHCI command tables')
  return pfn * PAGE_SIZE
}
