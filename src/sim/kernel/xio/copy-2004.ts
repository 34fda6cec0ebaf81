import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from '../../machine/page.ts'
import type { Errno } from '../errno.ts'
import { EFAULT, EWOULDBLOCK, OK } from '../errno.ts'
import type { PageWindow } from '../sf-buf/page-window.ts'
import type { Uio, UioCalls } from '../uio.ts'
import type { CopyCalls } from '../vm/copy-calls.ts'
import type { UserSpace } from '../vm/user-space.ts'
import type { Xio } from '../xio.ts'

/**
 * Copies out of a page list as of December 2004: they consume it. What was copied is no longer in the list, whose offset
 * moves on and whose bytes shrink; the pages stay held. EWOULDBLOCK means that the kernel sleeps for a mapping: what was
 * copied so far is consumed, and the same call with the rest goes on.
 */
export class XioCopy2004 {
  /** Bytes that the last xio_uio_copy copied; 0 after an error, whatever went to the uio before it. */
  done = 0
  private readonly copies: CopyCalls
  private readonly window: PageWindow
  private readonly uios: UioCalls

  constructor(copies: CopyCalls, window: PageWindow, uios: UioCalls) {
    this.copies = copies
    this.window = window
    this.uios = uios
  }

  /**
   * Copies as much as both have between a list and a uio: from the list for UIO_READ, into it for UIO_WRITE.
   * An error leaves the list as it was, though the uio has moved on by what was copied before.
   */
  xio_uio_copy(xio: Xio, uio: Uio): Errno {
    const before = uio.resid
    const bytes = Math.min(xio.bytes, uio.resid)
    const error = this.uios.uiomove_fromphys(xio.pages, xio.offset, bytes, uio)
    this.done = error === OK ? bytes : 0
    const consumed = error === EWOULDBLOCK ? before - uio.resid : this.done
    xio.offset += consumed
    xio.bytes -= consumed
    return error
  }

  /** List to user. @returns OK, or EFAULT: more than the list has, or no access; pieces before the fault are consumed */
  xio_copy_xtou(xio: Xio, space: UserSpace, uaddr: number, bytes: number): Errno {
    return this.consume(xio, space, uaddr, bytes)
  }

  /** List to kernel buffer. @returns OK, or EFAULT for more than the list has */
  xio_copy_xtok(xio: Xio, kva: number, bytes: number): Errno {
    return this.consume(xio, null, kva, bytes)
  }

  private consume(xio: Xio, space: UserSpace | null, to: number, bytes: number): Errno {
    if (bytes > xio.bytes) return EFAULT
    let at = to
    for (let left = bytes; left > 0;) {
      const handle = this.window.open(xio.page(xio.offset >> PAGE_SHIFT))
      if (handle < 0) return EWOULDBLOCK
      const start = xio.offset & PAGE_MASK
      const count = Math.min(left, PAGE_SIZE - start)
      const from = this.window.address(handle) + start
      let error = OK
      if (space === null) this.copies.bcopy(from, at, count)
      else error = this.copies.copyout(from, space, at, count)
      this.window.close(handle)
      if (error !== OK) return error
      xio.offset += count
      xio.bytes -= count
      at += count
      left -= count
    }
    return OK
  }
}
