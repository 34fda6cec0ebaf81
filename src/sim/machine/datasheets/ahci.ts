/**
 * AHCI 1.3 structures in memory, as the driver writes and the controller reads them. Offsets in bytes.
 * Port command list: 32 headers of 32 bytes. Command table: command FIS at 0, PRD table at 128, 16 bytes an entry.
 */
export const AHCI_SLOTS = 32
export const COMMAND_HEADER_BYTES = 32
export const COMMAND_LIST_BYTES = AHCI_SLOTS * COMMAND_HEADER_BYTES

/** Header word 0: FIS length in words (bits 0-4), write (bit 6), number of PRDs (bits 16-31). */
export const HEADER_WRITE = 1 << 6
export const HEADER_PRDTL_SHIFT = 16
/** Header word 1: bytes moved, which the controller writes. */
export const HEADER_BYTE_COUNT = 4
/** Header words 2 and 3: address of the command table, low and high. */
export const HEADER_TABLE_LOW = 8
export const HEADER_TABLE_HIGH = 12

export const COMMAND_TABLE_PRDT = 128
export const AHCI_PRD_BYTES = 16
/** PRD: address low and high in words 0 and 1; word 3 holds the byte count minus one in bits 0-21. */
export const AHCI_PRD_COUNT = 12
export const AHCI_PRD_COUNT_MASK = 0x3fffff

/** Register host-to-device FIS, word 0: type 27h, flag C, command in bits 16-23. */
export const FIS_REG_H2D = 0x8027
export const FIS_COMMAND_SHIFT = 16
/** FIS bytes 4-6 and 8-10: LBA bits 0-23 and 24-47; bytes 12-13: sector count. */
export const FIS_LBA_LOW = 4
export const FIS_LBA_HIGH = 8
export const FIS_COUNT = 12

/** The registers of one port that a driver uses. */
export interface AhciPort {
  /** PxCLB and PxCLBU: bus address of the command list, 1 KiB aligned. */
  setCommandList(address: number): void
  /** PxCI: starts the command in a slot. @param at time of the register write, ns */
  issue(slot: number, at: number): void
  /** Reads and clears the completion register: one bit for each finished slot. */
  takeCompleted(): number
  /** Reads and clears the error state: one bit for each finished slot whose command ended with an error. */
  takeFailed(): number
}
