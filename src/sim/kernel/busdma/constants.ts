import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from '../../machine/page.ts'

/**
 * Numbers of the BUSDMA interface, with the kernel's names. Physical and bus addresses are float64 integers below
 * 2^53; page frame numbers are int32.
 */

export { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE }

/** The highest address: stands for all ones of 64 bits, which float64 cannot hold. */
export const BUS_SPACE_MAXADDR = Number.MAX_SAFE_INTEGER
export const BUS_SPACE_MAXADDR_32BIT = 0xffffffff

/** Most segments a tag may ask for; the kernels assert it stays below 16384. */
export const BUS_DMA_MAX_NSEGMENTS = 16383

export const BUS_DMA_WAITOK = 0
/** The caller may not wait for bounce pages. Not every loader obeys; see the dialects. */
export const BUS_DMA_NOWAIT = 0x01
/** Allocate bounce pages when the tag is created. */
export const BUS_DMA_ALLOCNOW = 0x02
/** One bounce page for each map. */
export const BUS_DMA_ONEBPAGE = 0x100
/** The driver promises aligned buffers: misalignment alone never makes the tag bounce. */
export const BUS_DMA_ALIGNED = 0x200
/** The tag has a bounce zone of its own. */
export const BUS_DMA_PRIVBZONE = 0x400
/** Size the bounce zone for all memory above lowaddr. */
export const BUS_DMA_ALLOCALL = 0x800
/** Bounced data keeps its offset within the page. */
export const BUS_DMA_KEEP_PG_OFFSET = 0x2000

/** Set by the implementation: the tag bounces for misaligned addresses. */
export const BUS_DMA_BOUNCE_ALIGN = 0x20
/** Set by the implementation: some memory lies above the tag's lowaddr. */
export const BUS_DMA_BOUNCE_LOWADDR = 0x40
/** Set by the implementation: the zone got its first pages for this tag. */
export const BUS_DMA_MIN_ALLOC_COMP = 0x80
export const BUS_DMA_COULD_BOUNCE = BUS_DMA_BOUNCE_ALIGN | BUS_DMA_BOUNCE_LOWADDR

export const BUS_DMASYNC_PREREAD = 0x1
export const BUS_DMASYNC_POSTREAD = 0x2
export const BUS_DMASYNC_PREWRITE = 0x4
export const BUS_DMASYNC_POSTWRITE = 0x8

/** Number of the last byte of the page that holds `addr`. */
export function lastByteOfPage(addr: number): number {
  return addr - (addr & PAGE_MASK) + PAGE_MASK
}

/** Pages that hold `bytes` bytes from a page's start. */
export function pagesOf(bytes: number): number {
  return Math.ceil(bytes / PAGE_SIZE)
}
