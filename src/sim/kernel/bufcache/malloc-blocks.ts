import { PAGE_SIZE, SECTOR_SIZE } from '../../machine/page.ts'
import type { PageAllocator } from '../vm/page-allocator.ts'

/** Powers of two from 512 bytes to half a page. */
const SIZES = 3

/**
 * Kernel memory in pieces of 512, 1024 and 2048 bytes (malloc, M_BIOBUF). The kernel maps such memory once, when it takes a
 * page for it, and keeps it; here the direct map stands for that mapping.
 */
export class MallocBlocks {
  private readonly pages: PageAllocator
  private readonly free: number[][] = Array.from({ length: SIZES }, () => [])

  constructor(pages: PageAllocator) {
    this.pages = pages
  }

  /**
   * @param bytes 1 to 2048
   * @returns the physical address of a piece that lies in one page, or -1 when memory is full
   */
  take(bytes: number, domain: number): number {
    const size = sizeClass(bytes)
    const pieces = this.free[size]!
    if (pieces.length === 0) {
      const pfn = this.pages.alloc(domain)
      if (pfn < 0) return -1
      for (let offset = PAGE_SIZE - (SECTOR_SIZE << size); offset >= 0; offset -= SECTOR_SIZE << size)
        pieces.push(pfn * PAGE_SIZE + offset)
    }
    return pieces.pop()!
  }

  /** @param bytes as it was taken */
  give(address: number, bytes: number): void {
    this.free[sizeClass(bytes)]!.push(address)
  }
}

function sizeClass(bytes: number): number {
  return bytes <= SECTOR_SIZE ? 0 : bytes <= 2 * SECTOR_SIZE ? 1 : 2
}
