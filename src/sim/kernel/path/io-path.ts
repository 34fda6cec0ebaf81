import type { Buf } from '../bufcache/buf.ts'
import type { Ccb } from '../cam/ccb.ts'

/**
 * How the buffer cache hands data to the device: the decisions in which the I/O paths differ, and nothing else. Each path
 * is one short file, to be read as the plan's sentence. The hooks that most paths have nothing to do in may be left out.
 */
export interface IoPathHooks {
  /** Every buffer has address space, whether or not anything is entered there. */
  readonly reservesKva: boolean
  /**
   * pbufs have memory of their own, mapped for good, that data is copied through: `physio` for physical I/O only, `always` for
   * clusters too. Left out: they carry the pages that the data belongs in.
   */
  readonly pbufMemory?: 'physio' | 'always'
  /** All devices are attached; no buffer was asked for yet. */
  boot?(): void
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
  /**
   * The CCB of a buffer goes from the transport to the adapter's driver, again at each retry.
   * @param needsKva the driver moves the data by the processor
   */
  toAdapter?(ccb: Ccb, needsKva: boolean): void
  /** The buffer's transfer ended, well or not, and will not be tried again. */
  done?(buf: Buf, ccb: Ccb): void
  /** Address at which the current processor may touch one page of `b_xio`, until closePage. One page at a time. */
  openPage(buf: Buf, page: number): number
  closePage(): void
  /**
   * The file system is about to look into a locked buffer, by the current processor, which it keeps until closeBuffer. One
   * buffer at a time.
   */
  openBuffer(buf: Buf): void
  /** Address at which byte `at` of the opened buffer's data can be touched, as far as the end of its page. */
  addressIn(buf: Buf, at: number): number
  closeBuffer(buf: Buf): void
}
