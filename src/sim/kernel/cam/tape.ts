import {
  SCSI_READ_6,
  SCSI_REWIND,
  SCSI_SPACE,
  SCSI_STATUS_CHECK_CONDITION,
  SCSI_WRITE_6,
  SCSI_WRITE_FILEMARKS,
  SENSE_BLANK_CHECK,
  SENSE_EOM,
  SENSE_FILEMARK,
  SENSE_ILI,
  SENSE_VOLUME_OVERFLOW,
  TAPE_FIXED,
  TAPE_LENGTH,
  cdbLength,
} from '../../machine/datasheets/scsi.ts'
import type { Machine } from '../../machine/machine.ts'
import { writeBigEndian } from '../../machine/word-memory.ts'
import { Site } from '../call-sites.ts'
import type { Errno } from '../errno.ts'
import { EBUSY, EINVAL, EIO, ENOSPC, ERESTART, OK } from '../errno.ts'
import { Ccb } from './ccb.ts'
import { BECOMING_READY_TRIES, cam_periph_error } from './periph-error.ts'
import type { Xpt } from './xpt.ts'

/** How a tape command ended: bytes (or blocks and marks of a SPACE) that it did not reach, and its error. */
export type TapeDone = (error: Errno, resid: number) => void

/** What a request gives the tape drive its data in: a mapped buffer, or any other form of a CCB. */
export type TapeData = (ccb: Ccb) => void

/**
 * The tape peripheral (sa): one command at a time, none of which is sent twice by itself, for the tape moves. After sa(4): a read
 * that comes to a filemark gives what lies before it, and the next one gives nothing; a write near the end of the tape
 * succeeds, and the next one fails with ENOSPC.
 */
export class TapePeripheral {
  private readonly machine: Machine
  private readonly xpt: Xpt
  /** Bytes of a block in fixed-block mode; 0: each transfer is one block of its own length. */
  private readonly blockBytes: number
  private readonly ccb = new Ccb(0)
  private done: TapeDone | null = null
  /** A filemark, or the end of the tape, was met; the next read, or write, says so. */
  private eofPending = false
  private eomPending = false

  constructor(machine: Machine, xpt: Xpt, blockBytes: number) {
    this.machine = machine
    this.xpt = xpt
    this.blockBytes = blockBytes
    this.ccb.cbfcnp = this.sadone
  }

  /**
   * Reads or writes at the tape's place.
   * @param bytes in fixed-block mode a multiple of the block
   * @param done EINVAL: bytes are no whole blocks; ENOSPC: end of the tape or of what is recorded; EIO: a block of another length
   * than asked for, or an error; EBUSY: a command is under way
   */
  sastrategy(write: boolean, bytes: number, data: TapeData, done: TapeDone): void {
    const { blockBytes, ccb } = this
    const isWhole = bytes > 0 && (blockBytes === 0 || bytes % blockBytes === 0)
    if (!isWhole) {
      done(EINVAL, bytes)
      return
    }
    if (this.done === null && (write ? this.eomPending : this.eofPending)) {
      if (write) this.eomPending = false
      else this.eofPending = false
      done(write ? ENOSPC : OK, bytes)
      return
    }
    this.start(write ? SCSI_WRITE_6 : SCSI_READ_6, done, () => {
      if (blockBytes > 0) ccb.cdb[1] = TAPE_FIXED
      writeBigEndian(ccb.cdb, TAPE_LENGTH, 3, blockBytes > 0 ? bytes / blockBytes : bytes)
      ccb.passOut = write
      data(ccb)
    })
  }

  /** sawritefilemarks */
  sawritefilemarks(count: number, done: TapeDone): void {
    this.start(SCSI_WRITE_FILEMARKS, done, () => writeBigEndian(this.ccb.cdb, TAPE_LENGTH, 3, count))
  }

  /** saspace: over blocks or filemarks, back with a count below 0, or to the end of what is recorded. @param what SPACE_ */
  saspace(what: number, count: number, done: TapeDone): void {
    this.start(SCSI_SPACE, done, () => {
      this.ccb.cdb[1] = what
      writeBigEndian(this.ccb.cdb, TAPE_LENGTH, 3, count & 0xffffff)
    })
  }

  sarewind(done: TapeDone): void {
    this.start(SCSI_REWIND, done, () => undefined)
  }

  private start(opcode: number, done: TapeDone, fill: () => void): void {
    const { ccb, machine } = this
    if (this.done !== null) {
      done(EBUSY, 0)
      return
    }
    machine.accounting.enter(Site.sastart)
    machine.charge(Site.sastart, machine.cost.camStep)
    this.done = done
    this.eofPending = false
    ccb.operation = 'pass'
    ccb.passOut = false
    ccb.cdb.fill(0)
    ccb.cdb[0] = opcode
    ccb.cdbLength = cdbLength(opcode)
    ccb.retries = 0
    ccb.patience = BECOMING_READY_TRIES
    ccb.useNothing()
    fill()
    this.xpt.xpt_action(ccb)
    machine.accounting.leave()
  }

  private readonly sadone = (ccb: Ccb): void => {
    const { machine } = this
    machine.accounting.enter(Site.sadone)
    machine.charge(Site.sadone, machine.cost.camStep)
    const rest = ccb.scsiStatus === SCSI_STATUS_CHECK_CONDITION ? this.restOf(ccb) : ccb.resid
    const error = ccb.status === OK ? OK : this.saerror(ccb)
    if (error !== ERESTART) {
      const { done } = this
      this.done = null
      done!(error, rest)
    }
    machine.accounting.leave()
  }

  /** What a command did not reach, as its sense data say it. */
  private restOf(ccb: Ccb): number {
    if (ccb.dxferLen === 0) return ccb.senseInformation
    if (this.blockBytes > 0) return ccb.senseInformation * this.blockBytes
    return (ccb.senseFlags & SENSE_ILI) !== 0 ? Math.max(0, ccb.senseInformation) : ccb.resid
  }

  /** saerror: marks, the end of the tape and blocks of another length first, then what every peripheral does. */
  private saerror(ccb: Ccb): Errno {
    if (ccb.scsiStatus !== SCSI_STATUS_CHECK_CONDITION) return cam_periph_error(this.xpt, ccb)
    const { senseFlags, senseKey } = ccb
    if (senseKey === SENSE_BLANK_CHECK || senseKey === SENSE_VOLUME_OVERFLOW) return ENOSPC
    if ((senseFlags & SENSE_FILEMARK) !== 0) {
      // Of a read that got something, the next one tells of the filemark; one that got nothing has told of it.
      this.eofPending = ccb.dxferLen > this.restOf(ccb)
      return ccb.dxferLen === 0 ? EIO : OK
    }
    if ((senseFlags & SENSE_ILI) !== 0) return this.blockBytes === 0 && ccb.senseInformation >= 0 ? OK : EIO
    if ((senseFlags & SENSE_EOM) !== 0) {
      this.eomPending = ccb.isOut
      return ccb.senseInformation === 0 ? OK : EIO
    }
    return cam_periph_error(this.xpt, ccb)
  }
}
