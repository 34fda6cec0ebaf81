import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from '../../machine/page.ts'
import type { Errno } from '../errno.ts'
import { EFAULT, EINVAL, EWOULDBLOCK, OK } from '../errno.ts'
import type { PageWindow } from '../sf-buf/page-window.ts'
import type { Uio, UioCalls } from '../uio.ts'
import type { CopyCalls } from '../vm/copy-calls.ts'
import type { UserSpace } from '../vm/user-space.ts'
import type { Xio } from '../xio.ts'

/**
 * Copies between a page list and a buffer as of March 2005 to 2020: the list stays as it is, and `uoffset` says where in
 * its data a copy starts. A copy that fails has moved the whole pieces (one for each page of the list) before the fault.
 * EWOULDBLOCK, where the window's kernel sleeps for a mapping, asks for the same call again.
 */
export class XioCopy2020 {
  /** Bytes that the last xio_uio_copy copied; 0 after an error. */
  done = 0
  private readonly copies: CopyCalls
  private readonly window: PageWindow
  private readonly uios: UioCalls

  constructor(copies: CopyCalls, window: PageWindow, uios: UioCalls) {
    this.copies = copies
    this.window = window
    this.uios = uios
  }

  /** Bytes of data from `uoffset` on. */
  xio_remaining(xio: Xio, uoffset: number): number {
    return xio.bytes - uoffset
  }

  /** Where byte `uoffset` of the data lies, from the start of page 0. */
  xio_kvaoffset(xio: Xio, uoffset: number): number {
    return xio.offset + uoffset
  }

  /**
   * Copies as much as both have between a list and a uio: from the list for UIO_READ, into it for UIO_WRITE.
   * @returns OK, EFAULT, or EINVAL for an offset beyond the data, where the kernel stops with an assertion
   */
  xio_uio_copy(xio: Xio, uoffset: number, uio: Uio): Errno {
    this.done = 0
    const bytes = Math.min(this.xio_remaining(xio, uoffset), uio.resid)
    if (bytes < 0) return EINVAL
    const error = this.uios.uiomove_fromphys(xio.pages, this.xio_kvaoffset(xio, uoffset), bytes, uio)
    if (error === OK) this.done = bytes
    return error
  }

  /** List to user. @returns OK, or EFAULT: beyond the data, or no access */
  xio_copy_xtou(xio: Xio, uoffset: number, space: UserSpace, uaddr: number, bytes: number): Errno {
    return this.move(xio, uoffset, space, uaddr, bytes, false)
  }

  /** List to kernel buffer. @returns OK, or EFAULT: beyond the data */
  xio_copy_xtok(xio: Xio, uoffset: number, kva: number, bytes: number): Errno {
    return this.move(xio, uoffset, null, kva, bytes, false)
  }

  /** User to list. @returns OK, or EFAULT: beyond the data, or no access */
  xio_copy_utox(xio: Xio, uoffset: number, space: UserSpace, uaddr: number, bytes: number): Errno {
    return this.move(xio, uoffset, space, uaddr, bytes, true)
  }

  /** Kernel buffer to list. @returns OK, or EFAULT: beyond the data */
  xio_copy_ktox(xio: Xio, uoffset: number, kva: number, bytes: number): Errno {
    return this.move(xio, uoffset, null, kva, bytes, true)
  }

  private move(
    xio: Xio,
    uoffset: number,
    space: UserSpace | null,
    address: number,
    bytes: number,
    intoList: boolean,
  ): Errno {
    if (uoffset + bytes > xio.bytes) return EFAULT
    for (let at = 0; at < bytes;) {
      const offset = this.xio_kvaoffset(xio, uoffset) + at
      const handle = this.window.open(xio.page(offset >> PAGE_SHIFT))
      if (handle < 0) return EWOULDBLOCK
      const count = Math.min(bytes - at, PAGE_SIZE - (offset & PAGE_MASK))
      const view = this.window.address(handle) + (offset & PAGE_MASK)
      const error = this.movePiece(view, space, address + at, count, intoList)
      this.window.close(handle)
      if (error !== OK) return error
      at += count
    }
    return OK
  }

  private movePiece(
    view: number,
    space: UserSpace | null,
    address: number,
    count: number,
    into: boolean,
  ): Errno {
    if (space !== null) {
      return into
        ? this.copies.copyin(space, address, view, count)
        : this.copies.copyout(view, space, address, count)
    }
    if (into) this.copies.bcopy(address, view, count)
    else this.copies.bcopy(view, address, count)
    return OK
  }
}
