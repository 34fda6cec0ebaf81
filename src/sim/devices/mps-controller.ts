import type { Simulator } from '../engine/simulator.ts'
import {
  IOC_STATUS_DATA_UNDERRUN,
  IOC_STATUS_DEVICE_NOT_THERE,
  IOC_STATUS_INVALID_FIELD,
  IOC_STATUS_INVALID_SGL,
  IOC_STATUS_SUCCESS,
  IO_CDB,
  IO_CDB_LENGTH_MASK,
  IO_CHAIN_OFFSET_SHIFT,
  IO_CONTROL,
  IO_CONTROL_ORDERED,
  IO_CONTROL_READ,
  IO_CONTROL_WRITE,
  IO_DATA_LENGTH,
  IO_FLAGS,
  IO_SENSE_ADDRESS,
  IO_SENSE_LENGTH,
  IO_SENSE_LENGTH_SHIFT,
  IO_SGL_OFFSET,
  MPI2_DEV_HANDLE,
  MPI2_FRAME_BYTES,
  MPI2_MAX_SMID,
  REPLY_ADDRESS,
  REPLY_DESCRIPTOR_BYTES,
  REPLY_IOC_STATUS_SHIFT,
  REPLY_IO_SUCCESS,
  REPLY_SENSE_COUNT,
  REPLY_SMID_SHIFT,
  REPLY_STATE_AUTOSENSE_VALID,
  REPLY_STATE_SHIFT,
  REPLY_STATUS,
  REPLY_TRANSFER_COUNT,
} from '../machine/datasheets/mpi2.ts'
import type { Mpi2Init, Mpi2Registers } from '../machine/datasheets/mpi2.ts'
import {
  SCSI_CDB_BYTES,
  SCSI_STATUS_CHECK_CONDITION,
  SCSI_STATUS_GOOD,
  SENSE_BYTES,
} from '../machine/datasheets/scsi.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import { readBytes, writeBytes } from '../machine/word-memory.ts'
import type { DeviceParts } from './device-parts.ts'
import type { InterruptLine } from './interrupt-line.ts'
import { collectSgl } from './mpi2-sgl.ts'
import type { ScsiDevice } from './scsi-device.ts'
import { scsiDeviceOf } from './scsi-target.ts'
import type { SegmentList } from './segment-list.ts'

/** Time to refuse a request. */
const REFUSE_NS = 10_000
const NONE = 0

/**
 * A SAS2 controller with one disk. It reads request frames when they are posted and their scatter/gather lists when the disk
 * is ready, and answers in the ring of reply descriptors; what is more than a success needs a reply frame.
 */
export class MpsController implements Mpi2Registers {
  private readonly simulator: Simulator
  private readonly bus: DmaBus
  private readonly segments: SegmentList
  private readonly target: ScsiDevice
  private readonly interruptLine: InterruptLine
  private readonly finishEvent: number
  private init: Mpi2Init | null = null
  private postPlace = 0
  private freePlace = 0
  private freeEnd = 0
  /** Requests that failed and wait for a reply frame, and their outcome. */
  private readonly waiting: number[] = []
  private readonly busy = new Uint8Array(MPI2_MAX_SMID + 1)
  private readonly iocStatus = new Uint16Array(MPI2_MAX_SMID + 1)
  private readonly scsiStatus = new Uint8Array(MPI2_MAX_SMID + 1)
  private readonly moved = new Float64Array(MPI2_MAX_SMID + 1)
  private readonly cdb = new Uint8Array(SCSI_CDB_BYTES)

  constructor(parts: DeviceParts) {
    this.simulator = parts.simulator
    this.bus = parts.bus
    this.segments = parts.segments
    this.target = scsiDeviceOf(parts, MPI2_MAX_SMID + 1)
    this.interruptLine = parts.interrupts[0]!
    this.finishEvent = parts.simulator.on((smid) => this.finish(smid))
  }

  initialize(init: Mpi2Init): void {
    this.init = init
    this.postPlace = 0
    this.freePlace = 0
    this.freeEnd = init.replyFreeDepth - 1
  }

  postRequest(smid: number, at: number): void {
    if (this.init === null || smid < 1 || smid > MPI2_MAX_SMID || this.busy[smid] === 1) {
      this.bus.reject(`MPI2 request descriptor with SMID ${smid}, which is not free`)
      return
    }
    this.busy[smid] = 1
    const frame = this.frameOf(smid)
    const problem = this.problemOf(frame)
    this.iocStatus[smid] = problem
    if (problem !== IOC_STATUS_SUCCESS) {
      this.bus.reject(`MPI2 request ${smid} is refused with IOC status 0x${problem.toString(16)}`)
      this.simulator.schedule(at + REFUSE_NS, this.finishEvent, smid)
      return
    }
    const length = this.bus.read32(frame + IO_FLAGS) & IO_CDB_LENGTH_MASK
    readBytes(this.bus, frame + IO_CDB, this.cdb, length)
    const isOrdered = (this.bus.read32(frame + IO_CONTROL) & IO_CONTROL_ORDERED) !== 0
    const doneAt = this.target.accept(smid, this.cdb, length, at, isOrdered)
    this.simulator.schedule(doneAt, this.finishEvent, smid)
  }

  setReplyPostIndex(): void {
    this.interruptLine.acknowledge()
  }

  setReplyFreeIndex(index: number): void {
    this.freeEnd = index
    while (this.waiting.length > 0 && this.freePlace !== this.freeEnd)
      this.replyWithFrame(this.waiting.shift()!, this.simulator.now)
  }

  hasRequest(smid: number): boolean {
    return this.busy[smid] === 1
  }

  private finish(smid: number): void {
    const { now } = this.simulator
    this.scsiStatus[smid] = SCSI_STATUS_GOOD
    this.moved[smid] = 0
    if (this.iocStatus[smid] === IOC_STATUS_SUCCESS) this.transfer(smid, now)
    if (this.iocStatus[smid] === IOC_STATUS_SUCCESS && this.scsiStatus[smid] === SCSI_STATUS_GOOD)
      this.reply(smid, REPLY_IO_SUCCESS, NONE, now)
    else if (this.freePlace === this.freeEnd) this.waiting.push(smid)
    else this.replyWithFrame(smid, now)
  }

  private transfer(smid: number, at: number): void {
    const { bus, segments, target } = this
    const frame = this.frameOf(smid)
    const length = bus.read32(frame + IO_DATA_LENGTH)
    const problem = length === 0 ? this.startEmpty() : this.collect(smid, frame, length)
    if (problem !== '') {
      bus.reject(`MPI2 request ${smid} has ${problem}`)
      segments.refuse()
    }
    const status = target.finish(smid, segments, at)
    if (target.losesInterrupt) this.interruptLine.loseNext()
    this.moved[smid] = target.movedBytes
    if (problem !== '') this.iocStatus[smid] = IOC_STATUS_INVALID_SGL
    else {
      this.scsiStatus[smid] = status
      if (target.movedBytes < length) this.iocStatus[smid] = IOC_STATUS_DATA_UNDERRUN
    }
  }

  private startEmpty(): string {
    this.segments.start(true)
    return ''
  }

  private collect(smid: number, frame: number, length: number): string {
    const { bus, segments } = this
    const toMemory = this.target.sendsData(smid)
    segments.start(toMemory)
    const direction = bus.read32(frame + IO_CONTROL) & (IO_CONTROL_READ | IO_CONTROL_WRITE)
    if (direction !== (toMemory ? IO_CONTROL_READ : IO_CONTROL_WRITE))
      return 'the wrong direction for its command'
    const offset = (bus.read32(frame + IO_SGL_OFFSET) & 0xff) * 4
    const chain = ((bus.read32(frame) >>> IO_CHAIN_OFFSET_SHIFT) & 0xff) * 4
    const problem = collectSgl(bus, segments, frame, offset, chain, toMemory)
    if (problem !== '') return problem
    return segments.totalBytes < length ? `an SGL of ${segments.totalBytes} bytes for ${length}` : ''
  }

  private replyWithFrame(smid: number, at: number): void {
    const { replyFreeQueue, replyFreeDepth } = this.init!
    const { bus } = this
    const reply = bus.read32(replyFreeQueue + this.freePlace * 4)
    this.freePlace = (this.freePlace + 1) % replyFreeDepth
    const status = this.scsiStatus[smid]!
    let state = 0
    let senseBytes = 0
    if (status === SCSI_STATUS_CHECK_CONDITION) {
      const frame = this.frameOf(smid)
      const room = (bus.read32(frame + IO_SENSE_LENGTH) >>> IO_SENSE_LENGTH_SHIFT) & 0xff
      senseBytes = Math.min(room, SENSE_BYTES)
      state = senseBytes > 0 ? REPLY_STATE_AUTOSENSE_VALID : 0
      writeBytes(bus, bus.read32(frame + IO_SENSE_ADDRESS), this.target.senseData(smid), senseBytes)
    }
    const ioc = this.iocStatus[smid]!
    bus.write32(reply, MPI2_DEV_HANDLE)
    bus.write32(reply + REPLY_STATUS, status | (state << REPLY_STATE_SHIFT) | (ioc << REPLY_IOC_STATUS_SHIFT))
    bus.write32(reply + REPLY_TRANSFER_COUNT, this.moved[smid]!)
    bus.write32(reply + REPLY_SENSE_COUNT, senseBytes)
    this.reply(smid, REPLY_ADDRESS, reply, at)
  }

  private reply(smid: number, type: number, address: number, at: number): void {
    const { replyPostQueue, replyPostDepth } = this.init!
    const place = replyPostQueue + this.postPlace * REPLY_DESCRIPTOR_BYTES
    this.postPlace = (this.postPlace + 1) % replyPostDepth
    this.busy[smid] = 0
    this.bus.write32(place + 4, address)
    this.bus.write32(place, type | (smid << REPLY_SMID_SHIFT))
    this.interruptLine.completed(at + this.bus.takeDelay())
  }

  /** The IOC status that a request is refused with. */
  private problemOf(frame: number): number {
    const word = this.bus.read32(frame)
    const length = this.bus.read32(frame + IO_FLAGS) & IO_CDB_LENGTH_MASK
    if (word >>> 24 !== 0 || length === 0 || length > SCSI_CDB_BYTES) return IOC_STATUS_INVALID_FIELD
    return (word & 0xffff) === MPI2_DEV_HANDLE ? IOC_STATUS_SUCCESS : IOC_STATUS_DEVICE_NOT_THERE
  }

  private frameOf(smid: number): number {
    return this.init!.requestFrames + smid * MPI2_FRAME_BYTES
  }
}
