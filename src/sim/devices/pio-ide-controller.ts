import type { Simulator } from '../engine/simulator.ts'
import {
  ATA_IDENTIFY_DEVICE,
  ATA_LBA28_END,
  ATA_LOG_NCQ_ERROR,
  ATA_MAX_SECTORS_28,
  ATA_READ_LOG_EXT,
  ATA_SET_MULTIPLE_MODE,
} from '../machine/datasheets/ata.ts'
import {
  ATA_MAX_MULTIPLE,
  ATA_STATUS_BSY,
  ATA_STATUS_DRDY,
  ATA_STATUS_DRQ,
  ATA_STATUS_ERR,
} from '../machine/datasheets/pio-ide.ts'
import type { PioIdeChannel } from '../machine/datasheets/pio-ide.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import { SECTOR_WORDS } from '../machine/page.ts'
import { identifyData, ncqErrorLog } from './ata-identify.ts'
import type { DeviceParts } from './device-parts.ts'
import { DRIVE_OK, DRIVE_SHORT } from './drive.ts'
import type { Drive } from './drive.ts'
import type { InterruptLine } from './interrupt-line.ts'
import { pioCommandOf } from './pio-command.ts'
import type { PioCommand } from './pio-command.ts'

/**
 * An ATA channel and its drive without a DMA engine. The drive fills or empties its sector buffer at the medium's pace, reads
 * ahead within a command, and raises INTRQ for each DRQ block; the processor moves the block through the data register.
 */
export class PioIdeController implements PioIdeChannel {
  private readonly simulator: Simulator
  private readonly bus: DmaBus
  private readonly drive: Drive
  private readonly interrupt: InterruptLine
  private readonly identity: Int32Array
  private readonly errorLog = new Int32Array(ncqErrorLog().buffer)
  private readonly blockEvent: number
  private readonly endEvent: number
  private readonly buffer = new Int32Array(ATA_MAX_MULTIPLE * SECTOR_WORDS)
  /** Sectors between interrupts of the multiple commands; 0 until set. */
  private multiple = 0
  private status = ATA_STATUS_DRDY
  /** Numbers the commands, so that an event of one that was given up is seen to be late. */
  private epoch = 0
  private command: PioCommand | null = null
  private acceptedAt = 0
  private sector = 0
  /** Sectors of the command still to move, and how many of them can be moved before it ends. */
  private left = 0
  private reachable = 0
  private blockSectors = 0
  private blockWords = 0

  constructor(parts: DeviceParts) {
    this.simulator = parts.simulator
    this.bus = parts.bus
    this.drive = parts.drive
    this.interrupt = parts.interrupts[0]!
    this.identity = new Int32Array(identifyData(parts.drive.sectors).buffer)
    this.blockEvent = parts.simulator.on((epoch) => {
      if (epoch === this.epoch) this.offerBlock()
    })
    this.endEvent = parts.simulator.on((epoch) => {
      if (epoch === this.epoch) this.end()
    })
  }

  writeCommand(command: number, sector: number, sectors: number, at: number): void {
    if (this.command !== null) {
      this.bus.reject(`ATA command 0x${command.toString(16)} while another is under way`)
      return
    }
    if (command === ATA_SET_MULTIPLE_MODE) this.setMultiple(sectors)
    else if (command === ATA_IDENTIFY_DEVICE) this.answer(this.identity, at)
    else if (command === ATA_READ_LOG_EXT && (sector & 0xff) === ATA_LOG_NCQ_ERROR)
      this.answer(this.errorLog, at)
    else this.begin(pioCommandOf(command), sector, sectors, at)
  }

  readStatus(): number {
    this.interrupt.acknowledge()
    return this.status
  }

  readData(words: Int32Array | null, base: number, count: number, at: number): void {
    if (!this.isReady(false, count)) return
    const { buffer, blockWords } = this
    if (words !== null) for (let i = 0; i < count; i++) words[base + i] = buffer[blockWords + i]!
    this.moved(count, at)
  }

  writeData(words: Int32Array | null, base: number, count: number, at: number): void {
    if (!this.isReady(true, count)) return
    const { buffer, blockWords } = this
    if (words !== null) for (let i = 0; i < count; i++) buffer[blockWords + i] = words[base + i]!
    this.moved(count, at)
  }

  reset(at: number): void {
    if (this.command !== null) this.drive.endParts(at)
    this.command = null
    this.status = ATA_STATUS_DRDY
    this.epoch++
    this.interrupt.acknowledge()
  }

  private setMultiple(sectors: number): void {
    const isPossible = sectors >= 1 && sectors <= ATA_MAX_MULTIPLE && (sectors & (sectors - 1)) === 0
    this.multiple = isPossible ? sectors : 0
    this.status = isPossible ? ATA_STATUS_DRDY : ATA_STATUS_DRDY | ATA_STATUS_ERR
  }

  private answer(words: Int32Array, at: number): void {
    this.start(ANSWER, 0, 1, at)
    this.reachable = 1
    this.buffer.set(words)
    this.simulator.schedule(this.drive.acceptQuick(at), this.blockEvent, this.epoch)
  }

  private begin(command: PioCommand | null, sector: number, sectors: number, at: number): void {
    const beyond28 = sectors > ATA_MAX_SECTORS_28 || sector + sectors > ATA_LBA28_END
    if (command === null || (command.multiple && this.multiple === 0) || (!command.extended && beyond28)) {
      this.start(ABORTED, sector, sectors, at)
      this.simulator.schedule(this.drive.acceptQuick(at), this.endEvent, this.epoch)
      return
    }
    this.start(command, sector, sectors, at)
    this.reachable = this.drive.acceptInParts(sector, sectors, at)
    this.nextBlock()
    if (!command.write) this.fetch(at)
    else if (this.reachable > 0) this.status = ATA_STATUS_DRDY | ATA_STATUS_DRQ
    else this.simulator.schedule(at, this.endEvent, this.epoch)
  }

  private start(command: PioCommand, sector: number, sectors: number, at: number): void {
    this.command = command
    this.acceptedAt = at
    this.sector = sector
    this.left = sectors
    this.reachable = 0
    this.blockSectors = 1
    this.blockWords = 0
    this.status = ATA_STATUS_BSY
    this.epoch++
  }

  private nextBlock(): void {
    this.blockSectors = Math.min(this.left, this.command!.multiple ? this.multiple : 1)
    this.blockWords = 0
  }

  /** Has the medium read the next block. It started when the command came, and went on while the host moved blocks. */
  private fetch(at: number): void {
    const isWhole = this.blockSectors <= this.reachable
    const { sector, blockSectors, acceptedAt } = this
    const readyAt = this.reachable === 0 ? at : this.drive.acceptPart(false, sector, blockSectors, acceptedAt)
    const event = isWhole ? this.blockEvent : this.endEvent
    this.simulator.schedule(Math.max(readyAt, at), event, this.epoch)
  }

  private offerBlock(): void {
    const command = this.command!
    if (!command.write && command !== ANSWER) this.drive.readPart(this.sector, this.blockSectors, this.buffer)
    this.status = ATA_STATUS_DRDY | ATA_STATUS_DRQ
    if (!command.write && this.blockSectors === this.left && this.drive.losesInterrupt)
      this.interrupt.loseNext()
    this.interrupt.completed(this.simulator.now)
  }

  private isReady(write: boolean, count: number): boolean {
    const isReady =
      (this.status & ATA_STATUS_DRQ) !== 0 &&
      this.command!.write === write &&
      this.blockWords + count <= this.blockSectors * SECTOR_WORDS
    if (!isReady) this.bus.reject('ATA data register accessed without a block to move')
    return isReady
  }

  private moved(count: number, at: number): void {
    this.blockWords += count
    if (this.blockWords < this.blockSectors * SECTOR_WORDS) return
    this.status = ATA_STATUS_BSY
    if (this.command!.write) this.blockWritten(at)
    else this.blockRead(at)
  }

  private blockRead(at: number): void {
    this.advance()
    if (this.left === 0) {
      this.drive.endParts(at)
      this.command = null
      this.status = ATA_STATUS_DRDY
      return
    }
    this.nextBlock()
    this.fetch(at)
  }

  private blockWritten(at: number): void {
    const stored = Math.min(this.blockSectors, this.reachable)
    const doneAt = stored === 0 ? at : this.drive.acceptPart(true, this.sector, stored, at)
    this.drive.writePart(this.sector, stored, this.buffer)
    const isWhole = stored === this.blockSectors
    this.advance()
    if (!isWhole || this.left === 0) {
      this.simulator.schedule(doneAt, this.endEvent, this.epoch)
      return
    }
    this.nextBlock()
    this.simulator.schedule(at, this.blockEvent, this.epoch)
  }

  private advance(): void {
    this.sector += this.blockSectors
    this.left -= this.blockSectors
    this.reachable -= this.blockSectors
  }

  /** Ends a write, or whatever cannot go on. A command that merely moved less than asked says so by asking for no more. */
  private end(): void {
    const { now } = this.simulator
    const isAborted = this.command === ABORTED
    const ending = this.drive.endParts(now)
    const isGood = !isAborted && (ending === DRIVE_OK || ending === DRIVE_SHORT)
    this.command = null
    this.status = isGood ? ATA_STATUS_DRDY : ATA_STATUS_DRDY | ATA_STATUS_ERR
    if (this.drive.losesInterrupt) this.interrupt.loseNext()
    this.interrupt.completed(now)
  }
}

const ANSWER: PioCommand = { write: false, multiple: false, extended: false }
const ABORTED: PioCommand = { write: false, multiple: false, extended: false }
