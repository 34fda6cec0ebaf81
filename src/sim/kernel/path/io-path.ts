import type { Buf } from '../bufcache/buf.ts'
import type { Ccb } from '../cam/ccb.ts'

/**
 * How the buffer cache hands data to the device: the decisions in which the I/O paths differ, and nothing else. Each path
 * is one short file, to be read as the plan's sentence.
 */
export interface IoPathHooks {
  /** The buffer got its pages (in `buf.xio`) and its block. */
  newBuffer(buf: Buf): void
  /** The buffer is about to lose its pages to another block. */
  reuse(buf: Buf): void
  /** The buffer goes to the device: gives the CCB the data in this path's form. */
  toDevice(buf: Buf, ccb: Ccb): void
  /** Address at which the current processor may touch one page of the buffer's data, until closePage. One page at a time. */
  openPage(buf: Buf, page: number): number
  closePage(): void
}
