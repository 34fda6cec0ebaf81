/**
 * Adaptec AHA-1542: a SCSI host adapter that is a bus master on the ISA bus. It has 24 address lines, and every address and
 * length in memory is 3 bytes, high byte first.
 */

/** Ports, from the adapter's base. */
export const AHA_CONTROL = 0
export const AHA_STATUS = 0
export const AHA_COMMAND = 1
export const AHA_INTERRUPT = 2

/** Control port: interrupt reset. */
export const AHA_RESET_INTERRUPT = 0x20
/** Status port. */
export const AHA_STATUS_INVALID_COMMAND = 0x01
export const AHA_STATUS_READY = 0x10
export const AHA_STATUS_INIT_REQUIRED = 0x20
/** Interrupt flags. */
export const AHA_INTERRUPT_MAILBOX_IN = 0x01
export const AHA_INTERRUPT_ANY = 0x80

/** Command: mailboxes are at the address in parameters 2 to 4, their number is in parameter 1. */
export const AHA_INIT_MAILBOX = 0x01
/** Command: look at the outgoing mailboxes. */
export const AHA_START_SCSI = 0x02

/** Commands that the adapter keeps at one time; outgoing mailboxes wait while it has no room. */
export const AHA_MAX_COMMANDS = 32

/** A mailbox is a code and the address of a CCB. All outgoing ones come first, then as many incoming ones. */
export const AHA_MAILBOX_BYTES = 4
export const AHA_MAILBOX_FREE = 0
export const AHA_MAILBOX_START = 1
export const AHA_MAILBOX_DONE = 1
export const AHA_MAILBOX_ERROR = 4

/** CCB: operation, target and direction, lengths of CDB and sense data, data length and address, link, status, CDB. */
export const AHA_CCB_OPCODE = 0
export const AHA_CCB_TARGET = 1
export const AHA_CCB_CDB_LENGTH = 2
export const AHA_CCB_SENSE_LENGTH = 3
export const AHA_CCB_DATA_LENGTH = 4
export const AHA_CCB_DATA_ADDRESS = 7
export const AHA_CCB_HOST_STATUS = 14
export const AHA_CCB_TARGET_STATUS = 15
export const AHA_CCB_CDB = 18
/** The CDB is as long as it says, and sense data follows right after it. */
export const AHA_MAX_CDB = 12
/** Everything before the CDB. */
export const AHA_CCB_HEAD_BYTES = 18
/** With the longest CDB and sense data. */
export const AHA_CCB_BYTES = 48

/** Operations: one piece of data or a list of pieces; the last two return the residual in the data length. */
export const AHA_OP_INITIATOR = 0x00
export const AHA_OP_SCATTER = 0x02
export const AHA_OP_INITIATOR_RESIDUAL = 0x03
export const AHA_OP_SCATTER_RESIDUAL = 0x04
/** Direction bits of the target byte; with none the adapter believes the command. */
export const AHA_DIRECTION_IN = 0x08
export const AHA_DIRECTION_OUT = 0x10
/** Sense length: 0 means 14 bytes, 1 none. */
export const AHA_SENSE_DEFAULT = 14
export const AHA_SENSE_NONE = 1

/** Scatter/gather entry: length and address. The data length of the CCB is the list's length in bytes. */
export const AHA_SG_BYTES = 6
export const AHA_SG_MAX = 17

export const AHA_HOST_OK = 0x00
export const AHA_HOST_SELECTION_TIMEOUT = 0x11
export const AHA_HOST_DATA_RUN = 0x12
export const AHA_HOST_BUS_PHASE = 0x14
export const AHA_HOST_BAD_OPCODE = 0x16
export const AHA_HOST_BAD_CCB = 0x1a

/** The adapter's three ports. */
export interface AhaPorts {
  /** @param at time of the write, ns */
  outb(port: number, value: number, at: number): void
  inb(port: number): number
  /** What the adapter says to the abort of a CCB: whether it has that. */
  hasCcb(address: number): boolean
}
