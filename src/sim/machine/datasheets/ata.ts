/** ATA commands (ATA/ATAPI-8 ACS): what drivers issue and drives execute. */
export const ATA_READ_DMA_EXT = 0x25
export const ATA_WRITE_DMA_EXT = 0x35
export const ATA_READ_FPDMA_QUEUED = 0x60
export const ATA_WRITE_FPDMA_QUEUED = 0x61
/** IDENTIFY DEVICE with its data as DMA. */
export const ATA_IDENTIFY_DEVICE_DMA = 0xee

/** IDENTIFY data is 512 bytes; its bytes 200 to 207 hold the number of sectors, low word first. */
export const IDENTIFY_BYTES = 512
export const IDENTIFY_SECTORS_LOW = 200
export const IDENTIFY_SECTORS_HIGH = 204

/** A 16-bit sector count of 0 means this many. */
export const ATA_MAX_SECTORS = 65536
