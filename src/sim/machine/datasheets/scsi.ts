/** SCSI commands (SPC-3, SBC-2) that drivers send and disks carry out. Fields of a CDB are big-endian. */
export const SCSI_TEST_UNIT_READY = 0x00
/** Commands of sequential-access devices (SSC). */
export const SCSI_REWIND = 0x01
export const SCSI_READ_BLOCK_LIMITS = 0x05
export const SCSI_READ_6 = 0x08
export const SCSI_WRITE_6 = 0x0a
export const SCSI_WRITE_FILEMARKS = 0x10
export const SCSI_SPACE = 0x11
export const SCSI_REQUEST_SENSE = 0x03
export const SCSI_INQUIRY = 0x12
export const SCSI_MODE_SENSE_6 = 0x1a
export const SCSI_READ_CAPACITY_10 = 0x25
export const SCSI_READ_10 = 0x28
export const SCSI_WRITE_10 = 0x2a
export const SCSI_READ_16 = 0x88
export const SCSI_WRITE_16 = 0x8a
/** SERVICE ACTION IN (16), with the action READ CAPACITY (16) in byte 1. */
export const SCSI_SERVICE_ACTION_IN_16 = 0x9e
export const SCSI_READ_CAPACITY_16 = 0x10

export const SCSI_CDB_BYTES = 16
export const READ_CAPACITY_10_BYTES = 8
export const READ_CAPACITY_16_BYTES = 32
export const INQUIRY_BYTES = 36

/** Bytes of a CDB, by its operation code; 0 where the standard does not say. */
export function cdbLength(opcode: number): number {
  return GROUP_LENGTHS[opcode >>> 5]!
}

const GROUP_LENGTHS = [6, 10, 10, 0, 16, 12, 0, 0] as const

/** READ (10) and WRITE (10): address at byte 2, blocks at byte 7; (16): 8 bytes at 2, 4 bytes at 10. */
export const CDB10_LBA = 2
export const CDB10_BLOCKS = 7
export const CDB16_LBA = 2
export const CDB16_BLOCKS = 10
/** READ (6) and WRITE (6) of a tape: byte 1 says whether the length at byte 2 (3 bytes) is in blocks. */
export const TAPE_FIXED = 0x01
export const TAPE_LENGTH = 2
/** SPACE byte 1: what is counted. */
export const SPACE_BLOCKS = 0
export const SPACE_FILEMARKS = 1
export const SPACE_END_OF_DATA = 3
/** READ BLOCK LIMITS: longest block in bytes 1 to 3, shortest in 4 and 5. */
export const BLOCK_LIMITS_BYTES = 6
/** Where the short commands of 6 bytes, and SERVICE ACTION IN, say how much the initiator takes. */
export const CDB6_ALLOCATION = 4
export const CDB16_ALLOCATION = 10

/** INQUIRY byte 1: vital product data instead of the standard data. */
export const INQUIRY_EVPD = 0x01
/** MODE SENSE byte 1: no block descriptor. Byte 2: the page, and which values of it. */
export const MODE_DISABLE_BLOCK_DESCRIPTOR = 0x08
export const MODE_PAGE_MASK = 0x3f
export const MODE_PAGE_CACHING = 0x08
export const MODE_PAGE_ALL = 0x3f

export const SCSI_STATUS_GOOD = 0x00
export const SCSI_STATUS_CHECK_CONDITION = 0x02
/** The device cannot take the command now; it has no room for one more. */
export const SCSI_STATUS_BUSY = 0x08
export const SCSI_STATUS_QUEUE_FULL = 0x28

/** Sense keys. */
export const SENSE_NO_SENSE = 0x0
export const SENSE_RECOVERED_ERROR = 0x1
export const SENSE_NOT_READY = 0x2
export const SENSE_MEDIUM_ERROR = 0x3
export const SENSE_HARDWARE_ERROR = 0x4
export const SENSE_ILLEGAL_REQUEST = 0x5
export const SENSE_UNIT_ATTENTION = 0x6
export const SENSE_DATA_PROTECT = 0x7
export const SENSE_BLANK_CHECK = 0x8
export const SENSE_ABORTED_COMMAND = 0xb
export const SENSE_VOLUME_OVERFLOW = 0xd

/** Additional sense codes. */
export const ASC_NONE = 0x00
/** With qualifier 1: the device is becoming ready. */
export const ASC_NOT_READY = 0x04
export const ASCQ_BECOMING_READY = 0x01
export const ASC_COMMUNICATION_FAILURE = 0x08
export const ASC_WRITE_ERROR = 0x0c
export const ASC_UNRECOVERED_READ_ERROR = 0x11
export const ASC_INVALID_OPCODE = 0x20
export const ASC_LBA_OUT_OF_RANGE = 0x21
export const ASC_INVALID_FIELD_IN_CDB = 0x24
export const ASC_OVERLAPPED_COMMANDS = 0x4e

/** Fixed-format sense data: response code in byte 0, key in byte 2, block in bytes 3 to 6, additional code in byte 12. */
export const SENSE_BYTES = 18
export const SENSE_FIXED = 0x70
/** Bit of byte 0: bytes 3 to 6 hold the first block that failed. */
export const SENSE_VALID = 0x80
export const SENSE_KEY = 2
export const SENSE_INFORMATION = 3
export const SENSE_ADDITIONAL_LENGTH = 7
export const SENSE_ASC = 12
export const SENSE_ASCQ = 13
/** Flags beside the key, for tapes: a filemark, the end of the medium, a block of another length than asked for. */
export const SENSE_FILEMARK = 0x80
export const SENSE_EOM = 0x40
export const SENSE_ILI = 0x20
export const SENSE_KEY_MASK = 0x0f
