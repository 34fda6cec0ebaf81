import type { Simulator } from '../engine/simulator.ts'
import {
  AHA_CCB_CDB,
  AHA_CCB_CDB_LENGTH,
  AHA_CCB_DATA_ADDRESS,
  AHA_CCB_DATA_LENGTH,
  AHA_CCB_HEAD_BYTES,
  AHA_CCB_HOST_STATUS,
  AHA_CCB_OPCODE,
  AHA_CCB_SENSE_LENGTH,
  AHA_CCB_TARGET,
  AHA_COMMAND,
  AHA_CONTROL,
  AHA_DIRECTION_IN,
  AHA_DIRECTION_OUT,
  AHA_HOST_BAD_CCB,
  AHA_HOST_BAD_OPCODE,
  AHA_HOST_BUS_PHASE,
  AHA_HOST_DATA_RUN,
  AHA_HOST_OK,
  AHA_HOST_SELECTION_TIMEOUT,
  AHA_INIT_MAILBOX,
  AHA_INTERRUPT,
  AHA_INTERRUPT_ANY,
  AHA_INTERRUPT_MAILBOX_IN,
  AHA_MAILBOX_DONE,
  AHA_MAILBOX_ERROR,
  AHA_MAX_CDB,
  AHA_MAX_COMMANDS,
  AHA_OP_INITIATOR,
  AHA_OP_INITIATOR_RESIDUAL,
  AHA_OP_SCATTER,
  AHA_OP_SCATTER_RESIDUAL,
  AHA_RESET_INTERRUPT,
  AHA_SENSE_DEFAULT,
  AHA_SENSE_NONE,
  AHA_SG_BYTES,
  AHA_SG_MAX,
  AHA_START_SCSI,
  AHA_STATUS_INIT_REQUIRED,
  AHA_STATUS_INVALID_COMMAND,
  AHA_STATUS_READY,
} from '../machine/datasheets/aha-1542.ts'
import type { AhaPorts } from '../machine/datasheets/aha-1542.ts'
import { SCSI_STATUS_CHECK_CONDITION, SCSI_STATUS_GOOD, SENSE_BYTES } from '../machine/datasheets/scsi.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import { readBigEndian, readBytes, writeBigEndian, writeBytes } from '../machine/word-memory.ts'
import { AhaMailboxes } from './aha-mailboxes.ts'
import type { DeviceParts } from './device-parts.ts'
import type { InterruptLine } from './interrupt-line.ts'
import type { ScsiDevice } from './scsi-device.ts'
import { scsiDeviceOf } from './scsi-target.ts'
import type { SegmentList } from './segment-list.ts'

/** Time to look at a CCB and to refuse it. */
const REFUSE_NS = 100_000

/**
 * An AHA-1542 with one disk, target 0. It finds CCBs through the outgoing mailboxes, reads their scatter/gather lists when
 * the disk is ready for the data, and writes status, residual and sense data back into them.
 */
export class Aha1542Controller implements AhaPorts {
  private readonly simulator: Simulator
  private readonly bus: DmaBus
  private readonly segments: SegmentList
  private readonly target: ScsiDevice
  private readonly interruptLine: InterruptLine
  private readonly mailboxes: AhaMailboxes
  private readonly finishEvent: number
  /** Parameters of INIT MAILBOX that are still to come. */
  private missing = 0
  private readonly parameters = new Uint8Array(4)
  private invalidCommand = false
  private flags = 0
  /** Address of each command's CCB; -1 for none. */
  private readonly ccbs = new Float64Array(AHA_MAX_COMMANDS).fill(-1)
  private readonly hostStatus = new Uint8Array(AHA_MAX_COMMANDS)
  /** What the incoming mailbox says. */
  private readonly codes = new Uint8Array(AHA_MAX_COMMANDS)
  private readonly free = Array.from({ length: AHA_MAX_COMMANDS }, (_, i) => AHA_MAX_COMMANDS - 1 - i)
  /** Commands that are done and for which no incoming mailbox was free, oldest first. */
  private readonly unreported: number[] = []
  private readonly head = new Uint8Array(AHA_CCB_HEAD_BYTES)
  private readonly cdb = new Uint8Array(AHA_MAX_CDB)
  private readonly entry = new Uint8Array(AHA_SG_BYTES)

  constructor(parts: DeviceParts) {
    this.simulator = parts.simulator
    this.bus = parts.bus
    this.segments = parts.segments
    this.target = scsiDeviceOf(parts, AHA_MAX_COMMANDS)
    this.interruptLine = parts.interrupts[0]!
    this.mailboxes = new AhaMailboxes(parts.bus)
    this.finishEvent = parts.simulator.on((command) => this.finish(command))
  }

  outb(port: number, value: number, at: number): void {
    if (port === AHA_CONTROL && (value & AHA_RESET_INTERRUPT) !== 0) this.resetInterrupt(at)
    if (port !== AHA_COMMAND) return
    if (this.missing > 0) {
      this.parameters[this.parameters.length - this.missing] = value
      if (--this.missing === 0)
        this.mailboxes.initialize(this.parameters[0]!, readBigEndian(this.parameters, 1, 3))
      return
    }
    this.invalidCommand = value !== AHA_INIT_MAILBOX && value !== AHA_START_SCSI
    if (value === AHA_INIT_MAILBOX) this.missing = this.parameters.length
    else if (value === AHA_START_SCSI) this.startMail(at)
  }

  inb(port: number): number {
    if (port === AHA_INTERRUPT) return this.flags
    return (
      AHA_STATUS_READY |
      (this.mailboxes.isInitialized ? 0 : AHA_STATUS_INIT_REQUIRED) |
      (this.invalidCommand ? AHA_STATUS_INVALID_COMMAND : 0)
    )
  }

  hasCcb(address: number): boolean {
    return this.ccbs.includes(address)
  }

  private startMail(at: number): void {
    while (this.free.length > 0) {
      const ccb = this.mailboxes.takeOutgoing()
      if (ccb < 0) return
      this.accept(this.free.pop()!, ccb, at)
    }
  }

  private accept(command: number, ccb: number, at: number): void {
    this.ccbs[command] = ccb
    readBytes(this.bus, ccb, this.head, AHA_CCB_HEAD_BYTES)
    const problem = problemOf(this.head)
    this.hostStatus[command] = problem
    if (problem !== AHA_HOST_OK) {
      this.bus.reject(`AHA-1542 CCB at ${hex(ccb)} is refused with host status ${hex(problem)}`)
      this.simulator.schedule(at + REFUSE_NS, this.finishEvent, command)
      return
    }
    const length = this.head[AHA_CCB_CDB_LENGTH]!
    readBytes(this.bus, ccb + AHA_CCB_CDB, this.cdb, length)
    this.simulator.schedule(this.target.accept(command, this.cdb, length, at), this.finishEvent, command)
  }

  private finish(command: number): void {
    const { now } = this.simulator
    let status = SCSI_STATUS_GOOD
    if (this.hostStatus[command] === AHA_HOST_OK) {
      readBytes(this.bus, this.ccbs[command]!, this.head, AHA_CCB_HEAD_BYTES)
      this.hostStatus[command] = this.collect(command)
      status = this.target.finish(command, this.segments, now)
      if (this.hostStatus[command] === AHA_HOST_OK) this.writeResidual(command, status)
      else status = SCSI_STATUS_GOOD
      if (this.target.losesInterrupt) this.interruptLine.loseNext()
    }
    this.writeStatus(command, status)
    this.unreported.push(command)
    this.report(now)
  }

  /** Collects where the data is. @returns the host status */
  private collect(command: number): number {
    const { head, segments } = this
    const inbound = this.target.sendsData(command)
    segments.start(inbound)
    const direction = head[AHA_CCB_TARGET]! & (AHA_DIRECTION_IN | AHA_DIRECTION_OUT)
    const length = readBigEndian(head, AHA_CCB_DATA_LENGTH, 3)
    const address = readBigEndian(head, AHA_CCB_DATA_ADDRESS, 3)
    if (direction === (AHA_DIRECTION_IN | AHA_DIRECTION_OUT)) return AHA_HOST_OK
    if (direction !== 0 && direction !== (inbound ? AHA_DIRECTION_IN : AHA_DIRECTION_OUT))
      return this.refuse(AHA_HOST_BUS_PHASE, 'AHA-1542 CCB has the wrong direction for its command')
    if (!isScatter(head[AHA_CCB_OPCODE]!)) {
      segments.add(address, length)
      return AHA_HOST_OK
    }
    const entries = length / AHA_SG_BYTES
    if (entries > AHA_SG_MAX || !Number.isInteger(entries)) {
      return this.refuse(
        AHA_HOST_BAD_CCB,
        `AHA-1542 scatter/gather list of ${length} bytes; the adapter takes ${AHA_SG_MAX} entries of ${AHA_SG_BYTES}`,
      )
    }
    for (let i = 0; i < entries; i++) {
      readBytes(this.bus, address + i * AHA_SG_BYTES, this.entry, AHA_SG_BYTES)
      const bytes = readBigEndian(this.entry, 0, 3)
      if (bytes === 0)
        return this.refuse(AHA_HOST_BAD_CCB, `AHA-1542 scatter/gather entry ${i} has no length`)
      segments.add(readBigEndian(this.entry, 3, 3), bytes)
    }
    return AHA_HOST_OK
  }

  private refuse(hostStatus: number, message: string): number {
    this.bus.reject(message)
    this.segments.refuse()
    return hostStatus
  }

  /** What was not moved goes back with the operations that ask for it; with others it is an error. */
  private writeResidual(command: number, status: number): void {
    const residual = this.segments.totalBytes - this.target.movedBytes
    const opcode = this.head[AHA_CCB_OPCODE]!
    if (opcode === AHA_OP_INITIATOR_RESIDUAL || opcode === AHA_OP_SCATTER_RESIDUAL) {
      writeBigEndian(this.entry, 0, 3, residual)
      writeBytes(this.bus, this.ccbs[command]! + AHA_CCB_DATA_LENGTH, this.entry, 3)
    } else if (residual > 0 && status === SCSI_STATUS_GOOD) {
      this.hostStatus[command] = AHA_HOST_DATA_RUN
    }
  }

  private writeStatus(command: number, status: number): void {
    const ccb = this.ccbs[command]!
    const { head } = this
    const hostStatus = this.hostStatus[command]!
    const failed = hostStatus !== AHA_HOST_OK || status !== SCSI_STATUS_GOOD
    this.codes[command] = failed ? AHA_MAILBOX_ERROR : AHA_MAILBOX_DONE
    this.entry[0] = hostStatus
    this.entry[1] = status
    writeBytes(this.bus, ccb + AHA_CCB_HOST_STATUS, this.entry, 2)
    if (status !== SCSI_STATUS_CHECK_CONDITION) return
    const wanted = head[AHA_CCB_SENSE_LENGTH]!
    if (wanted === AHA_SENSE_NONE) return
    const place = ccb + AHA_CCB_CDB + head[AHA_CCB_CDB_LENGTH]!
    const bytes = Math.min(wanted === 0 ? AHA_SENSE_DEFAULT : wanted, SENSE_BYTES)
    writeBytes(this.bus, place, this.target.senseData(command), bytes)
  }

  private report(at: number): void {
    let reported = false
    for (let command = this.unreported[0]; command !== undefined; command = this.unreported[0]) {
      if (!this.mailboxes.postIncoming(this.codes[command]!, this.ccbs[command]!)) break
      this.unreported.shift()
      this.ccbs[command] = -1
      this.free.push(command)
      reported = true
    }
    if (!reported) return
    this.flags = AHA_INTERRUPT_ANY | AHA_INTERRUPT_MAILBOX_IN
    this.interruptLine.completed(at + this.bus.takeDelay())
    this.startMail(at)
  }

  private resetInterrupt(at: number): void {
    this.flags = 0
    this.interruptLine.acknowledge()
    if (this.unreported.length > 0) this.report(at)
  }
}

function isScatter(opcode: number): boolean {
  return opcode === AHA_OP_SCATTER || opcode === AHA_OP_SCATTER_RESIDUAL
}

/** The host status that a CCB is refused with. */
function problemOf(head: Uint8Array): number {
  const opcode = head[AHA_CCB_OPCODE]!
  if (opcode !== AHA_OP_INITIATOR && opcode !== AHA_OP_INITIATOR_RESIDUAL && !isScatter(opcode))
    return AHA_HOST_BAD_OPCODE
  const length = head[AHA_CCB_CDB_LENGTH]!
  if (length === 0 || length > AHA_MAX_CDB) return AHA_HOST_BAD_CCB
  return head[AHA_CCB_TARGET]! >>> 5 === 0 ? AHA_HOST_OK : AHA_HOST_SELECTION_TIMEOUT
}

function hex(value: number): string {
  return `0x${value.toString(16)}`
}
