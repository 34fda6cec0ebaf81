import { SCSI_CDB_BYTES, SCSI_STATUS_CHECK_CONDITION, SENSE_BYTES } from '../machine/datasheets/scsi.ts'
import {
  VIRTIO_SCSI_DATA_LENGTH,
  VIRTIO_SCSI_ERRORS,
  VIRTIO_SCSI_RESIDUAL,
  VIRTIO_SCSI_RESULT_BYTES,
  VIRTIO_SCSI_SENSE_BYTES,
  VIRTIO_SCSI_SENSE_LENGTH,
} from '../machine/datasheets/virtio.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import { readBytes, writeBytes } from '../machine/word-memory.ts'
import type { DeviceParts } from './device-parts.ts'
import type { ScsiDevice } from './scsi-device.ts'
import { scsiDeviceOf } from './scsi-target.ts'
import type { SegmentList } from './segment-list.ts'
import type { VirtioChain } from './virtio-chain.ts'

/** Ranges of a packet besides its data: two in front, three behind. */
const HEAD = 2
const TAIL = 3

/** SCSI packet commands of a virtio block device: CDBs for the disk that it is, numbered by the heads of their chains. */
export class VirtioScsiPackets {
  private readonly bus: DmaBus
  private readonly segments: SegmentList
  private readonly target: ScsiDevice
  private readonly cdb = new Uint8Array(SCSI_CDB_BYTES)

  constructor(parts: DeviceParts, queueSize: number) {
    this.bus = parts.bus
    this.segments = parts.segments
    this.target = scsiDeviceOf(parts, queueSize)
  }

  /** What is wrong with a chain as a packet; '' for nothing. */
  problemOf({ count, readable, lengths }: VirtioChain): string {
    if (readable < HEAD || count - readable < TAIL)
      return 'a SCSI packet needs a CDB, and room for sense and results'
    if (lengths[1]! === 0 || lengths[1]! > SCSI_CDB_BYTES) return `a CDB of ${lengths[1]} bytes`
    if (lengths[count - 3] !== VIRTIO_SCSI_SENSE_BYTES || lengths[count - 2] !== VIRTIO_SCSI_RESULT_BYTES)
      return 'room for sense and results of other sizes than 96 and 16 bytes'
    return ''
  }

  /** A packet arrives, in a chain without a problem. @returns when it ends, ns */
  accept(head: number, chain: VirtioChain, at: number): number {
    const length = chain.lengths[1]!
    readBytes(this.bus, chain.addresses[1]!, this.cdb, length)
    return this.target.accept(head, this.cdb, length, at)
  }

  /** Carries a packet out, and writes its sense data and results. @returns bytes written */
  finish(head: number, chain: VirtioChain, at: number): number {
    const { bus, segments, target } = this
    const { count, readable, addresses, lengths } = chain
    const toMemory = target.sendsData(head)
    segments.start(toMemory)
    const end = toMemory ? count - TAIL : readable
    for (let i = toMemory ? readable : HEAD; i < end; i++) segments.add(addresses[i]!, lengths[i]!)
    const status = target.finish(head, segments, at)
    const senseBytes = status === SCSI_STATUS_CHECK_CONDITION ? SENSE_BYTES : 0
    writeBytes(bus, addresses[count - 3]!, target.senseData(head), senseBytes)
    const results = addresses[count - 2]!
    bus.write32(results + VIRTIO_SCSI_ERRORS, status)
    bus.write32(results + VIRTIO_SCSI_DATA_LENGTH, target.movedBytes)
    bus.write32(results + VIRTIO_SCSI_SENSE_LENGTH, senseBytes)
    bus.write32(results + VIRTIO_SCSI_RESIDUAL, segments.totalBytes - target.movedBytes)
    return (toMemory ? target.movedBytes : 0) + senseBytes + VIRTIO_SCSI_RESULT_BYTES
  }
}
