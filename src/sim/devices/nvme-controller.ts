import type { Simulator } from '../engine/simulator.ts'
import {
  NVME_COMPLETION_BYTES,
  NVME_COMPLETION_QUEUE,
  NVME_COMPLETION_STATUS,
  NVME_DATA_TRANSFER_ERROR,
  NVME_GET_LOG_PAGE,
  NVME_IDENTIFY,
  NVME_IDENTIFY_CONTROLLER,
  NVME_IDENTIFY_NAMESPACE,
  NVME_ID_SHIFT,
  NVME_INVALID_FIELD,
  NVME_INVALID_NAMESPACE,
  NVME_INVALID_OPCODE,
  NVME_LBA_OUT_OF_RANGE,
  NVME_LOG_ERROR,
  NVME_LOG_ERROR_BYTES,
  NVME_LOG_SIZE_SHIFT,
  NVME_PHASE_SHIFT,
  NVME_READ,
  NVME_STATUS_SHIFT,
  NVME_SUBMISSION_BYTES,
  NVME_SUCCESS,
  NVME_UNRECOVERED_READ,
  NVME_WRITE,
  NVME_WRITE_FAULT,
} from '../machine/datasheets/nvme.ts'
import type { NvmeQueuePlace, NvmeRegisters } from '../machine/datasheets/nvme.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import { SECTOR_SIZE } from '../machine/page.ts'
import type { DeviceParts } from './device-parts.ts'
import { DRIVE_BUS_ERROR, DRIVE_MEDIA_ERROR, DRIVE_OK, DRIVE_OUT_OF_RANGE, DRIVE_SHORT } from './drive.ts'
import type { Drive, DriveStatus } from './drive.ts'
import type { InterruptLine } from './interrupt-line.ts'
import {
  COMMAND_MOVES,
  COMMAND_NAMESPACE,
  COMMAND_PRP1,
  COMMAND_PRP2,
  COMMAND_QUEUE,
  COMMAND_SECTOR,
  COMMAND_SECTORS,
  COMMAND_WORD0,
  NVME_ADMIN_QUEUE,
  NVME_THE_NAMESPACE,
  NvmeCommands,
} from './nvme-commands.ts'
import { identifyController, identifyNamespace } from './nvme-identify.ts'
import { NvmePrps } from './nvme-prps.ts'
import { NvmeQueue } from './nvme-queue.ts'
import type { SegmentList } from './segment-list.ts'

const NOTHING = new Uint8Array(0)

/**
 * An NVMe controller with one namespace. It fetches submission entries when the doorbell rings, reads their PRPs from memory
 * when the data moves, and writes completion entries with the phase of the round. A command without room for its completion
 * stays in its queue.
 */
export class NvmeController implements NvmeRegisters {
  private readonly simulator: Simulator
  private readonly bus: DmaBus
  private readonly segments: SegmentList
  private readonly drive: Drive
  private readonly interrupts: readonly InterruptLine[]
  private readonly prps: NvmePrps
  private readonly namespace: Uint8Array
  private readonly controller = identifyController()
  /** No errors so far: what goes wrong is told where it did. */
  private readonly errorLog = new Uint8Array(NVME_LOG_ERROR_BYTES)
  private readonly finishEvent: number
  private queues: readonly NvmeQueue[] = []
  private commands = new NvmeCommands(0)

  constructor(parts: DeviceParts) {
    this.simulator = parts.simulator
    this.bus = parts.bus
    this.segments = parts.segments
    this.drive = parts.drive
    this.interrupts = parts.interrupts
    this.prps = new NvmePrps(parts.bus, parts.segments)
    this.namespace = identifyNamespace(parts.drive.sectors)
    this.finishEvent = parts.simulator.on((command) => this.finish(command))
  }

  enable(queues: readonly NvmeQueuePlace[]): boolean {
    if (!queues.every((place) => this.reaches(place))) return false
    this.queues = queues.map(
      (place, queue) => new NvmeQueue(this.bus, place, this.interrupts[Math.max(0, queue - 1)]!),
    )
    this.commands = new NvmeCommands(queues.reduce((sum, { entries }) => sum + entries, 0))
    return true
  }

  ringSubmission(queue: number, tail: number, at: number): void {
    const pair = this.queues[queue]
    if (pair === undefined || !(tail >= 0 && tail < pair.entries)) {
      this.bus.reject(`NVMe: submission doorbell ${queue} has no entry ${tail}`)
      return
    }
    pair.tail = tail
    this.fetch(pair, queue, at)
  }

  ringCompletion(queue: number, head: number, at: number): void {
    const pair = this.queues[queue]
    if (pair === undefined || !(head >= 0 && head < pair.entries) || !pair.take(head)) {
      this.bus.reject(`NVMe: completion doorbell ${queue} has no entry ${head}`)
      return
    }
    pair.interrupt.acknowledge()
    this.fetch(pair, queue, at)
  }

  private reaches({ submission, completion, entries }: NvmeQueuePlace): boolean {
    const lastSubmission = submission + (entries - 1) * NVME_SUBMISSION_BYTES
    const lastCompletion = completion + (entries - 1) * NVME_COMPLETION_BYTES
    return (
      this.bus.resolve(lastSubmission, NVME_SUBMISSION_BYTES, false) >= 0 &&
      this.bus.resolve(lastCompletion, NVME_COMPLETION_BYTES, true) >= 0
    )
  }

  private fetch(pair: NvmeQueue, queue: number, at: number): void {
    while (pair.canFetch) {
      const command = this.commands.take()
      this.commands.read(command, queue, pair.submissions)
      pair.submissions.next()
      pair.owed++
      this.simulator.schedule(this.accept(command, at), this.finishEvent, command)
    }
  }

  /** @returns when the command ends, ns */
  private accept(command: number, at: number): number {
    const { fields } = this.commands
    if (fields[command + COMMAND_MOVES] === 0) return this.drive.acceptQuick(at)
    const isWrite = this.commands.opcodeOf(command) === NVME_WRITE
    const sector = fields[command + COMMAND_SECTOR]!
    return this.drive.accept(isWrite, sector, fields[command + COMMAND_SECTORS]!, at)
  }

  private finish(command: number): void {
    const { fields } = this.commands
    const pair = this.queues[fields[command + COMMAND_QUEUE]!]!
    const status = fields[command + COMMAND_MOVES] === 0 ? this.answer(command) : this.moveBlocks(command)
    this.complete(command, pair, status)
    pair.advance()
    this.commands.release(command)
    if (this.drive.losesInterrupt) pair.interrupt.loseNext()
    pair.interrupt.completed(this.simulator.now + this.bus.takeDelay())
  }

  private moveBlocks(command: number): number {
    const { fields } = this.commands
    const write = this.commands.opcodeOf(command) === NVME_WRITE
    const count = fields[command + COMMAND_SECTORS]!
    this.segments.start(!write)
    const broken = this.readPrps(command, count * SECTOR_SIZE)
    const status = this.drive.finish(
      fields[command + COMMAND_SECTOR]!,
      count,
      this.segments,
      this.simulator.now,
    )
    return status === DRIVE_BUS_ERROR && broken !== NVME_SUCCESS ? broken : statusOf(status, write)
  }

  /** Ends a command that is not about blocks: an Identify or a log page, or one that the controller does not carry out. */
  private answer(command: number): number {
    const refusal = this.refusalOf(command)
    this.segments.start(true)
    const answer = refusal === NVME_SUCCESS ? this.contentOf(command) : NOTHING
    const broken = refusal === NVME_SUCCESS ? this.readPrps(command, answer.length) : refusal
    const content = broken === NVME_SUCCESS ? answer : NOTHING
    const status = this.drive.finishQuick(content, this.segments, this.simulator.now)
    return broken === NVME_SUCCESS ? statusOf(status, false) : broken
  }

  private readPrps(command: number, bytes: number): number {
    const { fields } = this.commands
    return this.prps.read(fields[command + COMMAND_PRP1]!, fields[command + COMMAND_PRP2]!, bytes)
  }

  private contentOf(command: number): Uint8Array {
    const { fields } = this.commands
    const word10 = fields[command + COMMAND_SECTOR]! % 0x100000000
    if (this.commands.opcodeOf(command) === NVME_GET_LOG_PAGE)
      return this.errorLog.subarray(0, (((word10 >>> NVME_LOG_SIZE_SHIFT) & 0xfff) + 1) * 4)
    return word10 === NVME_IDENTIFY_CONTROLLER ? this.controller : this.namespace
  }

  private refusalOf(command: number): number {
    const { fields } = this.commands
    const opcode = this.commands.opcodeOf(command)
    const sector = fields[command + COMMAND_SECTOR]!
    if (fields[command + COMMAND_QUEUE] !== NVME_ADMIN_QUEUE)
      return opcode === NVME_READ || opcode === NVME_WRITE ? NVME_INVALID_NAMESPACE : NVME_INVALID_OPCODE
    if (opcode === NVME_GET_LOG_PAGE)
      return (sector & 0xff) === NVME_LOG_ERROR ? NVME_SUCCESS : NVME_INVALID_FIELD
    if (opcode !== NVME_IDENTIFY) return NVME_INVALID_OPCODE
    if (sector === NVME_IDENTIFY_CONTROLLER) return NVME_SUCCESS
    if (sector !== NVME_IDENTIFY_NAMESPACE) return NVME_INVALID_FIELD
    return fields[command + COMMAND_NAMESPACE] === NVME_THE_NAMESPACE ? NVME_SUCCESS : NVME_INVALID_NAMESPACE
  }

  private complete(command: number, { submissions, completions, phase }: NvmeQueue, status: number): void {
    const { fields } = this.commands
    const queue = fields[command + COMMAND_QUEUE]!
    const id = fields[command + COMMAND_WORD0]! >>> NVME_ID_SHIFT
    completions.write(NVME_COMPLETION_QUEUE / 4, submissions.place | (queue << 16))
    completions.write(
      NVME_COMPLETION_STATUS / 4,
      id | (phase << NVME_PHASE_SHIFT) | (status << NVME_STATUS_SHIFT),
    )
  }
}

/** A drive that moved less than it was asked to reports an error: a completion has no count of bytes. */
function statusOf(status: DriveStatus, write: boolean): number {
  switch (status) {
    case DRIVE_OK:
      return NVME_SUCCESS
    case DRIVE_MEDIA_ERROR:
      return write ? NVME_WRITE_FAULT : NVME_UNRECOVERED_READ
    case DRIVE_OUT_OF_RANGE:
      return NVME_LBA_OUT_OF_RANGE
    case DRIVE_BUS_ERROR:
    case DRIVE_SHORT:
      return NVME_DATA_TRANSFER_ERROR
  }
}
