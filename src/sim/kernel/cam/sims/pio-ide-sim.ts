import {
  ATA_IDENTIFY_DEVICE,
  ATA_LBA28_END,
  ATA_MAX_SECTORS_28,
  ATA_READ_MULTIPLE,
  ATA_READ_MULTIPLE_EXT,
  ATA_READ_SECTORS,
  ATA_READ_SECTORS_EXT,
  ATA_SET_MULTIPLE_MODE,
  ATA_WRITE_MULTIPLE,
  ATA_WRITE_MULTIPLE_EXT,
  ATA_WRITE_SECTORS,
  ATA_WRITE_SECTORS_EXT,
} from '../../../machine/datasheets/ata.ts'
import { ATA_STATUS_BSY, ATA_STATUS_DRQ, ATA_STATUS_ERR } from '../../../machine/datasheets/pio-ide.ts'
import type { PioIdeChannel } from '../../../machine/datasheets/pio-ide.ts'
import { SECTOR_SIZE } from '../../../machine/page.ts'
import { Site } from '../../call-sites.ts'
import type { Errno } from '../../errno.ts'
import { EIO, ENOMEM, OK } from '../../errno.ts'
import { Happening } from '../../history-events.ts'
import type { Ccb } from '../ccb.ts'
import type { CamSim } from '../xpt.ts'
import { DataPort } from './data-port.ts'
import type { DmaSimParts } from './dma-sim.ts'
import { MappedView } from './mapped-view.ts'
import { Watchdog } from './watchdog.ts'

export interface PioIdeLimits {
  /** Rate at which the processor moves words through the data register. */
  readonly bytesPerSecond: number
  readonly sectorsPerInterrupt: number
  readonly timeoutNs: number
}

/** Commands by [write][multiple][extended]. */
const COMMANDS = [
  [
    [ATA_READ_SECTORS, ATA_READ_SECTORS_EXT],
    [ATA_READ_MULTIPLE, ATA_READ_MULTIPLE_EXT],
  ],
  [
    [ATA_WRITE_SECTORS, ATA_WRITE_SECTORS_EXT],
    [ATA_WRITE_MULTIPLE, ATA_WRITE_MULTIPLE_EXT],
  ],
] as const

/** One tick of a clock of 100 Hz: how long the driver waits for KVA before it asks again, and how often it does. */
const TICK_NS = 10_000_000
const MAX_TICKS = 100

/**
 * The driver of an ATA channel without DMA, after DragonFly's ata driver in PIO mode (ata_generic_command, ata_pio_read and
 * ata_pio_write): one command at a time, a block of data moved by the processor at each interrupt.
 */
export class PioIdeSim implements CamSim {
  readonly protocol = 'ata-pio'
  readonly needsKva = true
  private readonly parts: DmaSimParts
  private readonly channel: PioIdeChannel
  private readonly view: MappedView
  private readonly port: DataPort
  private readonly watchdog: Watchdog
  private readonly retryEvent: number
  private readonly blockSectors: number
  private ccb: Ccb | null = null
  private startedAt = Infinity
  private moved = 0
  /** Times that the block under way waited for KVA. */
  private waits = 0
  private asleep = false

  constructor(parts: DmaSimParts, limits: PioIdeLimits, channel: PioIdeChannel) {
    const { machine, msfs, counters } = parts
    this.parts = parts
    this.channel = channel
    this.view = new MappedView(machine, msfs)
    this.port = new DataPort(machine, channel, 1e9 / limits.bytesPerSecond)
    this.watchdog = new Watchdog(machine, counters, limits.timeoutNs, {
      oldestStart: () => this.startedAt,
      poll: () => this.interrupt(),
    })
    this.retryEvent = machine.simulator.on(() => this.retry())
    this.blockSectors = this.setMultiple(limits.sectorsPerInterrupt)
  }

  get openings(): number {
    return this.ccb === null ? 1 : 0
  }

  action(ccb: Ccb): void {
    const { machine } = this.parts
    const multiple = this.blockSectors > 1 ? 1 : 0
    const extended = ccb.sectors > ATA_MAX_SECTORS_28 || ccb.sector + ccb.sectors > ATA_LBA28_END ? 1 : 0
    const write = ccb.isOut
    const isPass = ccb.operation === 'pass'
    const command = isPass
      ? ccb.cdb[0]!
      : ccb.operation === 'capacity'
        ? ATA_IDENTIFY_DEVICE
        : COMMANDS[write ? 1 : 0][multiple][extended]
    this.ccb = ccb
    this.moved = 0
    this.waits = 0
    ccb.clearResult()
    machine.accounting.enter(Site.ata_pio_start)
    machine.charge(Site.ata_pio_start, machine.cost.driverCommand)
    machine.accounting.leave()
    this.startedAt = machine.cpu.clock
    const sector = isPass ? ccb.cdb[1]! : ccb.sector
    const sectors = isPass ? 1 : ccb.sectors
    this.channel.writeCommand(command, sector, sectors, machine.cpu.clock)
    this.watchdog.started()
    const { history } = machine
    if (history !== null) history.event(Happening['device starts'], 0, ccb.dxferLen, 0, 0)
    if (write && (this.channel.readStatus() & ATA_STATUS_DRQ) !== 0) this.moveBlock()
  }

  /** The interrupt handler: moves the block that the drive asks for, or ends the request. */
  interrupt(): void {
    const status = this.channel.readStatus()
    const { ccb } = this
    if (ccb !== null) this.workFor(ccb)
    if (ccb === null || this.asleep || (status & ATA_STATUS_BSY) !== 0) return
    if ((status & ATA_STATUS_ERR) !== 0) this.end(ccb, EIO)
    else if ((status & ATA_STATUS_DRQ) !== 0) this.moveBlock()
    else this.end(ccb, OK)
  }

  private moveBlock(): void {
    const ccb = this.ccb!
    const error = this.view.require(ccb)
    if (error === ENOMEM && this.waits < MAX_TICKS) {
      this.sleep()
      return
    }
    if (error !== OK) {
      this.giveUp(ccb, error)
      return
    }
    const write = ccb.isOut
    const bytes = Math.min(this.blockSectors * SECTOR_SIZE, ccb.dxferLen - this.moved)
    const isAnswer = ccb.operation === 'capacity' || ccb.operation === 'pass'
    const movesBytes = isAnswer || this.parts.machine.memory.holdsData
    for (const end = this.moved + bytes; this.moved < end;) {
      const run = this.view.run(this.moved, end - this.moved)
      const failed = this.port.move(this.view.address(this.moved), run, write, movesBytes)
      if (failed !== OK) {
        this.giveUp(ccb, failed)
        return
      }
      this.moved += run
    }
    if (!write && this.moved === ccb.dxferLen) this.end(ccb, OK)
  }

  /** No KVA now: the drive waits with its block until the next tick. */
  private sleep(): void {
    const { machine } = this.parts
    this.waits++
    this.asleep = true
    machine.simulator.schedule(machine.cpu.clock + TICK_NS, this.retryEvent, 0)
  }

  private retry(): void {
    const { machine } = this.parts
    this.asleep = false
    machine.switchTo(0, machine.simulator.now)
    machine.accounting.enter(Site['driver watchdog'])
    if (this.ccb !== null) this.workFor(this.ccb)
    this.moveBlock()
    machine.accounting.leave()
  }

  /** The rest of this interrupt is for the request under way. */
  private workFor(ccb: Ccb): void {
    const { history } = this.parts.machine
    if (history !== null) history.workFor(history.ccbs.of(ccb.id))
  }

  private giveUp(ccb: Ccb, error: Errno): void {
    this.channel.reset(this.parts.machine.cpu.clock)
    this.end(ccb, error)
  }

  private end(ccb: Ccb, status: Errno): void {
    const { history } = this.parts.machine
    if (history !== null) history.event(Happening['device ends'], 0, this.moved, 0, 0)
    this.view.release()
    this.ccb = null
    this.startedAt = Infinity
    if (status !== OK) this.parts.counters.deviceErrors++
    ccb.status = status
    ccb.resid = status === OK ? ccb.dxferLen - this.moved : 0
    this.parts.xpt.xpt_done(ccb)
  }

  /** @returns sectors between interrupts: those asked for, or one where the drive does not do that */
  private setMultiple(sectors: number): number {
    if (sectors === 1) return 1
    this.channel.writeCommand(ATA_SET_MULTIPLE_MODE, 0, sectors, this.parts.machine.simulator.now)
    return (this.channel.readStatus() & ATA_STATUS_ERR) === 0 ? sectors : 1
  }
}
