import { KVA_BASE } from '../../machine/page-table.ts'
import { PAGE_MASK, PAGE_SIZE, SECTOR_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { Site } from '../call-sites.ts'
import type { Errno } from '../errno.ts'
import { EINVAL, EIO, EWOULDBLOCK, OK } from '../errno.ts'
import type { Uio } from '../uio.ts'
import { UIO_READ, UIO_USERSPACE } from '../uio.ts'
import type { CopyCalls } from '../vm/copy-calls.ts'
import type { KernelThreads } from '../sleep-channel.ts'
import type { Buf } from './buf.ts'
import { B_DONE, B_ERROR, B_PHYS, B_READ, NONE } from './buf.ts'
import type { BufSpace } from './buf-space.ts'
import { MAXPHYS } from './limits.ts'
import type { Pbufs } from './pbufs.ts'
import type { Transfers } from './transfers.ts'
import { vmapbuf, vunmapbuf } from './vmapbuf.ts'
import type { VmapbufParts } from './vmapbuf.ts'

/** Highest sector that the disk address of 2004 (daddr_t, 32 bits) can name. */
const MAX_DADDR = 0x7fffffff

/** A disk as physical I/O sees it. */
export interface RawDevice {
  /** Most bytes of one transfer (si_iosize_max). */
  readonly iosizeMax: number
  readonly sectors: number
}

/** How far one thread's call of physio has come. */
export class PhysioCall {
  pbuf: Buf | null = null
  /** Its transfer is under way. */
  started = false
}

export interface PhysioParts extends VmapbufParts {
  readonly copies: CopyCalls
  readonly threads: KernelThreads
  readonly space: BufSpace
  readonly transfers: Transfers
  readonly pbufs: Pbufs
}

/**
 * physio (kern_physio.c): moves data between a device and a user's memory, around the buffer cache. As in 2004 a pbuf carries the
 * user's pages, which the I/O path maps or passes on as a list; or, on paths whose pbufs have memory, the data is copied through
 * that, as DragonFly has done since 2016, and nothing is mapped or held.
 */
export class PhysioCalls {
  private readonly parts: PhysioParts
  private readonly copied: boolean

  constructor(parts: PhysioParts) {
    this.parts = parts
    this.copied = parts.path.pbufMemory !== undefined
  }

  /**
   * Moves what is left of a uio of user addresses, from its offset on, piece by piece and each in as few transfers as the device
   * and the pbuf allow. Whoever mixes this with buffers of the same sectors sees to it that they agree (RawSpans).
   * @param call record of the current thread's call; a new one, or one whose call has returned
   * @returns OK, with `resid` left over at the end of the device; EINVAL for an offset or a length that is no multiple of a
   * sector, an offset beyond the device, or one that a disk address of 2004 cannot name; EFAULT; the device's error; the uio says
   * how far it came. Or EWOULDBLOCK: asleep ("wswbuf1", "physstr"), call again when woken
   */
  physio(call: PhysioCall, uio: Uio, device: RawDevice): Errno {
    const { machine, pbufs } = this.parts
    machine.accounting.enter(Site.physio)
    call.pbuf ??= pbufs.getpbuf(null)
    const error = call.pbuf === null ? EWOULDBLOCK : this.proceed(call, call.pbuf, uio, device)
    if (error !== EWOULDBLOCK) {
      pbufs.relpbuf(call.pbuf!, null)
      call.pbuf = null
      call.started = false
    }
    machine.accounting.leave()
    return error
  }

  private proceed(call: PhysioCall, pbuf: Buf, uio: Uio, device: RawDevice): Errno {
    for (;;) {
      if (call.started) {
        const error = this.finish(pbuf, uio)
        if (error !== OK) return error
        call.started = false
      }
      while (uio.iovcnt > 0 && uio.length[uio.iov] === 0) {
        uio.iov++
        uio.iovcnt--
      }
      if (uio.iovcnt === 0 || uio.offset === device.sectors * SECTOR_SIZE) return OK
      const error = this.start(pbuf, uio, device)
      if (error !== OK) return error
      call.started = true
    }
  }

  /** Starts the next transfer. */
  private start(pbuf: Buf, uio: Uio, device: RawDevice): Errno {
    const { transfers } = this.parts
    if (uio.segflg !== UIO_USERSPACE || uio.space === null) return EINVAL
    const from = uio.base[uio.iov]!
    const bytes = this.clip(from, uio.length[uio.iov]!, device.iosizeMax)
    const sector = uio.offset / SECTOR_SIZE
    const end = device.sectors * SECTOR_SIZE
    if (bytes % SECTOR_SIZE !== 0 || !Number.isInteger(sector) || sector < 0 || uio.offset > end)
      return EINVAL
    if (!this.copied && sector > MAX_DADDR) return EINVAL
    pbuf.b_flags = B_PHYS | (uio.rw === UIO_READ ? B_READ : 0)
    pbuf.b_bcount = Math.min(bytes, end - uio.offset)
    pbuf.b_bufsize = pbuf.b_bcount
    pbuf.b_offset = uio.offset
    pbuf.b_blkno = sector
    const error = this.bring(pbuf, uio, from)
    if (error === OK) transfers.startPbuf(pbuf, false)
    return error
  }

  /** What one transfer can take. A page list of 2004 counts the part of its first page before the data. */
  private clip(uaddr: number, bytes: number, iosizeMax: number): number {
    const most = Math.min(bytes, iosizeMax)
    if (this.copied) return Math.min(most, MAXPHYS)
    const offset = uaddr & PAGE_MASK
    if (most + offset <= MAXPHYS) return most
    return offset === 0 ? MAXPHYS : MAXPHYS - PAGE_SIZE
  }

  /** Gives the pbuf its pages, or its copy of what is to be written. */
  private bring(pbuf: Buf, uio: Uio, uaddr: number): Errno {
    if (!this.copied) return vmapbuf(this.parts, pbuf, uio.space!, uaddr)
    if (pbuf.memory === NONE) throw new SimulationFault('physio: the pbufs were given no memory')
    if (uio.rw === UIO_READ) return OK
    return this.parts.copies.copyin(uio.space!, uaddr, this.memoryOf(pbuf), pbuf.b_bcount)
  }

  /** The end of a transfer. @returns EWOULDBLOCK: asleep, it has not ended */
  private finish(pbuf: Buf, uio: Uio): Errno {
    const { space, threads } = this.parts
    if ((pbuf.b_flags & B_DONE) === 0) {
      space.note('physstr')
      pbuf.ioWaiter = threads.current
      return EWOULDBLOCK
    }
    const moved = pbuf.b_bcount - pbuf.b_resid
    let error = OK
    if (!this.copied) vunmapbuf(this.parts, pbuf)
    else if (uio.rw === UIO_READ && moved > 0)
      error = this.parts.copies.copyout(this.memoryOf(pbuf), uio.space!, uio.base[uio.iov]!, moved)
    if (error !== OK) return error
    uio.base[uio.iov]! += moved
    uio.length[uio.iov]! -= moved
    uio.resid -= moved
    uio.offset += moved
    if ((pbuf.b_flags & B_ERROR) === 0) return OK
    return pbuf.b_error === OK ? EIO : pbuf.b_error
  }

  private memoryOf(pbuf: Buf): number {
    return KVA_BASE + pbuf.memory * PAGE_SIZE
  }
}
