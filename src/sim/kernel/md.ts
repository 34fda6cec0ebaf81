import { PAGE_SIZE, SECTOR_SIZE } from '../machine/page.ts'
import type { Errno } from './errno.ts'
import { EINVAL, ENOSPC, EWOULDBLOCK, OK } from './errno.ts'
import type { PageWindow } from './sf-buf/page-window.ts'
import type { CopyCalls } from './vm/copy-calls.ts'
import type { PageAllocator } from './vm/page-allocator.ts'

const NONE = -1

export interface MemoryDiskParts {
  readonly pages: PageAllocator
  readonly copies: CopyCalls
  /** How the driver reaches a page of the disk. */
  readonly window: PageWindow
}

/**
 * A disk in memory, after the swap-backed disks of FreeBSD's md(4): its sectors lie in pages that are there once they have been
 * touched, and the processor copies between them and a mapped buffer, page by page, each seen through a mapping of its own. That
 * mapping is all in which one kernel's memory disk differs from another's.
 */
export class MemoryDisk {
  readonly sectors: number
  private readonly parts: MemoryDiskParts
  private readonly frames: Int32Array

  /** @param pages size of the disk */
  constructor(parts: MemoryDiskParts, pages: number) {
    this.parts = parts
    this.sectors = (pages * PAGE_SIZE) / SECTOR_SIZE
    this.frames = new Int32Array(pages).fill(NONE)
  }

  /** Pages of the disk that are in memory. */
  get resident(): number {
    return this.frames.reduce((count, pfn) => (pfn === NONE ? count : count + 1), 0)
  }

  /**
   * Carries a transfer out, before it returns.
   * @param kva mapped kernel address of the data @param bytes a multiple of a sector
   * @returns OK; EINVAL for what is not on the disk; ENOSPC without memory, EWOULDBLOCK without a mapping for a page (the thread is
   * where the window put it): the data is moved up to that page
   */
  mdstart(write: boolean, sector: number, kva: number, bytes: number): Errno {
    if (!(sector >= 0 && bytes >= 0) || bytes % SECTOR_SIZE !== 0) return EINVAL
    if (sector + bytes / SECTOR_SIZE > this.sectors) return EINVAL
    const { window, copies } = this.parts
    for (let done = 0; done < bytes;) {
      const at = sector * SECTOR_SIZE + done
      const pfn = this.grab(Math.floor(at / PAGE_SIZE))
      if (pfn === NONE) return ENOSPC
      const handle = window.open(pfn)
      if (handle < 0) return EWOULDBLOCK
      const inPage = at % PAGE_SIZE
      const count = Math.min(bytes - done, PAGE_SIZE - inPage)
      const page = window.address(handle) + inPage
      if (write) copies.bcopy(kva + done, page, count)
      else copies.bcopy(page, kva + done, count)
      window.close(handle)
      done += count
    }
    return OK
  }

  /** Gives all pages back. */
  destroy(): void {
    for (const pfn of this.frames) if (pfn !== NONE) this.parts.pages.free(pfn)
    this.frames.fill(NONE)
  }

  /** The frame of a page, of zeros when it was never touched. */
  private grab(page: number): number {
    if (this.frames[page] === NONE) this.frames[page] = this.parts.pages.alloc()
    return this.frames[page]!
  }
}
