import type { Machine } from '../machine/machine.ts'
import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from '../machine/page.ts'
import { SimulationFault } from '../machine/physical-memory.ts'
import { Site } from './call-sites.ts'
import type { Errno } from './errno.ts'
import { EINVAL, EMSGSIZE, EWOULDBLOCK, OK } from './errno.ts'
import type { PageWindow } from './sf-buf/page-window.ts'
import type { CopyCalls } from './vm/copy-calls.ts'
import type { UserSpace } from './vm/user-space.ts'

/** Most pieces of a uio that a process may hand in. */
export const UIO_MAXIOV = 1024
/** Pieces for which the kernel needs no allocation. */
export const UIO_SMALLIOV = 8

/** Kernel to uio. */
export const UIO_READ = 0
/** Uio to kernel. */
export const UIO_WRITE = 1

/** Where the pieces of a uio are: at user addresses, at kernel addresses, or nowhere (only the counts move). */
export const UIO_USERSPACE = 0
export const UIO_SYSSPACE = 1
export const UIO_NOCOPY = 2

const INT_MAX = 0x7fffffff

/** The kernels differ in how a uio treats errors and in its limits. */
export type UioDialect = 'dragonfly-2004' | 'dragonfly-2020'

/** A scatter/gather list of buffers, and how far a transfer has come. */
export class Uio {
  /** Addresses and lengths of the pieces; what was moved is cut off the front of the first. */
  readonly base: Float64Array
  readonly length: Float64Array
  /** Number of the first piece that is left. */
  iov = 0
  /** Pieces left. */
  iovcnt = 0
  /** File position. */
  offset = 0
  /** Bytes left. */
  resid = 0
  segflg = UIO_USERSPACE
  rw = UIO_READ
  /** The process whose addresses the pieces are, for UIO_USERSPACE. */
  space: UserSpace | null = null

  /** @param capacity most pieces */
  constructor(capacity: number = UIO_SMALLIOV) {
    this.base = new Float64Array(capacity)
    this.length = new Float64Array(capacity)
  }

  /** Empties the list. */
  reset(segflg: number, rw: number, space: UserSpace | null): void {
    this.iov = 0
    this.iovcnt = 0
    this.offset = 0
    this.resid = 0
    this.segflg = segflg
    this.rw = rw
    this.space = space
  }

  /** Adds a piece. `resid` grows by its length. @returns false when the list is full */
  add(base: number, length: number): boolean {
    const index = this.iov + this.iovcnt
    if (index >= this.base.length) return false
    this.base[index] = base
    this.length[index] = length
    this.iovcnt++
    this.resid += length
    return true
  }
}

/** The calls of kern_subr.c that move data through a uio. */
export class UioCalls {
  private readonly machine: Machine
  private readonly copies: CopyCalls
  private readonly window: PageWindow
  private readonly dialect: UioDialect

  /** @param window how uiomove_fromphys reaches a page */
  constructor(machine: Machine, copies: CopyCalls, window: PageWindow, dialect: UioDialect) {
    this.machine = machine
    this.copies = copies
    this.window = window
    this.dialect = dialect
  }

  /**
   * Takes over a process's list of pieces (iovec_copyin).
   * @param bases user addresses; @param lengths bytes; both have `count` items
   * @returns OK, or EMSGSIZE for too many: DragonFly 2004 refuses UIO_MAXIOV itself already, 2020 only more
   */
  iovec_copyin(uio: Uio, bases: Float64Array, lengths: Float64Array, count: number): Errno {
    const most = this.dialect === 'dragonfly-2004' ? UIO_MAXIOV - 1 : UIO_MAXIOV
    if (count > most || count > uio.base.length) return EMSGSIZE
    uio.iov = 0
    uio.iovcnt = 0
    uio.resid = 0
    for (let i = 0; i < count; i++) uio.add(bases[i]!, lengths[i]!)
    return OK
  }

  /**
   * Moves at most `bytes` between a kernel buffer and a uio. A piece is moved as a whole or, on an error, not at all.
   *
   * Bug of DragonFly 2004, reproduced in that dialect: after a failed piece the loop goes on as if it had been moved, and
   * the error is lost when a later piece succeeds. In 2020 it ends the transfer, and the failed piece is not accounted.
   * @returns OK or EFAULT
   */
  uiomove(kva: number, bytes: number, uio: Uio): Errno {
    this.machine.charge(Site.uiomove, this.machine.cost.msfCall)
    let error = OK
    let at = kva
    for (let left = bytes; left > 0 && uio.resid > 0;) {
      const piece = this.nextPiece(uio)
      if (piece === 0) break
      const count = Math.min(piece, left)
      error = this.move(at, uio, count)
      if (error !== OK && this.dialect === 'dragonfly-2020') break
      advance(uio, count)
      at += count
      left -= count
    }
    return error
  }

  /**
   * Moves from or to a kernel buffer of `length` bytes at the uio's file position.
   * @returns OK, also when the position lies behind the buffer; EINVAL for a position that is negative or, in DragonFly
   * 2004, does not fit 32 bits, and for more than INT_MAX bytes; EFAULT
   */
  uiomove_frombuf(kva: number, length: number, uio: Uio): Errno {
    if (uio.offset < 0 || uio.resid < 0) return EINVAL
    if (this.dialect === 'dragonfly-2004' && uio.offset > 0xffffffff) return EINVAL
    if (uio.offset >= length) return OK
    const bytes = length - uio.offset
    if (bytes > INT_MAX) return EINVAL
    return this.uiomove(kva + uio.offset, bytes, uio)
  }

  /**
   * Moves between a page list and a uio, through one short mapping for each step, which crosses no page of the list.
   * @param offset of the first byte, from the start of `pages[0]`
   * @returns OK; EFAULT, with the failed step not accounted; EWOULDBLOCK when the kernel sleeps for a mapping: the uio says
   * how far it came
   */
  uiomove_fromphys(pages: Int32Array, offset: number, bytes: number, uio: Uio): Errno {
    this.machine.charge(Site.uiomove, this.machine.cost.msfCall)
    let at = offset
    for (let left = bytes; left > 0 && uio.resid > 0;) {
      const piece = this.nextPiece(uio)
      if (piece === 0) break
      const count = Math.min(piece, left, PAGE_SIZE - (at & PAGE_MASK))
      const handle = this.window.open(pages[at >> PAGE_SHIFT]!)
      if (handle < 0) return EWOULDBLOCK
      const error = this.move(this.window.address(handle) + (at & PAGE_MASK), uio, count)
      this.window.close(handle)
      if (error !== OK) return error
      advance(uio, count)
      at += count
      left -= count
    }
    return OK
  }

  /**
   * Gives the next byte to the uio's owner.
   * @returns OK or EFAULT
   * @throws SimulationFault when nothing is left to give it to, where the kernel panics
   */
  ureadc(value: number, uio: Uio): Errno {
    const piece = uio.resid > 0 ? this.nextPiece(uio) : 0
    if (piece === 0) throw new SimulationFault('ureadc: the uio is full')
    const to = uio.base[uio.iov]!
    if (uio.segflg === UIO_USERSPACE) {
      const error = this.copies.subyte(spaceOf(uio), to, value)
      if (error !== OK) return error
    } else if (uio.segflg === UIO_SYSSPACE) {
      this.copies.storeKernelByte(to, value)
    }
    advance(uio, 1)
    return OK
  }

  /** Skips empty pieces. @returns bytes of the first other one; 0 when none is left, where the kernel runs off the list */
  private nextPiece(uio: Uio): number {
    while (uio.iovcnt > 0 && uio.length[uio.iov] === 0) {
      uio.iov++
      uio.iovcnt--
    }
    return uio.iovcnt > 0 ? uio.length[uio.iov]! : 0
  }

  private move(kva: number, uio: Uio, count: number): Errno {
    const base = uio.base[uio.iov]!
    const read = uio.rw === UIO_READ
    switch (uio.segflg) {
      case UIO_USERSPACE:
        return read
          ? this.copies.copyout(kva, spaceOf(uio), base, count)
          : this.copies.copyin(spaceOf(uio), base, kva, count)
      case UIO_SYSSPACE:
        if (read) this.copies.bcopy(kva, base, count)
        else this.copies.bcopy(base, kva, count)
        return OK
      default:
        return OK
    }
  }
}

/** `count` bytes of the first piece were moved. */
export function advance(uio: Uio, count: number): void {
  uio.base[uio.iov] = uio.base[uio.iov]! + count
  uio.length[uio.iov] = uio.length[uio.iov]! - count
  uio.resid -= count
  uio.offset += count
}

function spaceOf(uio: Uio): UserSpace {
  if (uio.space === null) throw new SimulationFault('a uio of user addresses without a user space')
  return uio.space
}
