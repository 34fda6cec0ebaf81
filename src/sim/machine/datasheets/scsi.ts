/** SCSI commands (SPC-3, SBC-2) that drivers send and disks carry out. Fields of a CDB are big-endian. */
export const SCSI_TEST_UNIT_READY = 0x00
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
export const READ_CAPACITY_16_BYTES = 32

export const SCSI_STATUS_GOOD = 0x00
export const SCSI_STATUS_CHECK_CONDITION = 0x02

/** Sense keys. */
export const SENSE_NO_SENSE = 0x0
export const SENSE_MEDIUM_ERROR = 0x3
export const SENSE_HARDWARE_ERROR = 0x4
export const SENSE_ILLEGAL_REQUEST = 0x5
export const SENSE_ABORTED_COMMAND = 0xb
/** Fixed-format sense data: key in byte 2, additional code in byte 12. */
export const SENSE_BYTES = 18
