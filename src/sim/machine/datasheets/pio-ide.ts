/**
 * The registers of an ATA channel whose data the processor moves itself (ATA/ATAPI-6, programmed input and output). The data
 * of a command comes in DRQ blocks: one sector each, or as many as SET MULTIPLE MODE named; the last may be smaller.
 */

/** Status: the drive works, and the other bits mean nothing. */
export const ATA_STATUS_BSY = 0x80
export const ATA_STATUS_DRDY = 0x40
/** The drive waits for the host to move a block through the data register. */
export const ATA_STATUS_DRQ = 0x08
/** The command ended with an error. */
export const ATA_STATUS_ERR = 0x01

/** Most sectors between two interrupts; a power of two. */
export const ATA_MAX_MULTIPLE = 128

export interface PioIdeChannel {
  /**
   * Writes the task file and starts the command. A write asks for its first block without an interrupt.
   * @param sectors 1 to 65536, or 256 for commands with a 28-bit address @param at time of the register write, ns
   */
  writeCommand(command: number, sector: number, sectors: number, at: number): void
  /** Reads the status register, which takes the interrupt back. */
  readStatus(): number
  /**
   * Reads `count` 32-bit words from the data register to `words`, from `base` on. Without `words`, they are read and dropped.
   * @param at time of the last of these reads, ns
   */
  readData(words: Int32Array | null, base: number, count: number, at: number): void
  /** Writes words to the data register; without `words`, the block's bytes stay undefined. */
  writeData(words: Int32Array | null, base: number, count: number, at: number): void
  /** Software reset: the command under way is given up, without an interrupt. SET MULTIPLE MODE stays. */
  reset(at: number): void
}
