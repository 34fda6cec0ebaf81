/**
 * MPI 2.0, the message interface of LSI SAS2 controllers (mps). All fields are low byte first. Requests lie in an array of
 * frames in memory; the number of a frame is the SMID of its request, and number 0 is not used.
 */
export const MPI2_FRAME_BYTES = 128
/** Requests that the controller takes at one time; the highest SMID. */
export const MPI2_MAX_SMID = 1024
/** The one disk's handle. */
export const MPI2_DEV_HANDLE = 9

/** SCSI IO request. Word 0: device handle, chain offset in words (bits 16-23), function 0. */
export const IO_CHAIN_OFFSET_SHIFT = 16
export const IO_SENSE_ADDRESS = 0x0c
/** SGL flags (bits 0-15) and length of the sense buffer (16-23). */
export const IO_SENSE_LENGTH = 0x10
export const IO_SENSE_LENGTH_SHIFT = 16
/** Where the SGL begins, in words from the start of the request (bits 0-7). */
export const IO_SGL_OFFSET = 0x14
export const IO_DATA_LENGTH = 0x1c
/** Length of the CDB in bits 0-5. */
export const IO_FLAGS = 0x24
export const IO_CDB_LENGTH_MASK = 0x3f
export const IO_CONTROL = 0x3c
export const IO_CONTROL_WRITE = 0x01000000
export const IO_CONTROL_READ = 0x02000000
/** Queue attribute: an ordered tag. */
export const IO_CONTROL_ORDERED = 0x00000200
export const IO_CDB = 0x40
export const IO_CDB_BYTES = 32
export const IO_SGL = 0x60

/** Simple element: flags and 24-bit length, then an address of 32 or 64 bits. */
export const SGE_LAST_ELEMENT = 0x80000000
export const SGE_END_OF_BUFFER = 0x40000000
export const SGE_TYPE_MASK = 0x30000000
export const SGE_SIMPLE = 0x10000000
export const SGE_CHAIN = 0x30000000
export const SGE_HOST_TO_IOC = 0x04000000
export const SGE_64_BIT = 0x02000000
export const SGE_END_OF_LIST = 0x01000000
export const SGE_LENGTH_MASK = 0xffffff
export const SGE64_BYTES = 12
export const SGE32_BYTES = 8
/**
 * Chain element: bytes of the next part of the list (bits 0-15), where in that part the next chain element stands, in words
 * (bits 16-23, 0 for none), flags; then the part's address. It stands where the chain offset says, and nothing follows it.
 */
export const CHAIN_NEXT_SHIFT = 16
export const CHAIN_LENGTH_MASK = 0xffff

/** Reply descriptor, 8 bytes: type (bits 0-3) and SMID (bits 16-31), then the address of a reply frame, if there is one. */
export const REPLY_DESCRIPTOR_BYTES = 8
export const REPLY_TYPE_MASK = 0x0f
export const REPLY_IO_SUCCESS = 0x00
export const REPLY_ADDRESS = 0x01
/** What the driver fills the queue with: both words. */
export const REPLY_UNUSED = 0xffffffff
export const REPLY_SMID_SHIFT = 16

/** SCSI IO reply frame. Word at 12: SCSI status (bits 0-7), SCSI state (8-15), IOC status (16-31). */
export const MPI2_REPLY_BYTES = 128
export const REPLY_STATUS = 0x0c
export const REPLY_STATE_SHIFT = 8
export const REPLY_IOC_STATUS_SHIFT = 16
export const REPLY_TRANSFER_COUNT = 0x14
export const REPLY_SENSE_COUNT = 0x18
export const REPLY_STATE_AUTOSENSE_VALID = 0x01

export const IOC_STATUS_SUCCESS = 0x0000
export const IOC_STATUS_INVALID_SGL = 0x0003
export const IOC_STATUS_INVALID_FIELD = 0x0007
export const IOC_STATUS_DEVICE_NOT_THERE = 0x0043
export const IOC_STATUS_DATA_UNDERRUN = 0x0045

/** What IOC INIT tells the controller. */
export interface Mpi2Init {
  /** Array of request frames; the frame of SMID 0 comes first. */
  readonly requestFrames: number
  /** Ring of reply descriptors. */
  readonly replyPostQueue: number
  readonly replyPostDepth: number
  /** Ring of words: addresses of reply frames that the controller may use, all of them at first. */
  readonly replyFreeQueue: number
  readonly replyFreeDepth: number
}

/** The registers that a driver uses. */
export interface Mpi2Registers {
  initialize(init: Mpi2Init): void
  /** Request descriptor post register: a SCSI IO request. @param at time of the write, ns */
  postRequest(smid: number, at: number): void
  /** Reply post host index: where the driver reads on. */
  setReplyPostIndex(index: number): void
  /** Reply free host index: up to where the driver has given reply frames back. */
  setReplyFreeIndex(index: number): void
  /** The answer to a task management request, QUERY TASK: whether the controller has a request. */
  hasRequest(smid: number): boolean
}
