import type { CpuMask } from '../machine/cpu-mask.ts'

/**
 * Sees what happens to mappings, in order. Pages are numbers in the KVA window; masks are valid during the call only and
 * name other processors than the current one.
 */
export interface KernelObserver {
  /** A page-table entry was written; frame -1 clears it. */
  pteWritten(page: number, frame: number): void
  /** invlpg on the current processor. */
  invalidated(page: number): void
  /** `count` pages were invalidated on the processors in `mask`, which have answered. */
  pagesShotDown(page: number, count: number, mask: CpuMask): void
  /** The whole TLB was flushed on the processors in `mask`. */
  flushed(mask: CpuMask): void
  /** The current thread went to sleep. */
  slept(interruptible: boolean): void
  /** A sleeping thread was woken. */
  woke(thread: number): void
}
