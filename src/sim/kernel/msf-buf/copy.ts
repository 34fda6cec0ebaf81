import type { Errno } from '../errno.ts'
import { EFAULT, EINVAL, OK } from '../errno.ts'
import type { CopyCalls } from '../vm/copy-calls.ts'
import type { UserSpace } from '../vm/user-space.ts'
import type { XioCopy2020 } from '../xio/copy-2020.ts'
import type { MsfBuf } from './msf-buf.ts'

/**
 * Copies by the processor into and out of an msf_buf, in whichever form it is: through the mapped buffer if the creator
 * supplied one and there is no page list, else page by page.
 */
export class MsfCopyCalls {
  private readonly copies: CopyCalls
  private readonly xioCopies: XioCopy2020

  constructor(copies: CopyCalls, xioCopies: XioCopy2020) {
    this.copies = copies
    this.xioCopies = xioCopies
  }

  /**
   * Copies `bytes` bytes from a kernel address (`space` null) or a user's to byte `offset` of the data.
   * @returns OK; EINVAL for a released msf_buf or a negative size; EFAULT beyond the data or without access (whole pages
   * before the fault have been copied); EWOULDBLOCK where a mapping must be waited for
   */
  msf_copyin(msf: MsfBuf, offset: number, space: UserSpace | null, address: number, bytes: number): Errno {
    const error = check(msf, offset, bytes)
    if (error !== OK) return error
    if (msf.xio === null) {
      if (space !== null) return this.copies.copyin(space, address, msf.kva + offset, bytes)
      this.copies.bcopy(address, msf.kva + offset, bytes)
      return OK
    }
    return space === null
      ? this.xioCopies.xio_copy_ktox(msf.xio, offset, address, bytes)
      : this.xioCopies.xio_copy_utox(msf.xio, offset, space, address, bytes)
  }

  /** Copies from byte `offset` of the data to a kernel address (`space` null) or a user's. @returns as msf_copyin */
  msf_copyout(msf: MsfBuf, offset: number, space: UserSpace | null, address: number, bytes: number): Errno {
    const error = check(msf, offset, bytes)
    if (error !== OK) return error
    if (msf.xio === null) {
      if (space !== null) return this.copies.copyout(msf.kva + offset, space, address, bytes)
      this.copies.bcopy(msf.kva + offset, address, bytes)
      return OK
    }
    return space === null
      ? this.xioCopies.xio_copy_xtok(msf.xio, offset, address, bytes)
      : this.xioCopies.xio_copy_xtou(msf.xio, offset, space, address, bytes)
  }
}

function check(msf: MsfBuf, offset: number, bytes: number): Errno {
  if (msf.isFree || !(bytes >= 0) || !(offset >= 0)) return EINVAL
  return offset + bytes > msf.bytes ? EFAULT : OK
}
