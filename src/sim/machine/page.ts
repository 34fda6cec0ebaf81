/** Page geometry of x86. A pfn is a physical address divided by PAGE_SIZE. */
export const PAGE_SHIFT = 12
export const PAGE_SIZE = 4096
export const PAGE_MASK = 4095
export const PAGE_WORDS = PAGE_SIZE / 4

/** Smallest unit that a disk transfers, bytes (DEV_BSIZE). */
export const SECTOR_SHIFT = 9
export const SECTOR_SIZE = 1 << SECTOR_SHIFT
export const SECTOR_WORDS = SECTOR_SIZE / 4
