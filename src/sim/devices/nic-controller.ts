import type { Simulator } from '../engine/simulator.ts'
import {
  ETHER_CRC_BYTES,
  ETHER_GAP_BYTES,
  ETHER_MIN_FRAME,
  TXD_CMD_DEXT,
  TXD_CMD_EOP,
  TXD_CMD_RS,
  TXD_STAT_DD,
  TXD_STAT_TU,
  TX_COMMAND_SHIFT,
  TX_DESCRIPTOR_BYTES,
  TX_LENGTH_MASK,
  TX_MAX_FRAME,
  TX_RING_ALIGNMENT,
  TX_RING_GRAIN,
  TX_STATUS,
} from '../machine/datasheets/em.ts'
import type { NicTransmit } from '../machine/datasheets/em.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import type { InterruptLine } from './interrupt-line.ts'
import type { SegmentList } from './segment-list.ts'

/** The other end of the wire. */
export interface FrameSink {
  /** A frame of `bytes` bytes is there, without its check sequence. The buffer is valid during the call only. */
  receive(buffer: Uint8Array, bytes: number, at: number): void
}

export interface NicParts {
  readonly simulator: Simulator
  readonly bus: DmaBus
  /** The frame that the adapter works on now. */
  readonly segments: SegmentList
  readonly interrupt: InterruptLine
  readonly sink: FrameSink
  readonly linkBitsPerSecond: number
}

/** Time on the wire of a frame of `bytes` bytes without its check sequence, ns. */
export function wireNs(bytes: number, linkBitsPerSecond: number): number {
  return (
    ((Math.max(bytes, ETHER_MIN_FRAME) + ETHER_CRC_BYTES + ETHER_GAP_BYTES) * 8 * 1e9) / linkBitsPerSecond
  )
}

/**
 * The transmit engine of an Ethernet adapter in the manner of the 8254x. It fetches the descriptors and the bytes of one frame
 * at a time from memory, sends them at the speed of the link, and reports in the descriptors that ask for it.
 */
export class NicController implements NicTransmit {
  private readonly simulator: Simulator
  private readonly bus: DmaBus
  private readonly segments: SegmentList
  private readonly interrupt: InterruptLine
  private readonly sink: FrameSink
  private readonly linkBitsPerSecond: number
  private readonly fetchEvent: number
  private readonly sentEvent: number
  private readonly frame = new Uint8Array(TX_MAX_FRAME)
  private ring = 0
  private size = 0
  private head = 0
  private tail = 0
  private busy = false
  /** Numbers resets, so that an event from before one is seen to be late. */
  private epoch = 0
  private frameBytes = 0
  private frameEnd = 0
  private reports = false
  private cause = false

  constructor(parts: NicParts) {
    const { simulator } = parts
    this.simulator = simulator
    this.bus = parts.bus
    this.segments = parts.segments
    this.interrupt = parts.interrupt
    this.sink = parts.sink
    this.linkBitsPerSecond = parts.linkBitsPerSecond
    this.fetchEvent = simulator.on((epoch) => {
      if (epoch === this.epoch) this.fetch()
    })
    this.sentEvent = simulator.on((epoch) => {
      if (epoch === this.epoch) this.sent()
    })
  }

  setRing(address: number, bytes: number): void {
    this.reset()
    const isSound = address % TX_RING_ALIGNMENT === 0 && bytes > 0 && bytes % TX_RING_GRAIN === 0
    if (!isSound) this.bus.reject(`transmit ring 0x${address.toString(16)}+${bytes} is not aligned`)
    this.ring = address
    this.size = isSound ? bytes / TX_DESCRIPTOR_BYTES : 0
  }

  writeTail(tail: number, at: number): void {
    if (!(tail >= 0 && tail < this.size)) {
      this.bus.reject(`transmit tail ${tail} outside of a ring of ${this.size}`)
      return
    }
    this.tail = tail
    if (this.busy) return
    this.busy = true
    this.simulator.schedule(at, this.fetchEvent, this.epoch)
  }

  readHead(): number {
    return this.head
  }

  takeInterrupt(): boolean {
    const { cause } = this
    this.cause = false
    this.interrupt.acknowledge()
    return cause
  }

  reset(): void {
    this.head = 0
    this.tail = 0
    this.busy = false
    this.cause = false
    this.epoch++
    this.interrupt.acknowledge()
  }

  /** Takes the next frame, if all of it is in the ring. */
  private fetch(): void {
    const end = this.collect()
    if (end < 0) {
      this.busy = false
      return
    }
    const { segments, bus } = this
    this.frameEnd = end
    this.frameBytes = segments.isRefused ? 0 : segments.totalBytes
    if (this.frameBytes > 0 && bus.memory.holdsData) segments.drain(this.frame.subarray(0, this.frameBytes))
    const wire = this.frameBytes === 0 ? 0 : wireNs(this.frameBytes, this.linkBitsPerSecond)
    this.simulator.schedule(this.simulator.now + bus.takeDelay() + wire, this.sentEvent, this.epoch)
  }

  /** Reads the descriptors of a frame. @returns the index of its last one; -1 while the frame is not complete */
  private collect(): number {
    const { segments, bus } = this
    segments.start(false)
    for (let index = this.head; index !== this.tail; index = this.after(index)) {
      const descriptor = this.ring + index * TX_DESCRIPTOR_BYTES
      const word = bus.read32(descriptor + 8)
      const command = word >>> TX_COMMAND_SHIFT
      const bytes = word & TX_LENGTH_MASK
      if ((command & TXD_CMD_DEXT) !== 0) this.refuse(index, 'is not a legacy descriptor')
      else if (bytes === 0) this.refuse(index, 'is empty')
      else if (segments.totalBytes + bytes > TX_MAX_FRAME) this.refuse(index, 'makes the frame too long')
      else if (!segments.isRefused) segments.add(bus.readAddress(descriptor), bytes)
      this.reports = (command & TXD_CMD_RS) !== 0
      if ((command & TXD_CMD_EOP) !== 0) return index
    }
    if (this.after(this.tail) !== this.head) return -1
    const last = this.before(this.tail)
    this.refuse(last, 'ends a full ring without the end of a frame')
    return last
  }

  private refuse(index: number, reason: string): void {
    this.bus.reject(`transmit descriptor ${index} ${reason}`)
    this.segments.refuse()
  }

  private sent(): void {
    const { now } = this.simulator
    const last = this.ring + this.frameEnd * TX_DESCRIPTOR_BYTES
    const isSent = this.frameBytes > 0
    if (isSent) this.sink.receive(this.frame, this.frameBytes, now)
    if (!isSent || this.reports) {
      this.bus.write32(last + TX_STATUS, isSent ? TXD_STAT_DD : TXD_STAT_DD | TXD_STAT_TU)
      this.cause = true
      this.interrupt.completed(now)
    }
    this.head = this.after(this.frameEnd)
    this.fetch()
  }

  private after(index: number): number {
    return index + 1 === this.size ? 0 : index + 1
  }

  private before(index: number): number {
    return index === 0 ? this.size - 1 : index - 1
  }
}
