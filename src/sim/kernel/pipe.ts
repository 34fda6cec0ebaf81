import type { Machine } from '../machine/machine.ts'
import { KVA_BASE } from '../machine/page-table.ts'
import { PAGE_MASK, PAGE_SIZE } from '../machine/page.ts'
import { SimulationFault } from '../machine/physical-memory.ts'
import { Site } from './call-sites.ts'
import type { Errno } from './errno.ts'
import { EPIPE, EWOULDBLOCK, OK } from './errno.ts'
import type { KernelThreads } from './sleep-channel.ts'
import { SleepChannel } from './sleep-channel.ts'
import type { Uio, UioCalls } from './uio.ts'
import { advance, UIO_USERSPACE } from './uio.ts'
import type { KvaArena } from './vm/kva-arena.ts'
import type { PageAllocator } from './vm/page-allocator.ts'
import type { Pmap } from './vm/pmap.ts'
import { XIOF_READ, XIO_INTERNAL_SIZE, Xio } from './xio.ts'
import type { XioCalls } from './xio.ts'
import type { XioCopy2004 } from './xio/copy-2004.ts'

/** Bytes of the kernel's own buffer of a pipe. */
export const PIPE_SIZE = 16 * 1024
/** Writes that begin with a piece at least as long hand over their pages. */
export const PIPE_MINDIRECT = 8192
/** Shorter writes go into the buffer as a whole. */
export const PIPE_BUF = 512

const NOBODY = -1

export interface PipeParts {
  readonly machine: Machine
  readonly threads: KernelThreads
  readonly pages: PageAllocator
  readonly kernelMap: KvaArena
  readonly pmap: Pmap
  readonly uios: UioCalls
  readonly xios: XioCalls
  /** How the reader reaches the writer's pages. */
  readonly copies: XioCopy2004
}

/**
 * One direction of a pipe, as DragonFly had it from April 2004 on (sys_pipe.c). A long write makes a page list of its own
 * memory and sleeps until the reader has copied all of it, each page through an sf_buf of the reader's; a short one goes
 * through a ring in KVA. Calls act for the current thread. One that would sleep returns EWOULDBLOCK: the thread makes the same call
 * with the same uio when it is woken. Buffers that grow (big pipes) and signals are left out.
 */
export class Pipe {
  private readonly parts: PipeParts
  private readonly firstPage: number
  private readonly frames: Int32Array
  private readonly readers: SleepChannel
  private readonly writers: SleepChannel
  /** Bytes in the ring, and where the oldest of them is. */
  private count = 0
  private out = 0
  /** Pages of the writer that sleeps until they are read (PIPE_DIRECTW). */
  private readonly list = new Xio()
  private directWriter = NOBODY
  private isDirect = false
  private readEnd = true
  private writeEnd = true

  /** @throws SimulationFault without memory or address space for the buffer */
  constructor(parts: PipeParts) {
    const { kernelMap, pages, pmap, threads } = parts
    this.parts = parts
    this.firstPage = kernelMap.alloc(PIPE_SIZE / PAGE_SIZE)
    this.frames = Int32Array.from({ length: PIPE_SIZE / PAGE_SIZE }, () => pages.alloc())
    if (this.firstPage < 0 || this.frames.includes(-1)) throw new SimulationFault('no memory for a pipe')
    pmap.enterEverywhere(this.firstPage, this.frames, this.frames.length, 0)
    this.readers = new SleepChannel(threads)
    this.writers = new SleepChannel(threads)
  }

  /**
   * Writes all of a uio. Its offset counts what was written and starts at 0.
   * @returns OK; EPIPE when nobody will read any more; EFAULT for memory that the writer may not read, `resid` says how much went;
   * EWOULDBLOCK: asleep
   */
  pipe_write(uio: Uio): Errno {
    const { threads } = this.parts
    for (;;) {
      if (!this.readEnd) return this.broken()
      if (this.directWriter === threads.current) {
        if (this.isDirect) return this.sleep(this.writers)
        this.endDirect()
      }
      if (uio.resid === 0) return OK
      const error = this.mayHandOver(uio) ? this.writeDirect(uio) : this.writeBuffered(uio)
      if (error !== OK) return error
    }
  }

  /**
   * Reads what there is, as far as a uio takes it; waits when there is nothing. Its offset counts what was read and starts at 0.
   * @returns OK, with nothing read at the end of the data; EFAULT; EWOULDBLOCK: asleep
   */
  pipe_read(uio: Uio): Errno {
    while (uio.resid > 0) {
      let error: Errno
      if (this.count > 0) error = this.readBuffered(uio)
      else if (this.isDirect) error = this.readDirect(uio)
      else {
        if (!this.writeEnd) return OK
        this.writers.wakeup()
        if (uio.offset > 0) return OK
        return this.sleep(this.readers)
      }
      if (error !== OK) return error
    }
    if (this.count === 0) this.writers.wakeup()
    return OK
  }

  /** The last reader closes: writers end with EPIPE. */
  closeRead(): void {
    this.readEnd = false
    this.writers.wakeup()
  }

  /** The last writer closes: readers get what is in the pipe, and then the end. No write is under way. */
  closeWrite(): void {
    this.writeEnd = false
    this.readers.wakeup()
  }

  /** Gives the buffer back. Both ends are closed and nobody sleeps. */
  destroy(): void {
    const { pmap, kernelMap, pages } = this.parts
    pmap.removeEverywhere(this.firstPage, this.frames.length)
    kernelMap.free(this.firstPage, this.frames.length)
    for (const pfn of this.frames) pages.free(pfn)
  }

  private mayHandOver(uio: Uio): boolean {
    while (uio.iovcnt > 1 && uio.length[uio.iov] === 0) {
      uio.iov++
      uio.iovcnt--
    }
    return uio.segflg === UIO_USERSPACE && uio.length[uio.iov]! >= PIPE_MINDIRECT
  }

  /** Once the pipe is empty: makes the page list of the next 128 KiB or less, and sleeps until it is read. */
  private writeDirect(uio: Uio): Errno {
    if (this.isDirect || this.directWriter !== NOBODY || this.count > 0) {
      this.readers.wakeup()
      return this.sleep(this.writers)
    }
    const { xios, threads } = this.parts
    const base = uio.base[uio.iov]!
    // A list has no more than 32 pages, wherever in the first the data begins.
    const bytes = Math.min(uio.length[uio.iov]!, XIO_INTERNAL_SIZE - (base & PAGE_MASK))
    const error = xios.xio_init_ubuf(this.list, uio.space!, base, bytes, XIOF_READ)
    if (error !== OK) return error
    advance(uio, bytes)
    this.isDirect = true
    this.directWriter = threads.current
    this.readers.wakeup()
    return this.sleep(this.writers)
  }

  private writeBuffered(uio: Uio): Errno {
    const free = this.isDirect || this.directWriter !== NOBODY ? 0 : PIPE_SIZE - this.count
    const mustFit = uio.offset + uio.resid <= PIPE_BUF
    if (free === 0 || (mustFit && free < uio.resid)) {
      this.readers.wakeup()
      return this.sleep(this.writers)
    }
    const left = uio.resid
    const at = (this.out + this.count) % PIPE_SIZE
    const error = this.parts.uios.uiomove(this.address(at), Math.min(free, PIPE_SIZE - at), uio)
    this.count += left - uio.resid
    this.readers.wakeup()
    return error
  }

  private readBuffered(uio: Uio): Errno {
    const left = uio.resid
    const bytes = Math.min(this.count, PIPE_SIZE - this.out)
    const error = this.parts.uios.uiomove(this.address(this.out), bytes, uio)
    const moved = left - uio.resid
    this.count -= moved
    this.out = this.count === 0 ? 0 : (this.out + moved) % PIPE_SIZE
    return error
  }

  private readDirect(uio: Uio): Errno {
    const error = this.parts.copies.xio_uio_copy(this.list, uio)
    if (this.list.bytes === 0) {
      this.isDirect = false
      this.writers.wakeup()
    }
    return error
  }

  /** The writer runs again and lets its pages go. */
  private endDirect(): void {
    this.parts.xios.xio_release(this.list)
    this.isDirect = false
    this.directWriter = NOBODY
    this.writers.wakeup()
  }

  private broken(): Errno {
    if (this.directWriter === this.parts.threads.current) this.endDirect()
    return EPIPE
  }

  private sleep(channel: SleepChannel): Errno {
    const { machine } = this.parts
    machine.charge(Site.entry, machine.cost.wakeup)
    channel.sleep(true)
    return EWOULDBLOCK
  }

  private address(at: number): number {
    return KVA_BASE + this.firstPage * PAGE_SIZE + at
  }
}
