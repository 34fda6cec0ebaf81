import {
  ATA_IDENTIFY_DEVICE_DMA,
  ATA_READ_DMA_EXT,
  ATA_READ_FPDMA_QUEUED,
  ATA_WRITE_DMA_EXT,
  ATA_WRITE_FPDMA_QUEUED,
  IDENTIFY_BYTES,
  IDENTIFY_SECTORS_HIGH,
  IDENTIFY_SECTORS_LOW,
} from '../machine/datasheets/ata.ts'
import { SECTOR_SIZE } from '../machine/page.ts'
import { SimulationFault } from '../machine/physical-memory.ts'
import type { Media } from './media.ts'
import type { SegmentList } from './segment-list.ts'
import type { ServiceModel } from './service-model.ts'

/** Time to answer a command that touches no medium. */
const IDENTIFY_NS = 20_000

/** The drive behind a controller: its medium, how long it takes, and the ATA commands that it knows. */
export class Drive {
  private readonly media: Media
  private readonly model: ServiceModel
  private readonly holdsData: boolean
  private inFlight = 0
  private busySince = 0
  private busyNs = 0

  /** @param holdsData false: commands take their time and move nothing */
  constructor(media: Media, model: ServiceModel, holdsData: boolean) {
    this.media = media
    this.model = model
    this.holdsData = holdsData
  }

  /** A command arrives. @returns when its data moves, ns */
  accept(command: number, sector: number, sectors: number, at: number): number {
    if (command !== ATA_IDENTIFY_DEVICE_DMA && sector + sectors > this.media.sectors) {
      throw new SimulationFault(
        `command for sectors ${sector} to ${sector + sectors}, beyond the drive's ${this.media.sectors}`,
      )
    }
    if (this.inFlight++ === 0) this.busySince = at
    return command === ATA_IDENTIFY_DEVICE_DMA
      ? at + IDENTIFY_NS
      : this.model.complete(isWrite(command), sector, sectors, at)
  }

  /** Moves the data of a command and ends it. @param at now, ns */
  finish(command: number, sector: number, sectors: number, segments: SegmentList, at: number): void {
    if (--this.inFlight === 0) this.busyNs += at - this.busySince
    if (command === ATA_IDENTIFY_DEVICE_DMA) {
      segments.nextSector(true, (words, base) => this.identify(words, base))
      return
    }
    if (segments.totalBytes !== sectors * SECTOR_SIZE) {
      throw new SimulationFault(
        `descriptors of ${segments.totalBytes} bytes for a command of ${sectors} sectors`,
      )
    }
    if (!this.holdsData) return
    const write = isWrite(command)
    let current = sector
    const move = write
      ? (words: Int32Array, base: number): void => this.media.write(current, words, base)
      : (words: Int32Array, base: number): void => this.media.read(current, words, base)
    for (; current < sector + sectors; current++) segments.nextSector(!write, move)
  }

  /** Simulated ns with at least one command, up to `at`. */
  busyUntil(at: number): number {
    return this.busyNs + (this.inFlight > 0 ? at - this.busySince : 0)
  }

  private identify(words: Int32Array, base: number): void {
    words.fill(0, base, base + IDENTIFY_BYTES / 4)
    words[base + IDENTIFY_SECTORS_LOW / 4] = this.media.sectors | 0
    words[base + IDENTIFY_SECTORS_HIGH / 4] = Math.floor(this.media.sectors / 0x100000000)
  }
}

function isWrite(command: number): boolean {
  switch (command) {
    case ATA_WRITE_DMA_EXT:
    case ATA_WRITE_FPDMA_QUEUED:
      return true
    case ATA_READ_DMA_EXT:
    case ATA_READ_FPDMA_QUEUED:
      return false
    default:
      throw new SimulationFault(`unknown ATA command 0x${command.toString(16)}`)
  }
}
