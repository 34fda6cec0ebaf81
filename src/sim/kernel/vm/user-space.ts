import { PAGE_SIZE } from '../../machine/page.ts'

/** Nothing is mapped here: a fault fails. */
const HOLE = -1
/** Anonymous memory that was never touched: the first fault brings a page of zeros. */
const ZERO_FILL = -2

/** Where a user space gets its pages from. */
export interface UserPageSource {
  /** @returns a page of zeros, or -1 when there is none */
  zeroFilledPage(): number
}

/**
 * The address space of a user process, from address 0 on: pages that are there, pages that a fault brings in, holes, and
 * pages that may only be read.
 */
export class UserSpace {
  private readonly frames: Int32Array
  private readonly readOnly: Uint8Array
  private readonly source: UserPageSource

  /** @param pages size of the space, which starts as one hole */
  constructor(pages: number, source: UserPageSource) {
    this.frames = new Int32Array(pages).fill(HOLE)
    this.readOnly = new Uint8Array(pages)
    this.source = source
  }

  /** Maps a page frame at a page of the space. */
  mapPage(page: number, pfn: number): void {
    this.frames[page] = pfn
  }

  /** Makes `count` pages anonymous memory, not touched yet. */
  reserve(page: number, count: number): void {
    this.frames.fill(ZERO_FILL, page, page + count)
  }

  /** Makes a page a hole. */
  unmapPage(page: number): void {
    this.frames[page] = HOLE
  }

  /** From now on a write to the page fails, as to program text (or succeeds again). */
  setReadOnly(page: number, readOnly: boolean): void {
    this.readOnly[page] = readOnly ? 1 : 0
  }

  /** pmap_extract, by page: the frame of the page that holds an address. @returns -1 when the page is not there now */
  pmap_extract(uaddr: number): number {
    const frame = this.frames[Math.floor(uaddr / PAGE_SIZE)] ?? HOLE
    return frame < 0 ? -1 : frame
  }

  /**
   * vm_fault_quick: brings the page of an address in, for reading or for writing.
   * @returns its frame, or -1 when the process has no such right there, or no memory is left
   */
  vm_fault_quick(uaddr: number, write: boolean): number {
    const page = Math.floor(uaddr / PAGE_SIZE)
    const frame = this.frames[page] ?? HOLE
    if (frame === HOLE || (write && this.readOnly[page] === 1)) return -1
    if (frame !== ZERO_FILL) return frame
    const fresh = this.source.zeroFilledPage()
    if (fresh >= 0) this.frames[page] = fresh
    return fresh
  }
}
