import type { Simulator } from '../engine/simulator.ts'
import {
  VIRTIO_BLK_CAPACITY_HIGH,
  VIRTIO_BLK_CAPACITY_LOW,
  VIRTIO_BLK_HEADER_BYTES,
  VIRTIO_BLK_SECTOR_HIGH,
  VIRTIO_BLK_SECTOR_LOW,
  VIRTIO_BLK_SEG_MAX,
  VIRTIO_BLK_SIZE_MAX,
  VIRTIO_BLK_S_IOERR,
  VIRTIO_BLK_S_OK,
  VIRTIO_BLK_S_UNSUPP,
  VIRTIO_BLK_T_IN,
  VIRTIO_BLK_T_OUT,
  VIRTIO_BLK_T_SCSI_CMD,
  VIRTQ_AVAIL_RING,
  VIRTQ_INDEX_SHIFT,
  VIRTQ_USED_BYTES,
  VIRTQ_USED_LEN,
  VIRTQ_USED_RING,
} from '../machine/datasheets/virtio.ts'
import type { VirtioBlkRegisters } from '../machine/datasheets/virtio.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import { SECTOR_SIZE } from '../machine/page.ts'
import type { DeviceParts } from './device-parts.ts'
import { DRIVE_OK } from './drive.ts'
import type { Drive } from './drive.ts'
import type { InterruptLine } from './interrupt-line.ts'
import type { SegmentList } from './segment-list.ts'
import { VirtioChain } from './virtio-chain.ts'
import { VirtioScsiPackets } from './virtio-scsi-packet.ts'

/** What a virtio disk tells its driver about itself. */
export interface VirtioBlkFigures {
  /** Descriptors of its queue: a power of two, at most 32768. */
  readonly queueSize: number
  /** Most bytes of one descriptor of data. */
  readonly sizeMax: number
  /** Most descriptors of data of one request. */
  readonly segMax: number
}

/** Types of requests that are nobody's. */
const UNKNOWN = -1
const BROKEN = -2

const NOTHING = new Uint8Array(0)

/**
 * A paravirtual disk: a split virtqueue in memory, each request a header of 16 bytes, data, and a byte for the status, each
 * in descriptors of its own (the layout of the legacy interface, which all drivers keep).
 */
export class VirtioBlk implements VirtioBlkRegisters {
  readonly queueSize: number
  private readonly figures: VirtioBlkFigures
  private readonly simulator: Simulator
  private readonly bus: DmaBus
  private readonly segments: SegmentList
  private readonly drive: Drive
  private readonly interrupt: InterruptLine
  private readonly chain: VirtioChain
  private readonly packets: VirtioScsiPackets
  private readonly finishEvent: number
  /** The requests under way, by the head of their chain. */
  private readonly types: Int32Array
  private readonly sectors: Float64Array
  private readonly counts: Float64Array
  private descriptors = 0
  private available = 0
  private used = 0
  private seen = 0
  private usedIndex = 0
  private isr = false

  constructor(parts: DeviceParts, figures: VirtioBlkFigures) {
    const { queueSize } = figures
    this.queueSize = queueSize
    this.figures = figures
    this.simulator = parts.simulator
    this.bus = parts.bus
    this.segments = parts.segments
    this.drive = parts.drive
    this.interrupt = parts.interrupts[0]!
    this.chain = new VirtioChain(parts.bus, queueSize)
    this.packets = new VirtioScsiPackets(parts, queueSize)
    this.types = new Int32Array(queueSize)
    this.sectors = new Float64Array(queueSize)
    this.counts = new Float64Array(queueSize)
    this.finishEvent = parts.simulator.on((head) => this.finish(head))
  }

  readConfig(offset: number): number {
    switch (offset) {
      case VIRTIO_BLK_CAPACITY_LOW:
        return this.drive.sectors % 0x100000000
      case VIRTIO_BLK_CAPACITY_HIGH:
        return Math.floor(this.drive.sectors / 0x100000000)
      case VIRTIO_BLK_SIZE_MAX:
        return this.figures.sizeMax
      case VIRTIO_BLK_SEG_MAX:
        return this.figures.segMax
      default:
        return 0
    }
  }

  enableQueue(descriptors: number, available: number, used: number): boolean {
    this.descriptors = descriptors
    this.available = available
    this.used = used
    return this.bus.resolve(used, 4, true) >= 0
  }

  notify(at: number): void {
    const index = this.bus.read32(this.available) >>> VIRTQ_INDEX_SHIFT
    if (((index - this.seen) & 0xffff) > this.queueSize) {
      this.bus.reject(`virtqueue: available index ${index} after ${this.seen}`)
      return
    }
    for (; this.seen !== index; this.seen = (this.seen + 1) & 0xffff) this.accept(this.nextHead(), at)
  }

  readIsr(): boolean {
    const raised = this.isr
    this.isr = false
    this.interrupt.acknowledge()
    return raised
  }

  private nextHead(): number {
    const place = VIRTQ_AVAIL_RING + (this.seen % this.queueSize) * 2
    const word = this.bus.read32(this.available + place - (place % 4))
    return place % 4 === 0 ? word & 0xffff : word >>> 16
  }

  private accept(head: number, at: number): void {
    if (head >= this.queueSize) {
      this.bus.reject(`virtqueue: descriptor ${head} of ${this.queueSize}`)
      return
    }
    const type = this.readRequest(head)
    this.types[head] = type
    const doneAt =
      type < 0
        ? this.drive.acceptQuick(at)
        : type === VIRTIO_BLK_T_SCSI_CMD
          ? this.packets.accept(head, this.chain, at)
          : this.drive.accept(type === VIRTIO_BLK_T_OUT, this.sectors[head]!, this.counts[head]!, at)
    this.simulator.schedule(doneAt, this.finishEvent, head)
  }

  /** Reads the header of a request. @returns its type, UNKNOWN for one that the device does not have, or BROKEN */
  private readRequest(head: number): number {
    const { chain, bus } = this
    if (!chain.read(this.descriptors, head)) return BROKEN
    const { count, addresses, lengths } = chain
    if (chain.readable < 1 || count < 2 || lengths[0] !== VIRTIO_BLK_HEADER_BYTES)
      return this.broken('a request needs a header of 16 bytes to read')
    if (chain.readable === count || lengths[count - 1] !== 1)
      return this.broken('a request needs a byte to write for its status')
    const type = bus.read32(addresses[0]!)
    const high = bus.read32(addresses[0]! + VIRTIO_BLK_SECTOR_HIGH)
    this.sectors[head] = high * 0x100000000 + bus.read32(addresses[0]! + VIRTIO_BLK_SECTOR_LOW)
    if (type === VIRTIO_BLK_T_SCSI_CMD) {
      const problem = this.packets.problemOf(chain)
      return problem === '' ? type : this.broken(problem)
    }
    if (type !== VIRTIO_BLK_T_IN && type !== VIRTIO_BLK_T_OUT) return UNKNOWN
    let bytes = 0
    for (let i = 1; i < count - 1; i++) bytes += lengths[i]!
    this.counts[head] = bytes / SECTOR_SIZE
    return type
  }

  private finish(head: number): void {
    const type = this.types[head]!
    const { now } = this.simulator
    let written = 0
    if (type === VIRTIO_BLK_T_SCSI_CMD) {
      // The chain stood in memory when it came, and stands there still unless the driver took it back.
      if (this.chain.read(this.descriptors, head) && this.packets.problemOf(this.chain) === '')
        written = this.packets.finish(head, this.chain, now) + this.writeStatus(VIRTIO_BLK_S_OK)
    } else if (type >= 0) {
      const status = this.moveData(head, type)
      written = (type === VIRTIO_BLK_T_IN ? this.drive.movedBytes : 0) + this.writeStatus(status)
    } else {
      this.segments.start(true)
      this.drive.finishQuick(NOTHING, this.segments, now)
      if (type === UNKNOWN && this.chain.read(this.descriptors, head))
        written = this.writeStatus(VIRTIO_BLK_S_UNSUPP)
    }
    this.pushUsed(head, written)
    if (this.drive.losesInterrupt) this.interrupt.loseNext()
    this.interrupt.completed(now + this.bus.takeDelay())
  }

  /** Carries a request out. Leaves its chain in `chain`. @returns its status */
  private moveData(head: number, type: number): number {
    this.collectData(head, type)
    const count = this.counts[head]!
    const status = this.drive.finish(this.sectors[head]!, count, this.segments, this.simulator.now)
    return status === DRIVE_OK ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR
  }

  private collectData(head: number, type: number): void {
    const { chain, segments, figures } = this
    segments.start(type === VIRTIO_BLK_T_IN)
    if (!chain.read(this.descriptors, head)) {
      segments.refuse()
      return
    }
    const data = chain.count - 2
    if (chain.readable !== (type === VIRTIO_BLK_T_IN ? 1 : 1 + data))
      this.refuse('data in the wrong direction')
    if (data > figures.segMax) this.refuse(`${data} segments, more than ${figures.segMax}`)
    if (!Number.isInteger(this.counts[head])) this.refuse('data that is no whole number of sectors')
    for (let i = 1; i <= data && !segments.isRefused; i++) {
      if (chain.lengths[i]! > figures.sizeMax) this.refuse(`a segment of more than ${figures.sizeMax} bytes`)
      else segments.add(chain.addresses[i]!, chain.lengths[i]!)
    }
  }

  /** @returns bytes written: 1, or 0 where the bus refuses the place or there is none */
  private writeStatus(status: number): number {
    const { count, addresses } = this.chain
    const physical = count === 0 ? -1 : this.bus.resolve(addresses[count - 1]!, 1, true)
    if (physical < 0) return 0
    const shift = (physical % 4) * 8
    const word = physical - (physical % 4)
    const { memory } = this.bus
    memory.write32(word, (memory.read32(word) & ~(0xff << shift)) | (status << shift))
    return 1
  }

  private pushUsed(head: number, written: number): void {
    const entry = this.used + VIRTQ_USED_RING + (this.usedIndex % this.queueSize) * VIRTQ_USED_BYTES
    this.bus.write32(entry, head)
    this.bus.write32(entry + VIRTQ_USED_LEN, written)
    this.usedIndex = (this.usedIndex + 1) & 0xffff
    this.bus.write32(this.used, this.usedIndex << VIRTQ_INDEX_SHIFT)
    this.isr = true
  }

  private broken(message: string): number {
    this.bus.reject(`virtio-blk: ${message}`)
    return BROKEN
  }

  private refuse(message: string): void {
    this.bus.reject(`virtio-blk: ${message}`)
    this.segments.refuse()
  }
}
