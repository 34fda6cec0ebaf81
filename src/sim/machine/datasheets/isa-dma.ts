/**
 * The two 8237 DMA controllers of a PC. Channels 0 to 3 move bytes, 5 to 7 words; channel 4 joins the two. An address is 16
 * bits that count up, and a page register that does not: a transfer stays in its 64 KiB, or 128 KiB where words are counted.
 * The 16-bit registers are written low byte first, as a flip-flop says.
 */
export const ISA_CHANNELS = 8
export const ISA_CASCADE_CHANNEL = 4
/** No address line above the 24th. */
export const ISA_HIGHEST = 0xffffff

/** Ports of each channel: its address, its count and its page register. */
export const ISA_ADDRESS_PORTS: readonly number[] = [0x00, 0x02, 0x04, 0x06, 0xc0, 0xc4, 0xc8, 0xcc]
export const ISA_COUNT_PORTS: readonly number[] = [0x01, 0x03, 0x05, 0x07, 0xc2, 0xc6, 0xca, 0xce]
export const ISA_PAGE_PORTS: readonly number[] = [0x87, 0x83, 0x81, 0x82, 0x8f, 0x8b, 0x89, 0x8a]
/** Ports of each controller. */
export const ISA_MASK_PORTS: readonly number[] = [0x0a, 0xd4]
export const ISA_MODE_PORTS: readonly number[] = [0x0b, 0xd6]
export const ISA_FLIP_FLOP_PORTS: readonly number[] = [0x0c, 0xd8]
/** Bits 0 to 3: terminal count reached by the channels of a controller; a read clears them. */
export const ISA_STATUS_PORTS: readonly number[] = [0x08, 0xd0]

/** In a write of the mask register: the channel in bits 0 and 1 is masked. */
export const ISA_MASK_SET = 0x04
/** Mode: the device writes memory, or reads it, one unit for each request. The channel is in bits 0 and 1. */
export const ISA_MODE_TO_MEMORY = 0x04
export const ISA_MODE_FROM_MEMORY = 0x08
export const ISA_MODE_SINGLE = 0x40

/** Bytes that a channel moves at a time. */
export function isaUnit(channel: number): 1 | 2 {
  return channel < ISA_CASCADE_CHANNEL ? 1 : 2
}

/** Bytes that a channel cannot leave, and so the most of one transfer. */
export function isaWindow(channel: number): number {
  return isaUnit(channel) * 65536
}

/** The ports of both controllers. */
export interface IsaDmaPorts {
  outb(port: number, value: number): void
  inb(port: number): number
}

/** What a disk on the ISA bus that uses a DMA channel can be asked. */
export const ISA_DISK_READ = 0x08
export const ISA_DISK_WRITE = 0x0a
export const ISA_DISK_IDENTIFY = 0x0e
/** What was wrong with the last command for the medium: an error code, 0 for nothing, and the place in 3 bytes. */
export const ISA_DISK_SENSE = 0x03
export const ISA_SENSE_BYTES = 4
export const ISA_SENSE_DATA_ERROR = 0x11

/** The disk's registers. */
export interface IsaDiskPorts {
  /** @param sectors 1 to 256; the DMA channel is set up already @param at time of the register write, ns */
  writeCommand(command: number, sector: number, sectors: number, at: number): void
  /** Reads and clears the interrupt. */
  takeInterrupt(): boolean
  /** The command that ended last failed. */
  readonly error: boolean
}
