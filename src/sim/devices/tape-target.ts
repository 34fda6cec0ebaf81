import {
  ASC_INVALID_FIELD_IN_CDB,
  ASC_INVALID_OPCODE,
  ASC_NONE,
  BLOCK_LIMITS_BYTES,
  CDB6_ALLOCATION,
  SCSI_CDB_BYTES,
  SCSI_INQUIRY,
  SCSI_READ_6,
  SCSI_READ_BLOCK_LIMITS,
  SCSI_REQUEST_SENSE,
  SCSI_REWIND,
  SCSI_SPACE,
  SCSI_STATUS_CHECK_CONDITION,
  SCSI_STATUS_GOOD,
  SCSI_TEST_UNIT_READY,
  SCSI_WRITE_6,
  SCSI_WRITE_FILEMARKS,
  SENSE_BLANK_CHECK,
  SENSE_BYTES,
  SENSE_EOM,
  SENSE_FILEMARK,
  SENSE_HARDWARE_ERROR,
  SENSE_ILI,
  SENSE_ILLEGAL_REQUEST,
  SENSE_NO_SENSE,
  SENSE_VOLUME_OVERFLOW,
  SPACE_BLOCKS,
  SPACE_END_OF_DATA,
  SPACE_FILEMARKS,
  TAPE_FIXED,
  TAPE_LENGTH,
} from '../machine/datasheets/scsi.ts'
import { readBigEndian, writeBigEndian } from '../machine/word-memory.ts'
import type { ScsiDevice } from './scsi-device.ts'
import { writeSense } from './scsi-sense.ts'
import type { SegmentList } from './segment-list.ts'
import { FILEMARK } from './tape-medium.ts'
import type { TapeMedium } from './tape-medium.ts'

/** Additional sense qualifiers of the code 0. */
const ASC_FILEMARK_DETECTED = 0x0100
const ASC_END_OF_MEDIUM = 0x0200
const ASC_BEGINNING_OF_MEDIUM = 0x0400
const ASC_END_OF_DATA = 0x0500
/** Longest block of a command with a length in bytes. */
const MAX_BLOCK = 0xffffff

export interface TapeFigures {
  /** Bytes of a block of the commands that count in blocks. */
  readonly blockBytes: number
  readonly bytesPerSecond: number
  /** Any command. */
  readonly commandNs: number
}

/** A sequential-access SCSI device behind any host adapter: one tape, one command after another, whatever their tags. */
export class TapeTarget implements ScsiDevice {
  readonly losesInterrupt = false
  private readonly medium: TapeMedium
  private readonly figures: TapeFigures
  private readonly cdbs: readonly Uint8Array[]
  private readonly sense: readonly Uint8Array[]
  private freeAt = 0
  private moved = 0

  /** @param tags commands are numbered from 0 to `tags` - 1 */
  constructor(medium: TapeMedium, figures: TapeFigures, tags: number) {
    this.medium = medium
    this.figures = figures
    this.cdbs = Array.from({ length: tags }, () => new Uint8Array(SCSI_CDB_BYTES))
    this.sense = Array.from({ length: tags }, () => new Uint8Array(SENSE_BYTES))
    for (const bytes of this.sense) writeSense(bytes, SENSE_NO_SENSE, ASC_NONE, null)
  }

  accept(tag: number, cdb: Uint8Array, length: number, at: number): number {
    const own = this.cdbs[tag]!
    for (let i = 0; i < SCSI_CDB_BYTES; i++) own[i] = i < length ? cdb[i]! : 0
    const { bytesPerSecond, commandNs } = this.figures
    const bytes = own[0] === SCSI_READ_6 || own[0] === SCSI_WRITE_6 ? this.count(own) * this.unit(own) : 0
    this.freeAt = Math.max(this.freeAt, at) + commandNs + (bytes * 1e9) / bytesPerSecond
    return this.freeAt
  }

  sendsData(tag: number): boolean {
    return this.cdbs[tag]![0] !== SCSI_WRITE_6
  }

  finish(tag: number, segments: SegmentList): number {
    this.moved = 0
    const cdb = this.cdbs[tag]!
    if (segments.isRefused) return this.check(tag, SENSE_HARDWARE_ERROR, ASC_NONE, null)
    if (cdb[0] === SCSI_REQUEST_SENSE) return this.answerSense(tag, segments)
    writeSense(this.sense[tag]!, SENSE_NO_SENSE, ASC_NONE, null)
    switch (cdb[0]!) {
      case SCSI_TEST_UNIT_READY:
        return SCSI_STATUS_GOOD
      case SCSI_REWIND:
        this.medium.rewind()
        return SCSI_STATUS_GOOD
      case SCSI_INQUIRY:
        return this.answer(tapeInquiry().subarray(0, cdb[CDB6_ALLOCATION]), segments)
      case SCSI_READ_BLOCK_LIMITS:
        return this.answer(blockLimits(), segments)
      case SCSI_WRITE_FILEMARKS:
        for (let left = this.count(cdb); left > 0; left--) this.medium.append(FILEMARK)
        return this.warn(tag)
      case SCSI_SPACE:
        return this.space(tag, cdb[1]! & 7, (readBigEndian(cdb, TAPE_LENGTH, 3) << 8) >> 8)
      case SCSI_READ_6:
        return this.read(tag, cdb, segments)
      case SCSI_WRITE_6:
        return this.write(tag, cdb, segments)
      default:
        return this.check(tag, SENSE_ILLEGAL_REQUEST, ASC_INVALID_OPCODE, null)
    }
  }

  get movedBytes(): number {
    return this.moved
  }

  senseData(tag: number): Uint8Array {
    return this.sense[tag]!
  }

  private count(cdb: Uint8Array): number {
    return readBigEndian(cdb, TAPE_LENGTH, 3)
  }

  /** Bytes of what a READ or WRITE counts. */
  private unit(cdb: Uint8Array): number {
    return (cdb[1]! & TAPE_FIXED) !== 0 ? this.figures.blockBytes : 1
  }

  private answer(content: Uint8Array, segments: SegmentList): number {
    this.moved = segments.fill(content)
    return SCSI_STATUS_GOOD
  }

  private answerSense(tag: number, segments: SegmentList): number {
    this.moved = segments.fill(this.sense[tag]!.subarray(0, this.cdbs[tag]![CDB6_ALLOCATION]))
    writeSense(this.sense[tag]!, SENSE_NO_SENSE, ASC_NONE, null)
    return SCSI_STATUS_GOOD
  }

  /** Blocks of one length up to the first that is another; or one block, of which the initiator takes what it asked for. */
  private read(tag: number, cdb: Uint8Array, segments: SegmentList): number {
    const isFixed = (cdb[1]! & TAPE_FIXED) !== 0
    const asked = this.count(cdb)
    if (asked === 0) return SCSI_STATUS_GOOD
    const blocks = isFixed ? asked : 1
    if (segments.totalBytes < asked * this.unit(cdb))
      return this.check(tag, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB, null)
    for (let i = 0; i < blocks; i++) {
      const record = this.medium.current
      const rest = isFixed ? blocks - i : asked
      if (record === undefined) return this.check(tag, SENSE_BLANK_CHECK, ASC_END_OF_DATA, rest)
      this.medium.forward()
      if (record === FILEMARK) return this.check(tag, SENSE_FILEMARK, ASC_FILEMARK_DETECTED, rest)
      const due = isFixed ? this.figures.blockBytes : asked
      if (isFixed && record.length !== due) return this.check(tag, SENSE_ILI, ASC_NONE, rest)
      this.moved += segments.fill(record.subarray(0, due))
      if (record.length !== due) return this.check(tag, SENSE_ILI, ASC_NONE, due - record.length)
    }
    return SCSI_STATUS_GOOD
  }

  private write(tag: number, cdb: Uint8Array, segments: SegmentList): number {
    const isFixed = (cdb[1]! & TAPE_FIXED) !== 0
    const asked = this.count(cdb)
    const blocks = isFixed ? asked : Math.min(asked, 1)
    const bytes = isFixed ? this.figures.blockBytes : asked
    if (segments.totalBytes < blocks * bytes)
      return this.check(tag, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB, null)
    for (let i = 0; i < blocks; i++) {
      const rest = isFixed ? blocks - i : asked
      if (!this.medium.hasRoom(bytes))
        return this.check(tag, SENSE_VOLUME_OVERFLOW | SENSE_EOM, ASC_END_OF_MEDIUM, rest)
      const block = new Uint8Array(bytes)
      segments.drain(block)
      this.medium.append(block)
      this.moved += bytes
    }
    return this.warn(tag)
  }

  /** All was written; near the end of the tape the device says so each time. */
  private warn(tag: number): number {
    return this.medium.isNearEnd
      ? this.check(tag, SENSE_NO_SENSE | SENSE_EOM, ASC_END_OF_MEDIUM, 0)
      : SCSI_STATUS_GOOD
  }

  /** Forward, or back with a count below 0. A filemark ends a search for blocks, on its far side. */
  private space(tag: number, what: number, count: number): number {
    const { medium } = this
    if (what === SPACE_END_OF_DATA) {
      medium.toEndOfData()
      return SCSI_STATUS_GOOD
    }
    if (what !== SPACE_BLOCKS && what !== SPACE_FILEMARKS)
      return this.check(tag, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB, null)
    const isBack = count < 0
    for (let left = Math.abs(count); left > 0;) {
      if (isBack && medium.position === 0)
        return this.check(tag, SENSE_NO_SENSE | SENSE_EOM, ASC_BEGINNING_OF_MEDIUM, left)
      if (!isBack && medium.isAtEndOfData) return this.check(tag, SENSE_BLANK_CHECK, ASC_END_OF_DATA, left)
      if (isBack) medium.back()
      const isMark = medium.current === FILEMARK
      if (!isBack) medium.forward()
      if (isMark && what === SPACE_BLOCKS) return this.check(tag, SENSE_FILEMARK, ASC_FILEMARK_DETECTED, left)
      if (isMark === (what === SPACE_FILEMARKS)) left--
    }
    return SCSI_STATUS_GOOD
  }

  private check(tag: number, key: number, asc: number, information: number | null): number {
    writeSense(this.sense[tag]!, key, asc, information)
    return SCSI_STATUS_CHECK_CONDITION
  }
}

/** Standard INQUIRY data of a tape drive: sequential access, removable medium. */
function tapeInquiry(): Uint8Array {
  const bytes = new Uint8Array(36).fill(0x20, 8)
  bytes.set([0x01, 0x80, 0x04, 0x02, 31, 0, 0, 0x02])
  bytes.set(
    Array.from('DMALAB  TAPE', (character) => character.charCodeAt(0)),
    8,
  )
  return bytes
}

function blockLimits(): Uint8Array {
  const bytes = new Uint8Array(BLOCK_LIMITS_BYTES)
  writeBigEndian(bytes, 1, 3, MAX_BLOCK)
  writeBigEndian(bytes, 4, 2, 1)
  return bytes
}
