import {
  ASC_COMMUNICATION_FAILURE,
  ASC_INVALID_FIELD_IN_CDB,
  ASC_INVALID_OPCODE,
  ASC_LBA_OUT_OF_RANGE,
  ASC_NONE,
  ASC_UNRECOVERED_READ_ERROR,
  ASC_WRITE_ERROR,
  CDB10_BLOCKS,
  CDB10_LBA,
  CDB16_ALLOCATION,
  CDB16_BLOCKS,
  CDB16_LBA,
  CDB6_ALLOCATION,
  INQUIRY_EVPD,
  MODE_PAGE_ALL,
  MODE_PAGE_CACHING,
  MODE_PAGE_MASK,
  SCSI_CDB_BYTES,
  SCSI_INQUIRY,
  SCSI_MODE_SENSE_6,
  SCSI_READ_10,
  SCSI_READ_16,
  SCSI_READ_CAPACITY_10,
  SCSI_READ_CAPACITY_16,
  SCSI_REQUEST_SENSE,
  SCSI_SERVICE_ACTION_IN_16,
  SCSI_STATUS_CHECK_CONDITION,
  SCSI_STATUS_GOOD,
  SCSI_STATUS_QUEUE_FULL,
  SCSI_TEST_UNIT_READY,
  SCSI_WRITE_10,
  SCSI_WRITE_16,
  SENSE_BYTES,
  SENSE_HARDWARE_ERROR,
  SENSE_ILLEGAL_REQUEST,
  SENSE_MEDIUM_ERROR,
  SENSE_NO_SENSE,
  SENSE_RECOVERED_ERROR,
  cdbLength,
} from '../machine/datasheets/scsi.ts'
import { SECTOR_SIZE } from '../machine/page.ts'
import { readBigEndian } from '../machine/word-memory.ts'
import type { DeviceParts } from './device-parts.ts'
import { DRIVE_BUS_ERROR, DRIVE_MEDIA_ERROR, DRIVE_OK, DRIVE_OUT_OF_RANGE, DRIVE_SHORT } from './drive.ts'
import type { Drive, DriveStatus } from './drive.ts'
import type { ScsiTrouble } from './faults.ts'
import { capacity10, capacity16, inquiryData, modeData } from './scsi-answers.ts'
import type { ScsiDevice } from './scsi-device.ts'
import { writeSense } from './scsi-sense.ts'
import type { SegmentList } from './segment-list.ts'

const NOTHING = new Uint8Array(0)
const QUEUE_FULL: ScsiTrouble = { status: SCSI_STATUS_QUEUE_FULL, key: 0, asc: 0 }

/**
 * A direct-access SCSI disk behind any host adapter: it takes the bytes of CDBs and answers with a status byte. Commands
 * are told apart by tags. What went wrong with one is kept under its tag until another command with that tag arrives or
 * REQUEST SENSE fetches it; a real disk keeps one set of sense data and stops its queue until somebody took it.
 */
export class ScsiTarget implements ScsiDevice {
  private readonly drive: Drive
  private readonly cdbs: readonly Uint8Array[]
  private readonly sense: readonly Uint8Array[]
  private readonly sectors: Float64Array
  private readonly counts: Float64Array
  /** Additional sense code of what is wrong with a CDB; 0 for nothing. */
  private readonly problems: Uint8Array
  private readonly troubles: (ScsiTrouble | null)[]
  private readonly inquiry = inquiryData()
  private readonly capacity10: Uint8Array
  private readonly capacity16: Uint8Array

  /** @param tags commands are numbered from 0 to `tags` - 1 */
  constructor(drive: Drive, tags: number) {
    this.drive = drive
    this.cdbs = Array.from({ length: tags }, () => new Uint8Array(SCSI_CDB_BYTES))
    this.sense = Array.from({ length: tags }, () => new Uint8Array(SENSE_BYTES))
    this.sectors = new Float64Array(tags)
    this.counts = new Float64Array(tags)
    this.problems = new Uint8Array(tags)
    this.troubles = Array.from({ length: tags }, () => null)
    this.capacity10 = capacity10(drive.sectors)
    this.capacity16 = capacity16(drive.sectors)
    for (let tag = 0; tag < tags; tag++) this.setSense(tag, SENSE_NO_SENSE, ASC_NONE, -1)
  }

  /** A command arrives. @param length bytes of the CDB @param at now, ns @returns when it wants to move data, ns */
  accept(tag: number, cdb: Uint8Array, length: number, at: number, isOrdered = false): number {
    const own = this.cdbs[tag]!
    for (let i = 0; i < SCSI_CDB_BYTES; i++) own[i] = i < length ? cdb[i]! : 0
    const opcode = own[0]!
    const long = opcode === SCSI_READ_16 || opcode === SCSI_WRITE_16
    this.sectors[tag] = long ? readBigEndian(own, CDB16_LBA, 8) : readBigEndian(own, CDB10_LBA, 4)
    this.counts[tag] = long ? readBigEndian(own, CDB16_BLOCKS, 4) : readBigEndian(own, CDB10_BLOCKS, 2)
    this.problems[tag] = this.problemOf(tag, length)
    if (opcode !== SCSI_REQUEST_SENSE) this.setSense(tag, SENSE_NO_SENSE, ASC_NONE, -1)
    this.troubles[tag] = this.troubleOf(tag)
    const trouble = this.troubles[tag]
    const isRefused = trouble !== null && !isRecovered(trouble)
    if (isRefused || !this.usesMedium(tag)) return this.drive.acceptQuick(at)
    return this.drive.accept(isWrite(opcode), this.sectors[tag], this.counts[tag], at, isOrdered)
  }

  /** The command's data goes to the initiator: the adapter writes memory. */
  sendsData(tag: number): boolean {
    return !isWrite(this.cdbs[tag]![0]!)
  }

  /** Moves the data of a command and ends it. @param at now, ns @returns the SCSI status */
  finish(tag: number, segments: SegmentList, at: number): number {
    const trouble = this.troubles[tag]!
    if (trouble !== null && !isRecovered(trouble)) {
      this.drive.finishQuick(NOTHING, segments, at)
      return this.refuse(tag, trouble)
    }
    if (this.usesMedium(tag)) {
      const status = this.drive.finish(this.sectors[tag]!, this.counts[tag]!, segments, at)
      return trouble !== null && status === DRIVE_OK ? this.refuse(tag, trouble) : this.statusOf(tag, status)
    }
    const problem = this.problems[tag]!
    if (problem !== ASC_NONE) {
      this.drive.finishQuick(NOTHING, segments, at)
      return this.check(tag, SENSE_ILLEGAL_REQUEST, problem, -1)
    }
    const status = this.drive.finishQuick(this.answerTo(tag), segments, at)
    if (this.cdbs[tag]![0] === SCSI_REQUEST_SENSE) this.setSense(tag, SENSE_NO_SENSE, ASC_NONE, -1)
    return this.statusOf(tag, status)
  }

  /** Bytes that the command that ended last moved; what the initiator offered beyond them is its residual. */
  get movedBytes(): number {
    return this.drive.movedBytes
  }

  /** The interrupt of the command that ended last gets lost. */
  get losesInterrupt(): boolean {
    return this.drive.losesInterrupt
  }

  /** Fixed-format sense data of the last command with a tag, for adapters that fetch it themselves. */
  senseData(tag: number): Uint8Array {
    return this.sense[tag]!
  }

  /** What keeps a command from being carried out, if anything does: no more room, or what a test wants. */
  private troubleOf(tag: number): ScsiTrouble | null {
    if (!this.usesMedium(tag)) return null
    if (this.drive.isFull) return QUEUE_FULL
    return this.drive.takeTrouble()
  }

  private refuse(tag: number, trouble: ScsiTrouble): number {
    if (trouble.status === SCSI_STATUS_CHECK_CONDITION) this.setSense(tag, trouble.key, trouble.asc, -1)
    return trouble.status
  }

  private usesMedium(tag: number): boolean {
    const opcode = this.cdbs[tag]![0]!
    return this.problems[tag] === ASC_NONE && (isRead(opcode) || isWrite(opcode)) && this.counts[tag]! > 0
  }

  private problemOf(tag: number, length: number): number {
    const cdb = this.cdbs[tag]!
    const opcode = cdb[0]!
    if (!KNOWN.includes(opcode)) return ASC_INVALID_OPCODE
    if (length < cdbLength(opcode)) return ASC_INVALID_FIELD_IN_CDB
    switch (opcode) {
      case SCSI_INQUIRY:
        return (cdb[1]! & INQUIRY_EVPD) !== 0 || cdb[2] !== 0 ? ASC_INVALID_FIELD_IN_CDB : ASC_NONE
      case SCSI_MODE_SENSE_6: {
        const page = cdb[2]! & MODE_PAGE_MASK
        return page === MODE_PAGE_CACHING || page === MODE_PAGE_ALL ? ASC_NONE : ASC_INVALID_FIELD_IN_CDB
      }
      case SCSI_SERVICE_ACTION_IN_16:
        return (cdb[1]! & 0x1f) === SCSI_READ_CAPACITY_16 ? ASC_NONE : ASC_INVALID_FIELD_IN_CDB
      default:
        return (isRead(opcode) || isWrite(opcode)) && this.sectors[tag]! >= this.drive.sectors
          ? ASC_LBA_OUT_OF_RANGE
          : ASC_NONE
    }
  }

  private answerTo(tag: number): Uint8Array {
    const cdb = this.cdbs[tag]!
    const opcode = cdb[0]!
    switch (opcode) {
      case SCSI_REQUEST_SENSE:
        return this.sense[tag]!.subarray(0, cdb[CDB6_ALLOCATION])
      case SCSI_INQUIRY:
        return this.inquiry.subarray(0, readBigEndian(cdb, CDB6_ALLOCATION - 1, 2))
      case SCSI_MODE_SENSE_6:
        return modeData(this.drive.sectors, cdb[1]!).subarray(0, cdb[CDB6_ALLOCATION])
      case SCSI_READ_CAPACITY_10:
        return this.capacity10
      case SCSI_SERVICE_ACTION_IN_16:
        return this.capacity16.subarray(0, readBigEndian(cdb, CDB16_ALLOCATION, 4))
      default:
        return NOTHING
    }
  }

  private statusOf(tag: number, status: DriveStatus): number {
    switch (status) {
      case DRIVE_MEDIA_ERROR: {
        const failed = this.sectors[tag]! + this.drive.movedBytes / SECTOR_SIZE
        const asc = isWrite(this.cdbs[tag]![0]!) ? ASC_WRITE_ERROR : ASC_UNRECOVERED_READ_ERROR
        return this.check(tag, SENSE_MEDIUM_ERROR, asc, failed)
      }
      case DRIVE_OUT_OF_RANGE:
        return this.check(tag, SENSE_ILLEGAL_REQUEST, ASC_LBA_OUT_OF_RANGE, -1)
      case DRIVE_BUS_ERROR:
        return this.check(tag, SENSE_HARDWARE_ERROR, ASC_COMMUNICATION_FAILURE, -1)
      case DRIVE_OK:
      case DRIVE_SHORT:
        return SCSI_STATUS_GOOD
    }
  }

  private check(tag: number, key: number, asc: number, sector: number): number {
    this.setSense(tag, key, asc, sector)
    return SCSI_STATUS_CHECK_CONDITION
  }

  /** @param sector the first that failed, -1 for none */
  private setSense(tag: number, key: number, asc: number, sector: number): void {
    writeSense(this.sense[tag]!, key, asc, sector < 0 ? null : sector)
  }
}

/** What an adapter has at its bus: the disk, unless it was given something else. */
export function scsiDeviceOf(parts: DeviceParts, tags: number): ScsiDevice {
  return parts.scsiDevice?.(tags) ?? new ScsiTarget(parts.drive, tags)
}

const KNOWN: readonly number[] = [
  SCSI_TEST_UNIT_READY,
  SCSI_REQUEST_SENSE,
  SCSI_INQUIRY,
  SCSI_MODE_SENSE_6,
  SCSI_READ_CAPACITY_10,
  SCSI_READ_10,
  SCSI_WRITE_10,
  SCSI_READ_16,
  SCSI_WRITE_16,
  SCSI_SERVICE_ACTION_IN_16,
]

/** The command is carried out all the same. */
function isRecovered(trouble: ScsiTrouble): boolean {
  return trouble.status === SCSI_STATUS_CHECK_CONDITION && trouble.key === SENSE_RECOVERED_ERROR
}

function isRead(opcode: number): boolean {
  return opcode === SCSI_READ_10 || opcode === SCSI_READ_16
}

function isWrite(opcode: number): boolean {
  return opcode === SCSI_WRITE_10 || opcode === SCSI_WRITE_16
}
