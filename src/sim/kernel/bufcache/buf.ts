import { MsfBuf } from '../msf-buf/msf-buf.ts'
import { Xio } from '../xio.ts'

/** The buffer's data is all valid. */
export const B_CACHE = 0x20
/** The transfer under way reads from the device. */
export const B_READ = 0x100000
/** The last transfer failed. */
export const B_ERROR = 0x800

/** No buffer, no thread, no block: end of a list of small integers. */
export const NONE = -1

/** struct buf: one block of the disk in memory. */
export class Buf {
  readonly id: number
  flags = 0
  /** Block number, in units of the cache's block size; NONE before the first use. */
  lblkno = NONE
  /** Kept for one user at a time (the buffer's lock). */
  busy = false
  /** First page of its reservation in the buffer map; NONE when it has none. */
  kvaPage = NONE
  readonly xio = new Xio()
  readonly msf = new MsfBuf()
  /** The thread that started the transfer under way. */
  thread = NONE
  hashNext = NONE
  lruPrevious = NONE
  lruNext = NONE

  constructor(id: number) {
    this.id = id
  }
}
