import { PAGE_SIZE } from './page.ts'

/** First kernel virtual address that the page table maps page by page. */
export const KVA_BASE = 0x4000_0000_0000
/** Direct map of all physical memory, entered once with large pages and never changed (PHYS_TO_DMAP). */
export const DMAP_BASE = 0x8000_0000_0000

/** Flags of a page-table entry, as x86 numbers them: valid, writable, accessed, modified, global. */
export const PG_V = 0x001
export const PG_RW = 0x002
export const PG_A = 0x020
export const PG_M = 0x040
export const PG_G = 0x100

/** The kernel's page table for the KVA window: a frame and flags for each page. Shared by all processors. */
export class KernelPageTable {
  private readonly frames: Int32Array
  private readonly flags: Uint16Array

  /** @param pages size of the window */
  constructor(pages: number) {
    this.frames = new Int32Array(pages).fill(-1)
    this.flags = new Uint16Array(pages)
  }

  get pages(): number {
    return this.frames.length
  }

  /** @returns the frame, or -1 for a hole; a page outside of the window is a hole */
  frameOf(page: number): number {
    return this.frames[page] ?? -1
  }

  /** @returns the PG_ flags of the entry, 0 for a hole */
  flagsOf(page: number): number {
    return this.flags[page] ?? 0
  }

  /** @param flags PG_V with any of the others */
  set(page: number, frame: number, flags: number): void {
    this.frames[page] = frame
    this.flags[page] = flags
  }

  /** Makes the page a hole. */
  clear(page: number): void {
    this.frames[page] = -1
    this.flags[page] = 0
  }

  /** What a processor does on access: sets PG_A or PG_M in a valid entry. */
  mark(page: number, bits: number): void {
    this.flags[page] = this.flags[page]! | bits
  }
}

/** Index in the window of the page that holds a kernel virtual address. */
export function kvaPage(va: number): number {
  return Math.floor((va - KVA_BASE) / PAGE_SIZE)
}
