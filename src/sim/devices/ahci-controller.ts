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
  HEADER_BYTE_COUNT,
  HEADER_PRDTL_SHIFT,
  HEADER_TABLE_LOW,
} from '../machine/datasheets/ahci.ts'
import type { AhciPort } from '../machine/datasheets/ahci.ts'
import { ATA_MAX_SECTORS } from '../machine/datasheets/ata.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import { AtaDrive, isQueuedCommand } from './ata-command.ts'
import type { DeviceParts } from './device-parts.ts'
import { DRIVE_OK } from './drive.ts'
import type { Drive } from './drive.ts'
import type { InterruptLine } from './interrupt-line.ts'
import type { SegmentList } from './segment-list.ts'

const QUEUED = 1
const UNQUEUED = 2

/**
 * An AHCI controller with one port. It reads command headers, command FISes and PRD tables from memory as the driver left
 * them, and writes the bytes it moved back into the header.
 */
export class AhciController implements AhciPort {
  private readonly simulator: Simulator
  private readonly bus: DmaBus
  private readonly segments: SegmentList
  private readonly drive: Drive
  private readonly ata: AtaDrive
  private readonly interrupt: InterruptLine
  private readonly finishEvent: number
  private commandList = -1
  private completed = 0
  /** Commands at the drive, and whether they are queued ones: it takes no others beside those. */
  private inFlight = 0
  private kind = QUEUED
  private failed = 0
  private readonly commands = new Int32Array(AHCI_SLOTS)
  private readonly sectors = new Float64Array(AHCI_SLOTS)
  private readonly counts = new Int32Array(AHCI_SLOTS)

  constructor(parts: DeviceParts) {
    this.simulator = parts.simulator
    this.bus = parts.bus
    this.segments = parts.segments
    this.drive = parts.drive
    this.ata = new AtaDrive(parts.drive)
    this.interrupt = parts.interrupts[0]!
    this.finishEvent = parts.simulator.on((slot) => this.finish(slot))
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
    const kind = isQueuedCommand(this.commands[slot]) ? QUEUED : UNQUEUED
    if (this.inFlight > 0 && (kind === UNQUEUED || this.kind === UNQUEUED))
      this.bus.reject(`AHCI: queued and other commands at the drive at one time (slot ${slot})`)
    this.kind = kind
    this.inFlight++
    const doneAt = this.ata.accept(this.commands[slot], this.sectors[slot], this.counts[slot], at)
    this.simulator.schedule(doneAt, this.finishEvent, slot)
  }

  takeCompleted(): number {
    const slots = this.completed
    this.completed = 0
    this.interrupt.acknowledge()
    return slots
  }

  takeFailed(): number {
    const slots = this.failed
    this.failed = 0
    return slots
  }

  private finish(slot: number): void {
    this.inFlight--
    this.readPrdTable(slot)
    const now = this.simulator.now
    const status = this.ata.finish(
      this.commands[slot]!,
      this.sectors[slot]!,
      this.counts[slot]!,
      this.segments,
      now,
    )
    if (status !== DRIVE_OK) this.failed |= 1 << slot
    this.bus.write32(
      this.commandList + slot * COMMAND_HEADER_BYTES + HEADER_BYTE_COUNT,
      this.drive.movedBytes,
    )
    this.completed |= 1 << slot
    if (this.drive.losesInterrupt) this.interrupt.loseNext()
    this.interrupt.completed(now + this.bus.takeDelay())
  }

  private readPrdTable(slot: number): void {
    const entries = this.bus.read32(this.commandList + slot * COMMAND_HEADER_BYTES) >>> HEADER_PRDTL_SHIFT
    this.segments.start(this.ata.readsMedium(this.commands[slot]!))
    let prd = this.tableOf(slot) + COMMAND_TABLE_PRDT
    for (let i = 0; i < entries; i++, prd += AHCI_PRD_BYTES) {
      const address = this.bus.readAddress(prd)
      const bytes = (this.bus.read32(prd + AHCI_PRD_COUNT) & AHCI_PRD_COUNT_MASK) + 1
      if (((address | bytes) & 1) !== 0) {
        this.bus.reject(`AHCI PRD ${i} is odd: 0x${address.toString(16)}+${bytes}`)
        this.segments.refuse()
        return
      }
      this.segments.add(address, bytes)
    }
  }

  private tableOf(slot: number): number {
    return this.bus.readAddress(this.commandList + slot * COMMAND_HEADER_BYTES + HEADER_TABLE_LOW)
  }
}
