import { PAGE_MASK } from '../../machine/page.ts'
import type { Errno } from '../errno.ts'
import { EOPNOTSUPP, EWOULDBLOCK, OK } from '../errno.ts'
import type { CallReason } from '../sleep-channel.ts'
import { FIRST_CALL, WOULD_BLOCK } from '../sleep-channel.ts'
import type { Uio } from '../uio.ts'
import { UIO_SYSSPACE, UIO_USERSPACE } from '../uio.ts'
import type { UserSpace } from '../vm/user-space.ts'
import { XIO_INTERNAL_SIZE } from '../xio.ts'
import type { MsfBufs2005 } from './dragonfly-2005.ts'

/** What msf_uio_iterate calls for each stretch of mapped data. */
export interface MsfUioCallback {
  /** @returns OK to go on, or an errno that ends the iteration */
  stretch(kva: number, bytes: number): Errno
}

/**
 * msf_uio_iterate of DragonFly 2005: shows a uio's data to a callback, as kernel addresses. User data is mapped in
 * stretches of at most 128 KiB of whole pages, one at a time and for all processors. The uio is not changed, its resid is
 * ignored, and empty pieces are skipped. One object serves one iteration at a time: it remembers the place while the
 * kernel sleeps for an msf_buf.
 */
export class MsfUioIteration {
  private readonly msfs: MsfBufs2005
  private piece = 0
  private done = 0

  constructor(msfs: MsfBufs2005) {
    this.msfs = msfs
  }

  /**
   * @returns OK; the callback's error; the error of a map call; EOPNOTSUPP for a uio without addresses; EWOULDBLOCK when
   * the kernel sleeps: call again with the reason for waking up
   */
  msf_uio_iterate(uio: Uio, callback: MsfUioCallback, reason: CallReason = FIRST_CALL): Errno {
    if (reason === FIRST_CALL) {
      this.piece = 0
      this.done = 0
    }
    if (uio.segflg === UIO_USERSPACE && uio.space !== null) return this.user(uio, uio.space, callback, reason)
    return uio.segflg === UIO_SYSSPACE ? this.kernel(uio, callback) : EOPNOTSUPP
  }

  private kernel(uio: Uio, callback: MsfUioCallback): Errno {
    for (let i = uio.iov; i < uio.iov + uio.iovcnt; i++) {
      const bytes = uio.length[i]!
      const error = bytes === 0 ? OK : callback.stretch(uio.base[i]!, bytes)
      if (error !== OK) return error
    }
    return OK
  }

  private user(uio: Uio, space: UserSpace, callback: MsfUioCallback, reason: CallReason): Errno {
    let why = reason
    for (; this.piece < uio.iovcnt; this.piece++, this.done = 0) {
      const base = uio.base[uio.iov + this.piece]!
      const length = uio.length[uio.iov + this.piece]!
      while (this.done < length) {
        const at = base + this.done
        const bytes = Math.min(length - this.done, XIO_INTERNAL_SIZE - (at & PAGE_MASK))
        const msf = this.msfs.msf_map_ubuf(space, at, bytes, 0, why)
        why = FIRST_CALL
        if (msf < 0) return msf === WOULD_BLOCK ? EWOULDBLOCK : -msf
        const error = callback.stretch(this.msfs.msf_buf_kva(msf), this.msfs.msf_buf_bytes(msf))
        this.msfs.msf_buf_free(msf)
        if (error !== OK) return error
        this.done += bytes
      }
    }
    return OK
  }
}
