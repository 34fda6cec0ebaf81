import type { Buf } from '../bufcache/buf.ts'
import type { Ccb } from '../cam/ccb.ts'

/**
 * How the buffer cache hands data to the device: the decisions in which the I/O paths differ, and nothing else. Each path
 * is one short file, to be read as the plan's sentence.
 */
export interface IoPathHooks {
  /** Every buffer has address space, whether or not anything is entered there. */
  readonly reservesKva: boolean
  /** The buffer got pages of its vnode: `b_xio` lists all of them, the new ones last, and says where the data lies. */
  newBuffer(buf: Buf): void
  /** The buffer got memory of its own, from page `from` of `b_xio` on. */
  newMemory(buf: Buf, from: number): void
  /** Other pages stand in places of `b_xio` that were entered before. */
  pagesChanged(buf: Buf): void
  /** The buffer is about to lose its pages from page `from` of `b_xio` on, and keeps those before. */
  shrink(buf: Buf, from: number): void
  /** The buffer is about to lose all its pages. */
  reuse(buf: Buf): void
  /** The buffer goes to the device: gives the CCB the data in this path's form. */
  toDevice(buf: Buf, ccb: Ccb): void
  /** Address at which the current processor may touch one page of `b_xio`, until closePage. One page at a time. */
  openPage(buf: Buf, page: number): number
  closePage(): void
}
