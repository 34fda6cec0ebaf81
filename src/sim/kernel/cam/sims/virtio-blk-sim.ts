import { SCSI_STATUS_CHECK_CONDITION, SCSI_STATUS_GOOD } from '../../../machine/datasheets/scsi.ts'
import {
  VIRTIO_BLK_CAPACITY_HIGH,
  VIRTIO_BLK_CAPACITY_LOW,
  VIRTIO_BLK_HEADER_BYTES,
  VIRTIO_BLK_SECTOR_HIGH,
  VIRTIO_BLK_SECTOR_LOW,
  VIRTIO_BLK_SEG_MAX,
  VIRTIO_BLK_SIZE_MAX,
  VIRTIO_BLK_S_OK,
  VIRTIO_BLK_T_IN,
  VIRTIO_BLK_T_OUT,
  VIRTIO_BLK_T_SCSI_CMD,
  VIRTIO_SCSI_ERRORS,
  VIRTIO_SCSI_RESIDUAL,
  VIRTIO_SCSI_RESULT_BYTES,
  VIRTIO_SCSI_SENSE_BYTES,
} from '../../../machine/datasheets/virtio.ts'
import type { VirtioBlkRegisters } from '../../../machine/datasheets/virtio.ts'
import { PAGE_SIZE } from '../../../machine/page.ts'
import { writeBytes } from '../../../machine/word-memory.ts'
import { BUS_SPACE_MAXADDR_32BIT } from '../../busdma/constants.ts'
import { Site } from '../../call-sites.ts'
import type { Errno } from '../../errno.ts'
import { EINVAL, ENXIO, EOPNOTSUPP, OK } from '../../errno.ts'
import { Happening } from '../../history-events.ts'
import { MsfOwner } from '../../msf-buf/msf-counts.ts'
import {
  Sglist,
  sglist_append,
  sglist_append_phys,
  sglist_append_vmpages,
  sglist_reset,
} from '../../sglist.ts'
import { CAM_DATA_BIO, CAM_DATA_MSF, CAM_DATA_NONE, CAM_DATA_VADDR } from '../ccb.ts'
import type { Ccb } from '../ccb.ts'
import { takeSense } from '../scsi-all.ts'
import type { CamSim } from '../xpt.ts'
import { allocateWired } from './control-memory.ts'
import type { ControlMemory } from './control-memory.ts'
import { statusOf } from './dma-sim.ts'
import type { DmaSimParts, DriverLimits } from './dma-sim.ts'
import { Virtqueue } from './virtqueue.ts'
import { Watchdog } from './watchdog.ts'

/** Most bytes of one transfer in DragonFly. */
export const MAXPHYS = 128 * 1024
/** Ranges of a transfer of that size that begins inside a page. */
const MAXPHYS_SEGMENTS = MAXPHYS / PAGE_SIZE + 1
/** Descriptors of a request besides its data: header and status. */
const MIN_SEGMENTS = 2

/** Of each slot's control memory: the header, and a word whose first byte the device sets to the status. */
const SLOT_BYTES = 256
const SLOT_STATUS = VIRTIO_BLK_HEADER_BYTES
/** Of a SCSI packet: its CDB, sense data and results. No two parts touch, for ranges that do would become one descriptor. */
const SLOT_CDB = 32
const SLOT_SENSE = 64
const SLOT_RESULTS = 176
/** What the driver leaves where the status will be. */
const NO_STATUS = 0xff

/**
 * The virtio block driver, after DragonFly's (virtio_blk.c). It knows no BUSDMA: data is described by an sglist of physical
 * addresses, which the host reaches all of.
 */
export class VirtioBlkSim implements CamSim {
  readonly protocol = 'virtio'
  private readonly parts: DmaSimParts
  private readonly device: VirtioBlkRegisters
  private readonly queue: Virtqueue
  private readonly sg: Sglist
  private readonly slotMemory: ControlMemory
  private readonly ccbs: (Ccb | null)[]
  private readonly freeSlots: number[]
  /** When a slot's request was given to the device, ns; Infinity for none. */
  private readonly startedAt: Float64Array
  private readonly watchdog: Watchdog

  private constructor(parts: DmaSimParts, limits: DriverLimits, device: VirtioBlkRegisters) {
    const { machine, pages, counters } = parts
    const { slots, timeoutNs } = limits
    this.parts = parts
    this.device = device
    this.queue = new Virtqueue(machine.memory, pages, device.queueSize)
    this.sg = new Sglist(segmentsOf(device))
    this.slotMemory = allocateWired(pages, slots * SLOT_BYTES, BUS_SPACE_MAXADDR_32BIT)
    this.ccbs = Array.from({ length: slots }, () => null)
    this.freeSlots = this.ccbs.map((_, slot) => slots - 1 - slot)
    this.startedAt = new Float64Array(slots).fill(Infinity)
    this.watchdog = new Watchdog(machine, counters, timeoutNs, {
      oldestStart: () => this.startedAt.reduce((oldest, at) => Math.min(oldest, at), Infinity),
      poll: () => this.interrupt(),
    })
  }

  /**
   * vtblk_attach. Tags play no part in `limits`.
   * @returns the driver; EOPNOTSUPP (ENOTSUP) for a device whose descriptors may not be as long as a transfer, since ranges
   * that touch become one; EINVAL for one that takes no data, or whose queue has no room for a request; ENXIO for
   * one that does not reach its queue
   */
  static attach(parts: DmaSimParts, limits: DriverLimits, device: VirtioBlkRegisters): VirtioBlkSim | Errno {
    if (device.readConfig(VIRTIO_BLK_SIZE_MAX) < MAXPHYS) return EOPNOTSUPP
    const segments = segmentsOf(device)
    if (segments <= MIN_SEGMENTS || segments > device.queueSize) return EINVAL
    const driver = new VirtioBlkSim(parts, limits, device)
    const { descriptorsBus, availableBus, usedBus } = driver.queue
    return device.enableQueue(descriptorsBus, availableBus, usedBus) ? driver : ENXIO
  }

  get sim(): CamSim {
    return this
  }

  /** None unless there are descriptors for the longest request. */
  get openings(): number {
    return this.queue.freeCount < this.sg.sg_maxseg ? 0 : this.freeSlots.length
  }

  action(ccb: Ccb): void {
    const { accounting } = this.parts.machine
    ccb.clearResult()
    accounting.enter(Site.virtio_blk_start)
    const slot = this.freeSlots.pop()!
    const error = ccb.operation === 'capacity' ? this.answerCapacity(ccb) : this.start(slot, ccb)
    accounting.leave()
    if (error === OK && ccb.operation !== 'capacity') return
    this.freeSlots.push(slot)
    this.end(ccb, error)
  }

  /** The interrupt handler: completes every request that the device has used. */
  interrupt(): void {
    this.device.readIsr()
    for (;;) {
      const slot = this.queue.virtqueue_dequeue()
      if (slot < 0) return
      this.complete(slot)
    }
  }

  /** Builds the request in a slot's memory, and gives it to the device. */
  private start(slot: number, ccb: Ccb): Errno {
    const { machine } = this.parts
    const { memory, cost, cpu } = machine
    const header = this.slotMemory.physical + slot * SLOT_BYTES
    const { sg } = this
    sglist_reset(sg)
    sglist_append_phys(sg, this.slotMemory.bus + slot * SLOT_BYTES, VIRTIO_BLK_HEADER_BYTES)
    const isPass = ccb.operation === 'pass'
    let error = isPass ? this.appendCdb(slot, ccb) : OK
    const readableBefore = sg.sg_nseg
    if (error === OK) error = this.appendData(ccb)
    const readable = ccb.isOut ? sg.sg_nseg : readableBefore
    if (error === OK && isPass) error = this.appendResults(slot)
    if (error === OK) error = sglist_append_phys(sg, this.slotMemory.bus + slot * SLOT_BYTES + SLOT_STATUS, 1)
    if (error !== OK) return error
    const type = ccb.isOut ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_IN
    memory.write32(header, isPass ? VIRTIO_BLK_T_SCSI_CMD : type)
    memory.write32(header + 4, 0)
    memory.write32(header + VIRTIO_BLK_SECTOR_LOW, ccb.sector)
    memory.write32(header + VIRTIO_BLK_SECTOR_HIGH, Math.floor(ccb.sector / 0x100000000))
    memory.write32(header + SLOT_STATUS, NO_STATUS)
    error = this.queue.virtqueue_enqueue(slot, sg, readable)
    if (error !== OK) return error
    machine.charge(Site.prd, sg.sg_nseg * cost.driverPerSegment)
    machine.charge(Site.virtio_blk_start, cost.driverCommand)
    this.ccbs[slot] = ccb
    this.startedAt[slot] = cpu.clock
    this.watchdog.started()
    const { history } = machine
    if (history !== null) history.event(Happening['device starts'], slot, ccb.dxferLen, 0, 0)
    this.device.notify(cpu.clock)
    return OK
  }

  private appendCdb(slot: number, ccb: Ccb): Errno {
    const { physical, bus } = this.slotMemory
    writeBytes(this.parts.machine.memory, physical + slot * SLOT_BYTES + SLOT_CDB, ccb.cdb, ccb.cdb.length)
    return sglist_append_phys(this.sg, bus + slot * SLOT_BYTES + SLOT_CDB, ccb.cdbLength)
  }

  private appendResults(slot: number): Errno {
    const bus = this.slotMemory.bus + slot * SLOT_BYTES
    const error = sglist_append_phys(this.sg, bus + SLOT_SENSE, VIRTIO_SCSI_SENSE_BYTES)
    return error === OK ? sglist_append_phys(this.sg, bus + SLOT_RESULTS, VIRTIO_SCSI_RESULT_BYTES) : error
  }

  /** Takes what a SCSI packet left behind into its request. @returns whether it failed */
  private packetFailed(slot: number, ccb: Ccb): boolean {
    const { memory } = this.parts.machine
    const place = this.slotMemory.physical + slot * SLOT_BYTES
    ccb.scsiStatus = memory.read32(place + SLOT_RESULTS + VIRTIO_SCSI_ERRORS)
    ccb.resid = memory.read32(place + SLOT_RESULTS + VIRTIO_SCSI_RESIDUAL)
    if (ccb.scsiStatus === SCSI_STATUS_CHECK_CONDITION) takeSense(memory, place + SLOT_SENSE, ccb)
    return ccb.scsiStatus !== SCSI_STATUS_GOOD
  }

  private appendData(ccb: Ccb): Errno {
    const { machine, pmap, msfs } = this.parts
    const { sg } = this
    if (ccb.dataForm === CAM_DATA_NONE) return OK
    const pages = Math.ceil(ccb.dxferLen / PAGE_SIZE)
    machine.charge(Site.virtio_blk_start, pages * machine.cost.xioPerPage)
    if (ccb.dataForm === CAM_DATA_VADDR) return sglist_append(sg, pmap, ccb.dataPtr, ccb.dxferLen)
    if (ccb.dataForm === CAM_DATA_MSF) {
      const error = msfs.msf_require_xio(ccb.msf!)
      if (error !== OK) return error
      msfs.passed(ccb.msf!, MsfOwner.driver)
      const { pages: list, offset, bytes } = ccb.msf!.xio!
      return sglist_append_vmpages(sg, list, offset, bytes)
    }
    if (ccb.dataForm === CAM_DATA_BIO) {
      const { pages: list, offset, bytes } = ccb.xio!
      return sglist_append_vmpages(sg, list, offset, bytes)
    }
    for (let i = 0; i < ccb.sgCount; i++) {
      const error = sglist_append_phys(sg, ccb.sgAddr[i]!, ccb.sgLen[i]!)
      if (error !== OK) return error
    }
    return OK
  }

  /** The capacity stands in the configuration space: the driver itself puts it where the answer is awaited. */
  private answerCapacity(ccb: Ccb): Errno {
    const { machine } = this.parts
    const { memory, cost } = machine
    const place = machine.translate(ccb.dataPtr, true)
    memory.write32(place, this.device.readConfig(VIRTIO_BLK_CAPACITY_LOW))
    memory.write32(place + 4, this.device.readConfig(VIRTIO_BLK_CAPACITY_HIGH))
    machine.charge(Site.virtio_blk_start, cost.driverCommand)
    return OK
  }

  private complete(slot: number): void {
    const { machine, counters } = this.parts
    const ccb = this.ccbs[slot]!
    const { history } = machine
    if (history !== null) {
      history.workFor(history.ccbs.of(ccb.id))
      history.event(Happening['device ends'], slot, ccb.dxferLen, 0, 0)
    }
    const word = machine.memory.read32(this.slotMemory.physical + slot * SLOT_BYTES + SLOT_STATUS)
    const isDone = (word & 0xff) === VIRTIO_BLK_S_OK
    const failed = !isDone || (ccb.operation === 'pass' && this.packetFailed(slot, ccb))
    if (failed) counters.deviceErrors++
    this.ccbs[slot] = null
    this.startedAt[slot] = Infinity
    this.freeSlots.push(slot)
    this.end(ccb, statusOf(failed))
  }

  private end(ccb: Ccb, status: Errno): void {
    ccb.status = status
    this.parts.xpt.xpt_done(ccb)
  }
}

/** Descriptors of the longest request that driver and device agree on. */
function segmentsOf(device: VirtioBlkRegisters): number {
  return MIN_SEGMENTS + Math.min(device.readConfig(VIRTIO_BLK_SEG_MAX), MAXPHYS_SEGMENTS)
}
