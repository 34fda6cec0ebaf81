import {
  IOC_STATUS_DATA_UNDERRUN,
  IOC_STATUS_SUCCESS,
  IO_CDB,
  IO_CDB_BYTES,
  IO_CONTROL,
  IO_CONTROL_ORDERED,
  IO_CONTROL_READ,
  IO_CONTROL_WRITE,
  IO_DATA_LENGTH,
  IO_FLAGS,
  IO_SENSE_ADDRESS,
  IO_SENSE_LENGTH,
  IO_SENSE_LENGTH_SHIFT,
  IO_SGL,
  IO_SGL_OFFSET,
  MPI2_DEV_HANDLE,
  MPI2_FRAME_BYTES,
  MPI2_MAX_SMID,
  MPI2_REPLY_BYTES,
  REPLY_ADDRESS,
  REPLY_DESCRIPTOR_BYTES,
  REPLY_IOC_STATUS_SHIFT,
  REPLY_SMID_SHIFT,
  REPLY_STATE_AUTOSENSE_VALID,
  REPLY_STATE_SHIFT,
  REPLY_STATUS,
  REPLY_TRANSFER_COUNT,
  REPLY_TYPE_MASK,
  REPLY_UNUSED,
} from '../../../machine/datasheets/mpi2.ts'
import type { Mpi2Registers } from '../../../machine/datasheets/mpi2.ts'
import { MSG_ORDERED_Q_TAG } from '../../../machine/datasheets/scsi-messages.ts'
import { SCSI_STATUS_GOOD, SENSE_BYTES } from '../../../machine/datasheets/scsi.ts'
import { SECTOR_SIZE } from '../../../machine/page.ts'
import { writeBytes } from '../../../machine/word-memory.ts'
import { BUS_SPACE_MAXADDR_32BIT } from '../../busdma/constants.ts'
import type { BusDmamap } from '../../busdma/map.ts'
import { Site } from '../../call-sites.ts'
import { EIO, OK } from '../../errno.ts'
import type { Ccb } from '../ccb.ts'
import { scsi_fill_cdb, takeSense } from '../scsi-all.ts'
import { allocateControl } from './control-memory.ts'
import type { ControlMemory } from './control-memory.ts'
import { DmaSim } from './dma-sim.ts'
import type { CommandStarter, DmaSimParts, DriverLimits } from './dma-sim.ts'
import { chainBytes, writeSgl } from './mpi2-sgl-writer.ts'

/** Sense buffers lie one after another, as far apart as this. */
const SENSE_STRIDE = 32
/** Reply frames, one less than places in the ring of free ones. */
const REPLY_FRAMES = 16
/** The ring of reply descriptors is a multiple of this. */
const REPLY_POST_STEP = 16

/** The SAS2 driver, after DragonFly's mps(4): one request frame, sense buffer and set of chain frames for each slot. */
export class MpsSim implements CommandStarter {
  readonly protocol = 'scsi'
  readonly ordersTags = true
  readonly sim: DmaSim
  private readonly ioc: Mpi2Registers
  private readonly frames: ControlMemory
  private readonly sense: ControlMemory
  private readonly chains: ControlMemory
  private readonly chainStride: number
  private readonly replies: ControlMemory
  private readonly replyPost: ControlMemory
  private readonly replyFree: ControlMemory
  private readonly postDepth: number
  private readonly freeDepth = REPLY_FRAMES + 1
  private postPlace = 0
  private freePlace = REPLY_FRAMES
  private readonly cdb = new Uint8Array(IO_CDB_BYTES)

  constructor(parts: DmaSimParts, limits: DriverLimits, ioc: Mpi2Registers) {
    this.ioc = ioc
    const { memory } = parts.machine
    const allocate = (bytes: number): ControlMemory =>
      allocateControl(parts.busdma, bytes, BUS_SPACE_MAXADDR_32BIT)
    const slots = Math.min(limits.slots, MPI2_MAX_SMID)
    this.chainStride = chainBytes(limits.tags.at(-1)?.nsegments ?? 0)
    this.frames = allocate((slots + 1) * MPI2_FRAME_BYTES)
    this.sense = allocate(slots * SENSE_STRIDE)
    this.chains = allocate(Math.max(1, slots * this.chainStride))
    this.replies = allocate(REPLY_FRAMES * MPI2_REPLY_BYTES)
    this.postDepth = Math.ceil((slots + 1) / REPLY_POST_STEP) * REPLY_POST_STEP
    this.replyPost = allocate(this.postDepth * REPLY_DESCRIPTOR_BYTES)
    this.replyFree = allocate(this.freeDepth * 4)
    for (let at = 0; at < this.postDepth * REPLY_DESCRIPTOR_BYTES; at += 4)
      memory.write32(this.replyPost.physical + at, REPLY_UNUSED)
    for (let i = 0; i < REPLY_FRAMES; i++)
      memory.write32(this.replyFree.physical + i * 4, this.replies.bus + i * MPI2_REPLY_BYTES)
    ioc.initialize({
      requestFrames: this.frames.bus,
      replyPostQueue: this.replyPost.bus,
      replyPostDepth: this.postDepth,
      replyFreeQueue: this.replyFree.bus,
      replyFreeDepth: this.freeDepth,
    })
    this.sim = new DmaSim(parts, this, { ...limits, slots })
  }

  /** mpssas_action_scsiio: writes the request frame and its SGL, and posts the request descriptor. */
  start(slot: number, ccb: Ccb, map: BusDmamap, segments: number, from: number, bytes: number): void {
    const { machine } = this.sim.parts
    const { memory, cost } = machine
    machine.accounting.enter(Site.mps_start)
    const smid = slot + 1
    const frame = this.frames.physical + smid * MPI2_FRAME_BYTES
    const isWrite = ccb.isOut
    const sector = ccb.sector + from / SECTOR_SIZE
    const length = scsi_fill_cdb(this.cdb, this.protocol, ccb, sector, bytes / SECTOR_SIZE)
    const chain = slot * this.chainStride
    const chainOffset = writeSgl(
      memory,
      map,
      segments,
      isWrite,
      frame,
      this.chains.physical + chain,
      this.chains.bus + chain,
    )
    for (let at = 4; at < IO_CDB; at += 4) memory.write32(frame + at, 0)
    memory.write32(frame, MPI2_DEV_HANDLE | chainOffset)
    memory.write32(frame + IO_SENSE_ADDRESS, this.sense.bus + slot * SENSE_STRIDE)
    memory.write32(frame + IO_SENSE_LENGTH, SENSE_BYTES << IO_SENSE_LENGTH_SHIFT)
    memory.write32(frame + IO_SGL_OFFSET, IO_SGL / 4)
    memory.write32(frame + IO_DATA_LENGTH, bytes)
    memory.write32(frame + IO_FLAGS, length)
    memory.write32(frame + IO_CONTROL, controlOf(ccb))
    writeBytes(memory, frame + IO_CDB, this.cdb, IO_CDB_BYTES)
    machine.charge(Site.prd, segments * cost.driverPerSegment)
    machine.charge(Site.mps_start, cost.driverCommand)
    machine.accounting.leave()
    this.ioc.postRequest(smid, machine.cpu.clock)
  }

  /** mps_intr_locked: takes the reply descriptors, and tells the controller how far it came. */
  interrupt(): void {
    const { memory } = this.sim.parts.machine
    const first = this.freePlace
    for (;;) {
      const place = this.replyPost.physical + this.postPlace * REPLY_DESCRIPTOR_BYTES
      const word = memory.read32(place)
      if (word === REPLY_UNUSED) break
      const reply = memory.read32(place + 4)
      memory.write32(place, REPLY_UNUSED)
      memory.write32(place + 4, REPLY_UNUSED)
      this.postPlace = (this.postPlace + 1) % this.postDepth
      const slot = (word >>> REPLY_SMID_SHIFT) - 1
      if ((word & REPLY_TYPE_MASK) === REPLY_ADDRESS) this.failed(slot, reply)
      else if (this.sim.ccbAt(slot) !== null) this.sim.complete(slot)
    }
    this.ioc.setReplyPostIndex(this.postPlace)
    if (this.freePlace !== first) this.ioc.setReplyFreeIndex(this.freePlace)
  }

  hasCommand(slot: number): boolean {
    return this.ioc.hasRequest(slot + 1)
  }

  /** A request with a reply frame: reads it, gives it back, and ends the request. */
  private failed(slot: number, reply: number): void {
    const { memory } = this.sim.parts.machine
    const frame = reply - this.replies.bus + this.replies.physical
    const word = memory.read32(frame + REPLY_STATUS)
    const moved = memory.read32(frame + REPLY_TRANSFER_COUNT)
    memory.write32(this.replyFree.physical + this.freePlace * 4, reply)
    this.freePlace = (this.freePlace + 1) % this.freeDepth
    const ccb = this.sim.ccbAt(slot)
    if (ccb === null) return
    const iocStatus = word >>> REPLY_IOC_STATUS_SHIFT
    const scsiStatus = word & 0xff
    ccb.scsiStatus = scsiStatus
    if (((word >>> REPLY_STATE_SHIFT) & REPLY_STATE_AUTOSENSE_VALID) !== 0)
      takeSense(memory, this.sense.physical + slot * SENSE_STRIDE, ccb)
    const isTransferred = iocStatus === IOC_STATUS_SUCCESS || iocStatus === IOC_STATUS_DATA_UNDERRUN
    const asked = memory.read32(this.frames.physical + (slot + 1) * MPI2_FRAME_BYTES + IO_DATA_LENGTH)
    this.sim.complete(
      slot,
      isTransferred && scsiStatus === SCSI_STATUS_GOOD ? OK : EIO,
      isTransferred ? asked - moved : 0,
    )
  }
}

/** Direction and queue attribute of a request. */
function controlOf(ccb: Ccb): number {
  const order = ccb.tagAction === MSG_ORDERED_Q_TAG ? IO_CONTROL_ORDERED : 0
  if (ccb.dxferLen === 0) return order
  return order | (ccb.isOut ? IO_CONTROL_WRITE : IO_CONTROL_READ)
}
