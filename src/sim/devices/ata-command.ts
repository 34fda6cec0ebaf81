import {
  ATA_IDENTIFY_DEVICE_DMA,
  ATA_LOG_NCQ_ERROR,
  ATA_READ_DMA_EXT,
  ATA_READ_FPDMA_QUEUED,
  ATA_READ_LOG_DMA_EXT,
  ATA_WRITE_DMA_EXT,
  ATA_WRITE_FPDMA_QUEUED,
} from '../machine/datasheets/ata.ts'
import { identifyData, ncqErrorLog } from './ata-identify.ts'
import { DRIVE_BUS_ERROR } from './drive.ts'
import type { Drive, DriveStatus } from './drive.ts'
import type { SegmentList } from './segment-list.ts'

/** The ATA commands that move data by DMA, as a drive behind an AHCI or IDE controller carries them out. */
export class AtaDrive {
  private readonly drive: Drive
  private readonly identity: Uint8Array
  private readonly errorLog = ncqErrorLog()

  constructor(drive: Drive) {
    this.drive = drive
    this.identity = identifyData(drive.sectors)
  }

  /** A command arrives. @returns when it ends, ns */
  accept(command: number, sector: number, sectors: number, at: number): number {
    if (!isRead(command) && !isWrite(command)) return this.drive.acceptQuick(at)
    return this.drive.accept(isWrite(command), sector, sectors, at)
  }

  /** The command writes memory. */
  readsMedium(command: number): boolean {
    return !isWrite(command)
  }

  /** Moves the data of a command and ends it; an unknown command is aborted. @param at now, ns */
  finish(command: number, sector: number, sectors: number, segments: SegmentList, at: number): DriveStatus {
    if (isRead(command) || isWrite(command)) return this.drive.finish(sector, sectors, segments, at)
    if (command === ATA_IDENTIFY_DEVICE_DMA) return this.drive.finishQuick(this.identity, segments, at)
    if (command === ATA_READ_LOG_DMA_EXT && (sector & 0xff) === ATA_LOG_NCQ_ERROR)
      return this.drive.finishQuick(this.errorLog, segments, at)
    this.drive.finishQuick(NOTHING, segments, at)
    return DRIVE_BUS_ERROR
  }
}

const NOTHING = new Uint8Array(0)

/** A command of NCQ. */
export function isQueuedCommand(command: number): boolean {
  return command === ATA_READ_FPDMA_QUEUED || command === ATA_WRITE_FPDMA_QUEUED
}

function isRead(command: number): boolean {
  return command === ATA_READ_DMA_EXT || command === ATA_READ_FPDMA_QUEUED
}

function isWrite(command: number): boolean {
  return command === ATA_WRITE_DMA_EXT || command === ATA_WRITE_FPDMA_QUEUED
}
