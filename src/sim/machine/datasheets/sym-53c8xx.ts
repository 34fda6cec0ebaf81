/**
 * Symbios 53C8xx: a SCSI chip with a processor of its own, which runs SCRIPTS from memory. An instruction is two words.
 * The register DSA points to the block of the command that the script works on; table-indirect instructions find what they
 * need there, at the offset in their second word.
 */
export const SCRIPT_BYTES = 8

/** MOVE, table indirect: moves what the table entry at DSA + offset says, in the SCSI phase of bits 24 to 26. */
export const SCR_MOVE_TBL = 0x18000000
export const SCR_DATA_OUT = 0x00000000
export const SCR_DATA_IN = 0x01000000
export const SCR_COMMAND = 0x02000000
export const SCR_STATUS = 0x03000000
export const SCR_MSG_OUT = 0x06000000
export const SCR_MSG_IN = 0x07000000
export const SCR_PHASE_MASK = 0x07000000
/** SELECT with attention, of the target in the word at DSA + offset, bits 16 to 19. */
export const SCR_SEL_TBL_ATN = 0x43000000
/** The target lets the bus go; this part of the script ends until the target comes back. */
export const SCR_WAIT_DISC = 0x48000000
/** TEMP becomes the word at DSA + offset. */
export const SCR_LOAD_REL_TEMP = 0xf11c0004
/** The word at DSA + offset becomes RBC: bytes of the interrupted MOVE that were not moved. */
export const SCR_STORE_REL_RBC = 0xf0d40004
/** The word at DSA + offset becomes ESA: the address of the interrupted MOVE's table entry. */
export const SCR_STORE_REL_ESA = 0xf0d80004
/** Goes on at TEMP. */
export const SCR_RETURN = 0x90080000
/** Goes on at the address in the second word. */
export const SCR_JUMP = 0x80080000
/** Reports the command in DSA as done, and interrupts without stopping the script. */
export const SCR_INT_FLY = 0x98180000

/** A table entry: 24-bit count, 32-bit address. A transfer crosses no line of 16 MiB. */
export const SYM_MOVE_BYTES = 8
export const SYM_MOVE_MASK = 0xffffff
export const SYM_MOVE_BOUNDARY = 0x1000000

/**
 * The words at the start of a block have a place that the chip knows: the scripts that start a command, and that go on with
 * it when the target comes back.
 */
export const SYM_GO_START = 0
export const SYM_GO_RESTART = 4

/** Interrupt flags: commands are done; the chip has stopped and DSTAT says why. */
export const SYM_ISTAT_INTF = 0x04
export const SYM_ISTAT_DIP = 0x01
/** DSTAT: the script holds what the chip cannot do; a phase came that the script does not expect. */
export const SYM_DSTAT_IID = 0x01
export const SYM_DSTAT_SIR = 0x04

/** Messages. */
export const MSG_COMMAND_COMPLETE = 0x00
export const MSG_IDENTIFY = 0x80

/** The registers that a driver uses. Queues are rings of words in memory, where 0 is an empty place. */
export interface SymRegisters {
  /** @param start blocks of commands to start @param done blocks of commands that are done @param entries of each ring */
  setQueues(start: number, done: number, entries: number): void
  /** PMJAD: the script that takes over when a target ends a data phase before the script does. */
  setPhaseMismatchJump(address: number): void
  /** ISTAT, bit SIGP: something is in the start queue. @param at time of the write, ns */
  signal(at: number): void
  /** Reads ISTAT, and clears its interrupt on the fly. */
  readIstat(): number
  /** Why the chip stopped. */
  readonly dstat: number
  /** The block that the chip works on. */
  readonly dsa: number
  /** The chip stopped: gives the command in DSA up, and goes on. @param at time of the write, ns */
  resume(at: number): void
  /** What becomes of an abort: whether a block's command is with the disk, or waits for the chip. */
  hasBlock(block: number): boolean
}
