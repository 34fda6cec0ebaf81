/**
 * Virtio 1.0: split virtqueues and the block device. Offsets in bytes; all fields little-endian.
 * Descriptor: address in words 0 and 1, length in word 2, flags in bits 0-15 and next in bits 16-31 of word 3.
 */
export const VIRTQ_DESC_BYTES = 16
export const VIRTQ_DESC_LEN = 8
export const VIRTQ_DESC_FLAGS = 12
export const VIRTQ_DESC_NEXT_SHIFT = 16
/** The chain goes on. */
export const VIRTQ_DESC_F_NEXT = 1
/** For the device to write; the others are for it to read, and come first. */
export const VIRTQ_DESC_F_WRITE = 2

/** Available ring: index in bits 16-31 of word 0, then 16-bit heads of chains. */
export const VIRTQ_INDEX_SHIFT = 16
export const VIRTQ_AVAIL_RING = 4
/** Used ring: index in bits 16-31 of word 0, then entries: head of the chain, bytes that the device wrote. */
export const VIRTQ_USED_RING = 4
export const VIRTQ_USED_BYTES = 8
export const VIRTQ_USED_LEN = 4

/** Request header: type, reserved, sector low and high. */
export const VIRTIO_BLK_HEADER_BYTES = 16
export const VIRTIO_BLK_SECTOR_LOW = 8
export const VIRTIO_BLK_SECTOR_HIGH = 12
export const VIRTIO_BLK_T_IN = 0
export const VIRTIO_BLK_T_OUT = 1
/**
 * A SCSI packet command, of devices that offer it (VIRTIO_BLK_F_SCSI). To read: the header, the CDB, data for the device. To
 * write: data from the device, sense data, four words of results, the status.
 */
export const VIRTIO_BLK_T_SCSI_CMD = 2
export const VIRTIO_SCSI_SENSE_BYTES = 96
export const VIRTIO_SCSI_RESULT_BYTES = 16
/** Results: SCSI status, bytes of data, bytes of sense data, bytes not moved. */
export const VIRTIO_SCSI_ERRORS = 0
export const VIRTIO_SCSI_DATA_LENGTH = 4
export const VIRTIO_SCSI_SENSE_LENGTH = 8
export const VIRTIO_SCSI_RESIDUAL = 12
/** The last byte of a request, which the device writes. */
export const VIRTIO_BLK_S_OK = 0
export const VIRTIO_BLK_S_IOERR = 1
export const VIRTIO_BLK_S_UNSUPP = 2

/** Configuration space: capacity in sectors (64 bits), largest segment, most segments of data. */
export const VIRTIO_BLK_CAPACITY_LOW = 0
export const VIRTIO_BLK_CAPACITY_HIGH = 4
export const VIRTIO_BLK_SIZE_MAX = 8
export const VIRTIO_BLK_SEG_MAX = 12

/** What a driver sees of a virtio block device that is not in memory. */
export interface VirtioBlkRegisters {
  /** Descriptors that its queue has room for: a power of two. */
  readonly queueSize: number
  /** A word of the configuration space. */
  readConfig(offset: number): number
  /** Where the three parts of the queue lie on the bus. @returns false when the device does not reach them */
  enableQueue(descriptors: number, available: number, used: number): boolean
  /** There are new chains in the available ring. @param at time of the register write, ns */
  notify(at: number): void
  /** Reads and clears the interrupt status. @returns whether chains were used since the last read */
  readIsr(): boolean
}
