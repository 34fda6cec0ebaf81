import { CpuMask } from '../../machine/cpu-mask.ts'
import type { Machine } from '../../machine/machine.ts'
import { KVA_BASE } from '../../machine/page-table.ts'
import { PAGE_MASK, PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { Site } from '../call-sites.ts'
import type { Errno } from '../errno.ts'
import { EINVAL, ENOENT, ENOMEM, ERANGE, OK } from '../errno.ts'
import { IndexQueue } from '../index-queue.ts'
import type { CallReason, KernelThreads } from '../sleep-channel.ts'
import { AFTER_SIGNAL, FIRST_CALL, INTERRUPTED, SleepChannel, WOULD_BLOCK } from '../sleep-channel.ts'
import { PageHints } from '../vm/page-hints.ts'
import type { Pmap } from '../vm/pmap.ts'
import type { UserSpace } from '../vm/user-space.ts'
import { watchPool } from '../watch-pool.ts'
import type { XioCalls } from '../xio.ts'
import { XIO_INTERNAL_PAGES, XIO_INTERNAL_SIZE, Xio } from '../xio.ts'

/** What the code takes for "the current processor only". */
export const SFB_CPUPRIVATE = 0x1
/** A signal may end the sleep for a free msf_buf (MSF_CATCH has the same value). */
export const SFB_CATCH = 0x4
/** What the header offers for "the current processor only". The code never looks at it. */
export const MSF_CPUPRIVATE = 0x8

/** What an msf_buf maps (ms_type). */
export const MSF_TYPE_UNKNOWN = 0
export const MSF_TYPE_PGLIST = 1
export const MSF_TYPE_XIO = 2
export const MSF_TYPE_UBUF = 3
export const MSF_TYPE_KBUF = 4

const NONE = -1

export interface MsfBufs2005Parts {
  readonly machine: Machine
  readonly pmap: Pmap
  readonly xios: XioCalls
  readonly threads: KernelThreads
  /** First page of the pool's KVA, 32 pages for each msf_buf. */
  readonly firstPage: number
  /** msf_bufs (kern.ipc.msfbufs). */
  readonly count: number
}

/**
 * The second msf_buf (DragonFly, March 2005 to its removal in 2010, kern_msfbuf.c): a pool of mapping slots of 128 KiB.
 * Nothing is shared; a page remembers the slot that last mapped it as a first page, and gets it back if it is free. User and
 * kernel buffers are held while mapped, page lists and XIOs are not. Calls return the msf_buf's number, or a negative errno.
 *
 * Bugs of the original, reproduced:
 * - MSF_CPUPRIVATE of the header is ignored; only SFB_CPUPRIVATE, a flag of another module, makes a mapping private, so a
 *   caller who follows the header pays for an IPI to everyone.
 * - An interrupted sleep is ENOMEM from msf_map_pagelist and msf_map_xio, but ENOENT from the other two.
 */
export class MsfBufs2005 {
  readonly freeList: IndexQueue
  readonly channel: SleepChannel
  /** Allocations that got the slot their page remembered, and others. */
  hits = 0
  misses = 0
  private readonly machine: Machine
  private readonly pmap: Pmap
  private readonly xios: XioCalls
  private readonly firstPage: number
  private readonly hints = new PageHints()
  private readonly internal: readonly Xio[]
  private readonly xioOf: Xio[]
  private readonly types: Uint8Array
  private readonly refs: Int32Array
  private readonly masks: readonly CpuMask[]

  constructor(parts: MsfBufs2005Parts) {
    const { count } = parts
    this.machine = parts.machine
    this.pmap = parts.pmap
    this.xios = parts.xios
    this.firstPage = parts.firstPage
    this.channel = new SleepChannel(parts.threads)
    this.freeList = new IndexQueue(count)
    this.internal = Array.from({ length: count }, () => new Xio())
    this.xioOf = [...this.internal]
    this.types = new Uint8Array(count)
    this.refs = new Int32Array(count)
    this.masks = Array.from({ length: count }, () => new CpuMask())
    for (let msf = 0; msf < count; msf++) this.freeList.append(msf)
    const { sanitizer } = this.machine
    if (sanitizer === null) return
    const { firstPage } = this
    const refsOf = (msf: number): number => this.refsOf(msf)
    watchPool(sanitizer, { name: 'msf_buf', firstPage, pagesEach: XIO_INTERNAL_PAGES, count, refsOf })
  }

  /**
   * Maps the first `count` of `pages`, 1 to 32, which stay the caller's: nothing is held.
   * @returns the msf_buf, WOULD_BLOCK, -ENOMEM for an interrupted sleep, or -EINVAL where the kernel asserts
   */
  msf_map_pagelist(pages: Int32Array, count: number, flags: number, reason: CallReason = FIRST_CALL): number {
    if (count < 1 || count > XIO_INTERNAL_PAGES) return -EINVAL
    this.machine.accounting.enter(Site.msf_map)
    const msf = this.msf_alloc(pages[0]!, flags, reason)
    if (msf >= 0) {
      const xio = this.internal[msf]!
      for (let i = 0; i < count; i++) xio.setPage(i, pages[i]!)
      xio.offset = 0
      xio.npages = count
      xio.bytes = count * PAGE_SIZE
      this.map(msf, MSF_TYPE_PGLIST, flags)
    }
    this.machine.accounting.leave()
    return msf === INTERRUPTED ? -ENOMEM : msf
  }

  /**
   * Maps the pages of a list of 1 to 32, which stays the caller's and must stay as it is until msf_buf_free.
   * @returns the msf_buf, WOULD_BLOCK, -ENOMEM for an interrupted sleep, or -EINVAL where the kernel asserts
   */
  msf_map_xio(xio: Xio, flags: number, reason: CallReason = FIRST_CALL): number {
    if (xio.npages < 1 || xio.npages > XIO_INTERNAL_PAGES) return -EINVAL
    this.machine.accounting.enter(Site.msf_map)
    const msf = this.msf_alloc(xio.page(0), flags, reason)
    if (msf >= 0) {
      this.xioOf[msf] = xio
      this.map(msf, MSF_TYPE_XIO, flags)
    }
    this.machine.accounting.leave()
    return msf === INTERRUPTED ? -ENOMEM : msf
  }

  /**
   * Maps and holds a user's buffer. Its pages are faulted in for reading only, whatever the caller will do with them.
   * @returns the msf_buf; WOULD_BLOCK; -ERANGE above 128 KiB, counted from the start of the first page; -ENOENT for an
   * interrupted sleep; -EFAULT for a hole
   */
  msf_map_ubuf(
    space: UserSpace,
    uaddr: number,
    bytes: number,
    flags: number,
    reason: CallReason = FIRST_CALL,
  ): number {
    if ((uaddr & PAGE_MASK) + bytes > XIO_INTERNAL_SIZE) return -ERANGE
    this.machine.accounting.enter(Site.msf_map)
    const msf = this.msf_alloc(space.pmap_extract(uaddr), flags, reason)
    let error = msf
    if (msf >= 0) {
      error = -this.xios.xio_init_ubuf(this.internal[msf]!, space, uaddr, bytes, 0)
      this.mapHeld(msf, MSF_TYPE_UBUF, error, flags)
    }
    this.machine.accounting.leave()
    return outcome(msf, error)
  }

  /**
   * Maps a kernel buffer a second time, and holds its pages.
   * @returns as msf_map_ubuf
   */
  msf_map_kbuf(kva: number, bytes: number, flags: number, reason: CallReason = FIRST_CALL): number {
    if ((kva & PAGE_MASK) + bytes > XIO_INTERNAL_SIZE) return -ERANGE
    this.machine.accounting.enter(Site.msf_map)
    const physical = this.pmap.pmap_kextract(kva)
    const msf = this.msf_alloc(physical < 0 ? NONE : Math.floor(physical / PAGE_SIZE), flags, reason)
    let error = msf
    if (msf >= 0) {
      error = -this.xios.xio_init_kbuf(this.internal[msf]!, kva, bytes)
      this.mapHeld(msf, MSF_TYPE_KBUF, error, flags)
    }
    this.machine.accounting.leave()
    return outcome(msf, error)
  }

  /** Gives an msf_buf back, and lets go of the pages that a map call held. The mapping stays behind, used by nobody. */
  msf_buf_free(msf: number): void {
    const refs = this.refs[msf]!
    if (refs === 0) throw new SimulationFault(`msf_buf_free: msf_buf ${msf} is free`)
    this.machine.charge(Site.msf_buf_free, this.machine.cost.msfCall)
    this.refs[msf] = refs - 1
    if (refs > 1) return
    const type = this.types[msf]
    if (type === MSF_TYPE_UBUF || type === MSF_TYPE_KBUF) this.xios.xio_release(this.internal[msf]!)
    this.types[msf] = MSF_TYPE_UNKNOWN
    this.xioOf[msf] = this.internal[msf]!
    this.freeList.append(msf)
    this.channel.wakeupOne()
  }

  /** Address of the first byte of data. */
  msf_buf_kva(msf: number): number {
    return this.slotOf(msf) + this.xioOf[msf]!.offset
  }

  msf_buf_bytes(msf: number): number {
    return this.xioOf[msf]!.bytes
  }

  /** The page list in use: the caller's for MSF_TYPE_XIO, else the msf_buf's own. */
  msf_buf_xio(msf: number): Xio {
    return this.xioOf[msf]!
  }

  typeOf(msf: number): number {
    return this.types[msf]!
  }

  refsOf(msf: number): number {
    return this.refs[msf]!
  }

  /** Processors that see the mapping as it is. */
  cpusOf(msf: number): CpuMask {
    return this.masks[msf]!
  }

  /** @param firstPage the page to be mapped first, or -1 when it is not known */
  private msf_alloc(firstPage: number, flags: number, reason: CallReason): number {
    this.machine.charge(Site.msf_map, this.machine.cost.msfCall)
    if (reason === FIRST_CALL) {
      const hint = firstPage < 0 ? NONE : this.hints.get(firstPage)
      if (hint !== NONE && this.freeList.has(hint)) {
        this.hits++
        return this.take(hint)
      }
      this.misses++
    } else {
      this.channel.resume()
      if (reason === AFTER_SIGNAL && (flags & SFB_CATCH) !== 0) return INTERRUPTED
    }
    const msf = this.freeList.first
    if (msf === NONE) return this.channel.sleep((flags & SFB_CATCH) !== 0)
    if (firstPage >= 0) this.hints.set(firstPage, msf)
    return this.take(msf)
  }

  private take(msf: number): number {
    this.freeList.remove(msf)
    this.refs[msf] = 1
    return msf
  }

  private mapHeld(msf: number, type: number, error: Errno, flags: number): void {
    if (error === OK) this.map(msf, type, flags)
    else this.msf_buf_free(msf)
  }

  /** msf_map_msf: enters the pages of the list in use. A kernel for one processor always does it the private way. */
  private map(msf: number, type: number, flags: number): void {
    const xio = this.xioOf[msf]!
    this.types[msf] = type
    if (!this.pmap.smp || (flags & SFB_CPUPRIVATE) !== 0) {
      this.pmap.pmap_qenter2(this.slotOf(msf), xio.pages, xio.npages, this.masks[msf]!)
    } else {
      const { ipis } = this.machine.counters
      this.pmap.pmap_qenter(this.slotOf(msf), xio.pages, xio.npages)
      this.masks[msf]!.fill()
      if ((flags & MSF_CPUPRIVATE) !== 0) this.reportIpis(msf, this.machine.counters.ipis - ipis)
    }
    const slot = this.firstPage + msf * XIO_INTERNAL_PAGES
    this.machine.sanitizer?.mappingTaken(slot, xio.pages, 0, xio.npages)
  }

  private reportIpis(msf: number, ipis: number): void {
    if (ipis === 0) return
    this.machine.sanitizer?.report(
      'ipi-for-private-mapping',
      'pmap_qenter',
      () => `msf_buf ${msf}, asked for with MSF_CPUPRIVATE: ${ipis} processors interrupted`,
    )
  }

  private slotOf(msf: number): number {
    return KVA_BASE + (this.firstPage + msf * XIO_INTERNAL_PAGES) * PAGE_SIZE
  }
}

/** @param error 0, or the negative errno of the page list; @param msf the msf_buf, or why there is none */
function outcome(msf: number, error: number): number {
  if (msf === WOULD_BLOCK) return WOULD_BLOCK
  if (msf === INTERRUPTED) return -ENOENT
  return error === OK ? msf : error
}
