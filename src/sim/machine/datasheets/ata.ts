/** ATA commands (ATA/ATAPI-8 ACS): what drivers issue and drives execute. */
export const ATA_READ_DMA_EXT = 0x25
export const ATA_WRITE_DMA_EXT = 0x35
export const ATA_READ_FPDMA_QUEUED = 0x60
export const ATA_WRITE_FPDMA_QUEUED = 0x61
/** Commands whose data the host moves through the data register, for 28-bit and for 48-bit addresses. */
export const ATA_READ_SECTORS = 0x20
export const ATA_READ_SECTORS_EXT = 0x24
export const ATA_WRITE_SECTORS = 0x30
export const ATA_WRITE_SECTORS_EXT = 0x34
/** The same with several sectors between interrupts, as many as SET MULTIPLE MODE named. */
export const ATA_READ_MULTIPLE = 0xc4
export const ATA_READ_MULTIPLE_EXT = 0x29
export const ATA_WRITE_MULTIPLE = 0xc5
export const ATA_WRITE_MULTIPLE_EXT = 0x39
export const ATA_SET_MULTIPLE_MODE = 0xc6
/** IDENTIFY DEVICE with its data through the data register. */
export const ATA_IDENTIFY_DEVICE = 0xec
/** IDENTIFY DEVICE with its data as DMA. */
export const ATA_IDENTIFY_DEVICE_DMA = 0xee

/** READ LOG with its data through the data register, and as DMA. The log's address stands in the lowest byte of the LBA. */
export const ATA_READ_LOG_EXT = 0x2f
export const ATA_READ_LOG_DMA_EXT = 0x47
/** The log of the queued command that failed last. Its byte 0, bit 7: no queued command failed. Its bytes add up to 0. */
export const ATA_LOG_NCQ_ERROR = 0x10
export const ATA_LOG_BYTES = 512
export const NCQ_ERROR_NONE = 0x80

/** IDENTIFY data is 512 bytes; its bytes 200 to 207 hold the number of sectors, low word first. */
export const IDENTIFY_BYTES = 512
export const IDENTIFY_SECTORS_LOW = 200
export const IDENTIFY_SECTORS_HIGH = 204
/** Text in IDENTIFY data has the characters of each 16-bit word in the wrong order. Words 27 to 46 name the model. */
export const IDENTIFY_MODEL = 54
export const IDENTIFY_MODEL_BYTES = 40
/** Word 85, bit 5: the write cache is on. */
export const IDENTIFY_ENABLED = 170
export const IDENTIFY_WRITE_CACHE = 0x20

/** A 16-bit sector count of 0 means this many. */
export const ATA_MAX_SECTORS = 65536
/** Most sectors of a command with a 28-bit address, and the first sector that such an address does not reach. */
export const ATA_MAX_SECTORS_28 = 256
export const ATA_LBA28_END = 0x10000000
