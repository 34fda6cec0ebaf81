import type { Simulator } from '../engine/simulator.ts'
import {
  AHCI_PRD_BYTES,
  AHCI_PRD_COUNT,
  AHCI_PRD_COUNT_MASK,
  AHCI_SLOTS,
  COMMAND_HEADER_BYTES,
  COMMAND_TABLE_PRDT,
  FIS_COMMAND_SHIFT,
  FIS_COUNT,
  FIS_LBA_HIGH,
  FIS_LBA_LOW,
  HEADER_PRDTL_SHIFT,
  HEADER_TABLE_HIGH,
  HEADER_TABLE_LOW,
} from '../machine/datasheets/ahci.ts'
import type { AhciPort } from '../machine/datasheets/ahci.ts'
import { ATA_MAX_SECTORS } from '../machine/datasheets/ata.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import { SimulationFault } from '../machine/physical-memory.ts'
import type { Drive } from './drive.ts'
import type { SegmentList } from './segment-list.ts'

/**
 * An AHCI controller with one port and 64-bit addresses. It reads command headers, command FISes and PRD tables from
 * memory as the driver left them.
 */
export class AhciController implements AhciPort {
  private readonly simulator: Simulator
  private readonly bus: DmaBus
  private readonly segments: SegmentList
  private readonly drive: Drive
  private readonly raiseInterrupt: (at: number) => void
  private readonly finishEvent: number
  private commandList = -1
  private completed = 0
  private readonly commands = new Int32Array(AHCI_SLOTS)
  private readonly sectors = new Float64Array(AHCI_SLOTS)
  private readonly counts = new Int32Array(AHCI_SLOTS)

  constructor(
    simulator: Simulator,
    bus: DmaBus,
    segments: SegmentList,
    drive: Drive,
    raiseInterrupt: (at: number) => void,
  ) {
    this.simulator = simulator
    this.bus = bus
    this.segments = segments
    this.drive = drive
    this.raiseInterrupt = raiseInterrupt
    this.finishEvent = simulator.on((slot) => this.finish(slot))
  }

  setCommandList(address: number): void {
    this.commandList = address
  }

  issue(slot: number, at: number): void {
    const table = this.tableOf(slot)
    this.commands[slot] = (this.bus.read32(table) >>> FIS_COMMAND_SHIFT) & 0xff
    const low = this.bus.read32(table + FIS_LBA_LOW) & 0xffffff
    const high = this.bus.read32(table + FIS_LBA_HIGH) & 0xffffff
    this.sectors[slot] = high * 0x1000000 + low
    this.counts[slot] = this.bus.read32(table + FIS_COUNT) & 0xffff || ATA_MAX_SECTORS
    const doneAt = this.drive.accept(this.commands[slot], this.sectors[slot], this.counts[slot], at)
    this.simulator.schedule(doneAt, this.finishEvent, slot)
  }

  takeCompleted(): number {
    const slots = this.completed
    this.completed = 0
    return slots
  }

  private finish(slot: number): void {
    this.readPrdTable(slot)
    const now = this.simulator.now
    this.drive.finish(this.commands[slot]!, this.sectors[slot]!, this.counts[slot]!, this.segments, now)
    const pending = this.completed !== 0
    this.completed |= 1 << slot
    if (!pending) this.raiseInterrupt(now)
  }

  private readPrdTable(slot: number): void {
    const entries = this.bus.read32(this.commandList + slot * COMMAND_HEADER_BYTES) >>> HEADER_PRDTL_SHIFT
    this.segments.clear()
    let prd = this.tableOf(slot) + COMMAND_TABLE_PRDT
    for (let i = 0; i < entries; i++, prd += AHCI_PRD_BYTES) {
      const address = this.bus.read32(prd + 4) * 0x100000000 + this.bus.read32(prd)
      const bytes = (this.bus.read32(prd + AHCI_PRD_COUNT) & AHCI_PRD_COUNT_MASK) + 1
      if (((address | bytes) & 1) !== 0)
        throw new SimulationFault(`AHCI PRD ${i} is odd: 0x${address.toString(16)}+${bytes}`)
      this.segments.add(address, bytes)
    }
  }

  private tableOf(slot: number): number {
    const header = this.commandList + slot * COMMAND_HEADER_BYTES
    return (
      this.bus.read32(header + HEADER_TABLE_HIGH) * 0x100000000 + this.bus.read32(header + HEADER_TABLE_LOW)
    )
  }
}
