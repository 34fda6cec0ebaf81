import {
  ISA_ADDRESS_PORTS,
  ISA_CHANNELS,
  ISA_COUNT_PORTS,
  ISA_FLIP_FLOP_PORTS,
  ISA_MASK_PORTS,
  ISA_MASK_SET,
  ISA_MODE_FROM_MEMORY,
  ISA_MODE_PORTS,
  ISA_MODE_TO_MEMORY,
  ISA_PAGE_PORTS,
  ISA_STATUS_PORTS,
  isaUnit,
  isaWindow,
} from '../machine/datasheets/isa-dma.ts'
import type { IsaDmaPorts } from '../machine/datasheets/isa-dma.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import type { SegmentList } from './segment-list.ts'

/**
 * The pair of 8237 controllers. It goes where its registers say: past the end of a window it begins at the window's start
 * again, because nothing carries into the page register, and no address has more than 24 bits.
 */
export class IsaDmaController implements IsaDmaPorts {
  private readonly bus: DmaBus
  private readonly addresses = new Int32Array(ISA_CHANNELS)
  private readonly counts = new Int32Array(ISA_CHANNELS)
  private readonly pages = new Int32Array(ISA_CHANNELS)
  private readonly modes = new Int32Array(ISA_CHANNELS)
  private readonly masked = new Uint8Array(ISA_CHANNELS).fill(1)
  private readonly terminal = new Uint8Array(ISA_CHANNELS)
  /** Of each controller: the next byte is the high one. */
  private readonly highNext = new Uint8Array(2)

  constructor(bus: DmaBus) {
    this.bus = bus
  }

  outb(port: number, value: number): void {
    const byte = value & 0xff
    const page = ISA_PAGE_PORTS.indexOf(port)
    if (page >= 0) {
      this.pages[page] = byte
      return
    }
    const address = ISA_ADDRESS_PORTS.indexOf(port)
    if (address >= 0) {
      this.writeHalf(this.addresses, address, byte)
      return
    }
    const count = ISA_COUNT_PORTS.indexOf(port)
    if (count >= 0) {
      this.writeHalf(this.counts, count, byte)
      return
    }
    this.control(port, byte)
  }

  inb(port: number): number {
    const controller = ISA_STATUS_PORTS.indexOf(port)
    if (controller >= 0) return this.readStatus(controller)
    const count = ISA_COUNT_PORTS.indexOf(port)
    if (count >= 0) return this.readHalf(this.counts, count)
    const address = ISA_ADDRESS_PORTS.indexOf(port)
    return address < 0 ? 0xff : this.readHalf(this.addresses, address)
  }

  /**
   * A device asks for its channel: gives the memory that the registers name, up to terminal count. A channel that is masked,
   * or set up for the other direction, gives nothing, and that is reported.
   */
  request(channel: number, segments: SegmentList, toMemory: boolean): void {
    segments.start(toMemory)
    const direction = toMemory ? ISA_MODE_TO_MEMORY : ISA_MODE_FROM_MEMORY
    if (this.masked[channel] === 1) this.refuse(segments, `ISA DMA channel ${channel} is masked`)
    else if ((this.modes[channel]! & 0x0c) !== direction)
      this.refuse(segments, `ISA DMA channel ${channel} is set up for the other direction`)
    else {
      const window = isaWindow(channel)
      const start = this.addresses[channel]! * isaUnit(channel)
      const bytes = this.bytesLeft(channel)
      const first = Math.min(bytes, window - start)
      segments.add(this.baseOf(channel) + start, first)
      if (first < bytes) segments.add(this.baseOf(channel), bytes - first)
    }
  }

  /** The device moved this many bytes through its channel. */
  advance(channel: number, bytes: number): void {
    const units = bytes / isaUnit(channel)
    const isTerminal = bytes >= this.bytesLeft(channel)
    this.addresses[channel] = (this.addresses[channel]! + units) & 0xffff
    this.counts[channel] = (this.counts[channel]! - units) & 0xffff
    if (!isTerminal) return
    this.terminal[channel] = 1
    this.masked[channel] = 1
  }

  private bytesLeft(channel: number): number {
    return (this.counts[channel]! + 1) * isaUnit(channel)
  }

  /** First byte of the channel's window. Where words are counted, bit 0 of the page register is not connected. */
  private baseOf(channel: number): number {
    const page = this.pages[channel]!
    return (isaUnit(channel) === 1 ? page : page & 0xfe) * 65536
  }

  private control(port: number, value: number): void {
    const channel = value & 3
    const mask = ISA_MASK_PORTS.indexOf(port)
    if (mask >= 0) this.masked[mask * 4 + channel] = (value & ISA_MASK_SET) === 0 ? 0 : 1
    const mode = ISA_MODE_PORTS.indexOf(port)
    if (mode >= 0) this.modes[mode * 4 + channel] = value & 0xfc
    const flipFlop = ISA_FLIP_FLOP_PORTS.indexOf(port)
    if (flipFlop >= 0) this.highNext[flipFlop] = 0
  }

  private writeHalf(registers: Int32Array, channel: number, byte: number): void {
    const before = registers[channel]!
    registers[channel] = this.flip(channel) ? (before & 0xff) | (byte << 8) : (before & 0xff00) | byte
  }

  private readHalf(registers: Int32Array, channel: number): number {
    return this.flip(channel) ? registers[channel]! >>> 8 : registers[channel]! & 0xff
  }

  /** @returns whether this byte is the high one */
  private flip(channel: number): boolean {
    const controller = channel >> 2
    const isHigh = this.highNext[controller] === 1
    this.highNext[controller] = isHigh ? 0 : 1
    return isHigh
  }

  private readStatus(controller: number): number {
    let status = 0
    for (let i = 0; i < 4; i++) {
      if (this.terminal[controller * 4 + i] === 1) status |= 1 << i
      this.terminal[controller * 4 + i] = 0
    }
    return status
  }

  private refuse(segments: SegmentList, message: string): void {
    this.bus.reject(message)
    segments.refuse()
  }
}
