/**
 * Bus Master IDE: the PRD table in memory. Each entry is 8 bytes: a 32-bit, even physical base; a 16-bit, even byte
 * count, 0 meaning 64 KiB; end of table in bit 31 of the second word. A region may not cross a 64 KiB line, and the
 * table may not either.
 */
export const IDE_PRD_BYTES = 8
export const IDE_PRD_EOT = 0x80000000
export const IDE_PRD_MAX_BYTES = 65536
export const IDE_PRD_BOUNDARY = 65536

/** Task file and bus-master registers of one channel, as far as DMA commands need them. */
export interface IdeChannel {
  /** @param sectors 1 to 65536 */
  writeTaskFile(command: number, sector: number, sectors: number): void
  /** Bus-master PRD table address: 32 bits, dword aligned. */
  setPrdTable(address: number): void
  /** Bus-master command register: start. @param at time of the register write, ns */
  start(at: number): void
  /** Reads and clears the interrupt bit of the status register. */
  takeInterrupt(): boolean
  /** The error bit of the status register: the command that ended last failed. */
  readonly error: boolean
}
