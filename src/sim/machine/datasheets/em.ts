/**
 * The transmit side of the Intel 8254x gigabit adapters, with legacy descriptors: a ring of 16-byte entries in memory. Words 0
 * and 1 hold the address of a piece of a frame; word 2 its length and the command; word 3 the status, which the adapter writes.
 */
export const TX_DESCRIPTOR_BYTES = 16
export const TX_LENGTH_MASK = 0xffff
export const TX_COMMAND_SHIFT = 24
export const TX_STATUS = 12

/** The last piece of a frame. */
export const TXD_CMD_EOP = 0x01
/** The adapter adds the frame check sequence. */
export const TXD_CMD_IFCS = 0x02
/** The adapter reports when it is done with the descriptor. */
export const TXD_CMD_RS = 0x08
/** Not a legacy descriptor. */
export const TXD_CMD_DEXT = 0x20

/** Done. */
export const TXD_STAT_DD = 0x01
/** Transmit underrun: the adapter did not get the frame's bytes, and sent nothing. */
export const TXD_STAT_TU = 0x08

/** The ring begins at a multiple of this, and its length in bytes is a multiple of TX_RING_GRAIN. */
export const TX_RING_ALIGNMENT = 16
export const TX_RING_GRAIN = 128

/** Most bytes of a frame, without its check sequence. */
export const TX_MAX_FRAME = 16288
/** Shorter frames are filled up to this. */
export const ETHER_MIN_FRAME = 60
/** Check sequence. */
export const ETHER_CRC_BYTES = 4
/** Preamble and the gap between frames, in byte times. */
export const ETHER_GAP_BYTES = 20
export const ETHER_HEADER_BYTES = 14

/** The transmit registers of an adapter. */
export interface NicTransmit {
  /** TDBAL, TDBAH and TDLEN. Takes the adapter back to the beginning of the ring, where head and tail are 0. */
  setRing(address: number, bytes: number): void
  /** TDT: descriptors before this index are ready. @param at time of the register write, ns */
  writeTail(tail: number, at: number): void
  /** TDH: the descriptor that the adapter will do next. */
  readHead(): number
  /** ICR: reads and clears the cause; true when frames were sent. */
  takeInterrupt(): boolean
  /** Stops at once: what is in the ring will not be sent. */
  reset(): void
}
