import { PAGE_SIZE } from './page.ts'

/** First kernel virtual address that the page table maps page by page. */
export const KVA_BASE = 0x4000_0000_0000
/** Direct map of all physical memory, entered once with large pages and never changed (PHYS_TO_DMAP). */
export const DMAP_BASE = 0x8000_0000_0000

/** The kernel's page table for the KVA window: one frame or -1 for each page. Shared by all processors. */
export class KernelPageTable {
  private readonly frames: Int32Array

  /** @param pages size of the window */
  constructor(pages: number) {
    this.frames = new Int32Array(pages).fill(-1)
  }

  get pages(): number {
    return this.frames.length
  }

  /** @returns the frame, or -1 for a hole; a page outside of the window is a hole */
  frameOf(page: number): number {
    return this.frames[page] ?? -1
  }

  /** @param frame -1 removes the entry */
  set(page: number, frame: number): void {
    this.frames[page] = frame
  }
}

/** Index in the window of the page that holds a kernel virtual address. */
export function kvaPage(va: number): number {
  return Math.floor((va - KVA_BASE) / PAGE_SIZE)
}
