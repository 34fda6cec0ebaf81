import type { Simulator } from '../engine/simulator.ts'
import { SCSI_CDB_BYTES } from '../machine/datasheets/scsi.ts'
import {
  MSG_COMMAND_COMPLETE,
  SCR_COMMAND,
  SCR_DATA_IN,
  SCR_DATA_OUT,
  SCR_MSG_IN,
  SCR_MSG_OUT,
  SCR_STATUS,
  SYM_DSTAT_IID,
  SYM_DSTAT_SIR,
  SYM_GO_RESTART,
  SYM_GO_START,
  SYM_ISTAT_DIP,
  SYM_ISTAT_INTF,
  SYM_MOVE_BOUNDARY,
} from '../machine/datasheets/sym-53c8xx.ts'
import type { SymRegisters } from '../machine/datasheets/sym-53c8xx.ts'
import { MSG_ORDERED_Q_TAG, MSG_SIMPLE_Q_TAG } from '../machine/datasheets/scsi-messages.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import { readBytes, writeBytes } from '../machine/word-memory.ts'
import type { DeviceParts } from './device-parts.ts'
import type { InterruptLine } from './interrupt-line.ts'
import type { ScsiDevice } from './scsi-device.ts'
import { scsiDeviceOf } from './scsi-target.ts'
import type { SegmentList } from './segment-list.ts'
import {
  STEP_DISCONNECT,
  STEP_DONE,
  STEP_ILLEGAL,
  STEP_MOVE,
  STEP_SELECT,
  SymScript,
  isDataPhase,
} from './sym-script.ts'
import type { ScriptStep } from './sym-script.ts'

/** Tags of the queue messages, a byte. */
const TAGS = 256
/** IDENTIFY, and a queue tag message of two bytes. */
const MESSAGE_BYTES = 3
const FREE = -1

/**
 * A 53C8xx with one disk, target 0. Its script processor starts the commands of the start queue; when the disk comes back
 * for a command's data, the rest of that command's script is run, and the command is put into the done queue.
 * What the driver's script would do to walk both queues is done here.
 */
export class Sym53c8xxController implements SymRegisters {
  dstat = 0
  private readonly simulator: Simulator
  private readonly bus: DmaBus
  private readonly segments: SegmentList
  private readonly target: ScsiDevice
  private readonly interruptLine: InterruptLine
  private readonly script: SymScript
  private readonly finishEvent: number
  private startQueue = 0
  private doneQueue = 0
  private entries = 0
  private startPlace = 0
  private donePlace = 0
  private mismatchJump = 0
  private onTheFly = false
  /** What the script came to after the data phase. */
  private step: ScriptStep = STEP_DONE
  /** Block of the command with each tag. */
  private readonly blocks = new Float64Array(TAGS).fill(FREE)
  /** Tags that the disk wants to go on with while the chip stands still. */
  private readonly waiting: number[] = []
  /** Table entries of the data phase, and their counts. */
  private readonly moves: number[] = []
  private readonly counts: number[] = []
  private readonly cdb = new Uint8Array(SCSI_CDB_BYTES)
  private readonly bytes = new Uint8Array(MESSAGE_BYTES)

  constructor(parts: DeviceParts) {
    this.simulator = parts.simulator
    this.bus = parts.bus
    this.segments = parts.segments
    this.target = scsiDeviceOf(parts, TAGS)
    this.interruptLine = parts.interrupts[0]!
    this.script = new SymScript(parts.bus)
    this.finishEvent = parts.simulator.on((tag) => this.reselect(tag))
  }

  setQueues(start: number, done: number, entries: number): void {
    this.startQueue = start
    this.doneQueue = done
    this.entries = entries
    this.startPlace = 0
    this.donePlace = 0
  }

  setPhaseMismatchJump(address: number): void {
    this.mismatchJump = address
  }

  get dsa(): number {
    return this.script.dsa
  }

  signal(at: number): void {
    while (this.dstat === 0 && this.entries > 0) {
      const place = this.startQueue + this.startPlace * 4
      const block = this.bus.read32(place)
      if (block === 0) return
      this.bus.write32(place, 0)
      this.startPlace = (this.startPlace + 1) % this.entries
      this.start(block, at)
    }
  }

  readIstat(): number {
    const flags = (this.onTheFly ? SYM_ISTAT_INTF : 0) | (this.dstat !== 0 ? SYM_ISTAT_DIP : 0)
    this.onTheFly = false
    this.interruptLine.acknowledge()
    return flags
  }

  resume(at: number): void {
    this.dstat = 0
    while (this.dstat === 0 && this.waiting.length > 0) this.run(this.waiting.shift()!, at)
    this.signal(at)
  }

  hasBlock(block: number): boolean {
    return this.blocks.includes(block)
  }

  /** Selection, messages and CDB of a new command. */
  private start(block: number, at: number): void {
    const { script, bus } = this
    let tag = FREE
    let cdbBytes = 0
    let isOrdered = false
    script.begin(block, bus.read32(block + SYM_GO_START))
    for (;;) {
      const step = script.next()
      if (step === STEP_DISCONNECT) break
      if (step === STEP_SELECT && ((script.count >>> 16) & 0xf) === 0) continue
      if (step === STEP_MOVE && script.phase === SCR_MSG_OUT && script.count === MESSAGE_BYTES) {
        readBytes(bus, script.address, this.bytes, MESSAGE_BYTES)
        isOrdered = this.bytes[1] === MSG_ORDERED_Q_TAG
        tag = isOrdered || this.bytes[1] === MSG_SIMPLE_Q_TAG ? this.bytes[2]! : FREE
      } else if (step === STEP_MOVE && script.phase === SCR_COMMAND) {
        cdbBytes = Math.min(script.count, SCSI_CDB_BYTES)
        readBytes(bus, script.address, this.cdb, cdbBytes)
      } else {
        this.stop(
          step === STEP_ILLEGAL ? SYM_DSTAT_IID : SYM_DSTAT_SIR,
          at,
          'cannot select and command a disk',
        )
        return
      }
    }
    if (tag === FREE || cdbBytes === 0 || this.blocks[tag] !== FREE) {
      this.stop(SYM_DSTAT_SIR, at, 'has no CDB, or no tag of its own')
      return
    }
    this.blocks[tag] = block
    const doneAt = this.target.accept(tag, this.cdb, cdbBytes, at, isOrdered)
    this.simulator.schedule(doneAt, this.finishEvent, tag)
  }

  /** The disk comes back for the data of a command. */
  private reselect(tag: number): void {
    if (this.dstat === 0) this.run(tag, this.simulator.now)
    else this.waiting.push(tag)
  }

  private run(tag: number, at: number): void {
    const { script, segments, target } = this
    const block = this.blocks[tag]!
    script.begin(block, this.bus.read32(block + SYM_GO_RESTART))
    const problem = this.collect(target.sendsData(tag) ? SCR_DATA_IN : SCR_DATA_OUT)
    if (problem !== '') segments.refuse()
    const status = target.finish(tag, segments, at)
    if (target.losesInterrupt) this.interruptLine.loseNext()
    this.blocks[tag] = FREE
    if (problem !== '') {
      this.stop(SYM_DSTAT_IID, at, problem)
      return
    }
    if (target.movedBytes < segments.totalBytes) this.takeMismatch(target.movedBytes)
    this.end(status, at)
  }

  /** The data phase of the script, up to the step after it. @returns what is wrong with it */
  private collect(phase: number): string {
    const { script, segments, moves, counts } = this
    segments.start(phase === SCR_DATA_IN)
    moves.length = 0
    counts.length = 0
    let step = script.next()
    for (; step === STEP_MOVE && isDataPhase(script.phase); step = script.next()) {
      const { address, count } = script
      if (script.phase !== phase) return 'moves data in the wrong direction'
      if ((address % SYM_MOVE_BOUNDARY) + count > SYM_MOVE_BOUNDARY)
        return `moves ${count} bytes at 0x${address.toString(16)}, across a 16 MiB line`
      moves.push(script.entry)
      counts.push(count)
      segments.add(address, count)
    }
    this.step = step
    return step === STEP_ILLEGAL
      ? 'holds an instruction that the chip does not know, or a MOVE of nothing'
      : ''
  }

  /** The target ended the data phase early: notes where, and goes to the script for that. */
  private takeMismatch(moved: number): void {
    const { script, counts } = this
    let index = 0
    let rest = moved
    for (; rest >= counts[index]!; index++) rest -= counts[index]!
    script.rbc = counts[index]! - rest
    script.esa = this.moves[index]!
    script.jump(this.mismatchJump)
    this.step = script.next()
  }

  /** Status, message and the report of a command. */
  private end(status: number, at: number): void {
    const { script, bytes } = this
    for (; this.step === STEP_MOVE; this.step = script.next()) {
      if (script.phase === SCR_STATUS) bytes[0] = status
      else if (script.phase === SCR_MSG_IN) bytes[0] = MSG_COMMAND_COMPLETE
      else break
      writeBytes(this.bus, script.address, bytes, 1)
    }
    if (this.step !== STEP_DONE) {
      this.stop(SYM_DSTAT_SIR, at, 'does not expect that the command ends')
      return
    }
    this.bus.write32(this.doneQueue + this.donePlace * 4, script.dsa)
    this.donePlace = (this.donePlace + 1) % this.entries
    this.onTheFly = true
    this.interruptLine.completed(at + this.bus.takeDelay())
  }

  /** The script cannot go on: the chip stops until the driver sends it on. */
  private stop(dstat: number, at: number, problem: string): void {
    this.bus.reject(`53C8xx: the script for the block at 0x${this.dsa.toString(16)} ${problem}`)
    this.dstat = dstat
    this.interruptLine.completed(at)
  }
}
