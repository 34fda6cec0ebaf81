import { PAGE_SIZE, SECTOR_SHIFT } from '../../machine/page.ts'

/** Every chunk of a page. */
export const VM_PAGE_BITS_ALL = 0xff

/**
 * vm_page_bits: the chunks of 512 bytes that a range of a page touches, one bit each, the first chunk lowest.
 * @param base first byte in the page @param bytes the range stays within the page; 0 gives no bit
 */
export function vm_page_bits(base: number, bytes: number): number {
  if (bytes === 0) return 0
  const first = base >>> SECTOR_SHIFT
  const last = (base + bytes - 1) >>> SECTOR_SHIFT
  return ((2 << last) - (1 << first)) & VM_PAGE_BITS_ALL
}

/** Bytes of a page's worth of data from a byte of a vnode to the end of its page. */
export function toPageEnd(offset: number): number {
  return PAGE_SIZE - (offset % PAGE_SIZE)
}
