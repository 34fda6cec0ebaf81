import type { Machine } from '../../machine/machine.ts'
import { KVA_BASE } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import type { SiteName } from '../call-sites.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import type { Errno } from '../errno.ts'
import { EINVAL, ENOMEM, ERANGE, OK } from '../errno.ts'
import type { KvaArena } from '../vm/kva-arena.ts'
import { CpuMask } from '../../machine/cpu-mask.ts'
import type { Pmap } from '../vm/pmap.ts'
import type { XioCalls } from '../xio.ts'
import { XIO_INTERNAL_PAGES, XIO_INTERNAL_SIZE, Xio } from '../xio.ts'

/** The KVA buffer is there: supplied, or made by msf_require_buf. */
const HAS_BUF = 1
/** The page list is there: supplied, or made by msf_require_xio. */
const HAS_XIO = 2
/** msf_require_buf made the mapping, so msf_release undoes it. */
const OWN_BUF = 4
/** msf_require_xio made the page list, so msf_release undoes it. */
const OWN_XIO = 8
/** Taken from the pool by a create call, so msf_release gives it back. */
const POOLED = 16

/** Data on its way between layers, as a mapped kernel buffer, a page list, or both. */
export class MsfBuf {
  flags = 0
  /** Address of the first byte of data, when mapped. */
  kva = 0
  bytes = 0
  /** The page list in use: the creator's, or `ownXio`. */
  xio: Xio | null = null
  readonly ownXio = new Xio()
  /** First page of the KVA slot that msf_require_buf reserved. */
  slot = -1
  readonly cpus = new CpuMask()

  get isMapped(): boolean {
    return (this.flags & HAS_BUF) !== 0
  }

  get hasPageList(): boolean {
    return (this.flags & HAS_XIO) !== 0
  }
}

/**
 * The msf_buf calls of Matthew Dillon's post "I/O consolidation and direct-to-DMA" (DragonFly, December 2004). They were
 * never committed there; the meanings are those of docs/model.md. A failed call leaves the msf_buf as it was.
 */
export class MsfBufCalls {
  private readonly machine: Machine
  private readonly pmap: Pmap
  private readonly xios: XioCalls
  private readonly slots: KvaArena
  private readonly counters: KernelCounters
  private readonly pool: MsfBuf[]

  /**
   * @param slots KVA of the mappings that msf_require_buf makes
   * @param poolSize msf_bufs for callers that bring none
   */
  constructor(
    machine: Machine,
    pmap: Pmap,
    xios: XioCalls,
    slots: KvaArena,
    counters: KernelCounters,
    poolSize: number,
  ) {
    this.machine = machine
    this.pmap = pmap
    this.xios = xios
    this.slots = slots
    this.counters = counters
    this.pool = Array.from({ length: poolSize }, () => new MsfBuf())
  }

  /** Zeroes a caller's msf_buf before its first use. */
  msf_init(msf: MsfBuf): void {
    msf.flags = 0
    msf.kva = 0
    msf.bytes = 0
    msf.xio = null
    msf.slot = -1
    msf.cpus.clear()
  }

  /**
   * Installs a mapped kernel buffer; no page list yet.
   * @param opt the caller's msf_buf, or null for one from the pool
   * @param bytes 1 to 128 KiB, page offset of `kva` included
   * @returns the msf_buf, or an errno: EINVAL for no bytes, ERANGE for too many, ENOMEM when the pool is empty
   */
  msf_create_from_buf(opt: MsfBuf | null, kva: number, bytes: number): MsfBuf | Errno {
    if (!(bytes > 0)) return EINVAL
    if ((kva % PAGE_SIZE) + bytes > XIO_INTERNAL_SIZE) return ERANGE
    const msf = this.take(opt)
    if (msf === null) return ENOMEM
    msf.kva = kva
    msf.bytes = bytes
    msf.flags |= HAS_BUF
    this.created('msf_create_from_buf')
    return msf
  }

  /**
   * Installs a page list; no mapping yet. The list stays the caller's.
   * @returns the msf_buf, or an errno: EINVAL for an empty or released list, ENOMEM when the pool is empty
   */
  msf_create_from_xio(opt: MsfBuf | null, xio: Xio): MsfBuf | Errno {
    if (xio.error !== OK || xio.npages === 0 || !(xio.bytes > 0)) return EINVAL
    const msf = this.take(opt)
    if (msf === null) return ENOMEM
    msf.xio = xio
    msf.bytes = xio.bytes
    msf.flags |= HAS_XIO
    this.created('msf_create_from_xio')
    return msf
  }

  /**
   * Makes sure that the data is mapped for the current processor; `msf.kva` is then the address of its first byte.
   * Nothing happens when the creator supplied a buffer. A mapping made here is entered on one processor at a time, as each
   * asks for it, so it sends no IPI.
   * @returns OK, EINVAL for a released msf_buf, ENOMEM when no KVA is left
   */
  msf_require_buf(msf: MsfBuf): Errno {
    const { xio } = msf
    if ((msf.flags & HAS_BUF) !== 0 && (msf.flags & OWN_BUF) === 0) return OK
    if (xio === null) return EINVAL
    this.machine.accounting.enter(Site.msf_require_buf)
    const error = msf.slot < 0 ? this.reserve(msf, xio) : OK
    if (error === OK) this.pmap.pmap_qenter2(KVA_BASE + msf.slot * PAGE_SIZE, xio.pages, xio.npages, msf.cpus)
    this.machine.accounting.leave()
    return error
  }

  /**
   * Makes sure that there is a page list, in `msf.xio`; each page of one made here is held. Nothing happens when there is one.
   * @returns OK, EINVAL for a released msf_buf, EFAULT when part of the buffer is not mapped
   */
  msf_require_xio(msf: MsfBuf): Errno {
    if ((msf.flags & HAS_XIO) !== 0) return OK
    if ((msf.flags & HAS_BUF) === 0) return EINVAL
    this.machine.accounting.enter(Site.msf_require_xio)
    const error = this.xios.xio_init_kbuf(msf.ownXio, msf.kva, msf.bytes)
    if (error === OK) {
      msf.xio = msf.ownXio
      msf.flags |= HAS_XIO | OWN_XIO
    }
    this.machine.accounting.leave()
    return error
  }

  /** Undoes what the require calls made, forgets what the creator supplied, and returns a pooled msf_buf to the pool. */
  msf_release(msf: MsfBuf): void {
    this.machine.accounting.enter(Site.msf_release)
    this.machine.charge(Site.msf_release, this.machine.cost.msfCall)
    if ((msf.flags & OWN_BUF) !== 0 && msf.xio !== null) {
      const { npages } = msf.xio
      this.pmap.pmap_qremove(KVA_BASE + msf.slot * PAGE_SIZE, npages)
      this.slots.free(msf.slot, XIO_INTERNAL_PAGES)
      this.counters.kvaUnmaps++
      this.counters.addMapped(-npages * PAGE_SIZE)
    }
    if ((msf.flags & OWN_XIO) !== 0) this.xios.xio_release(msf.ownXio)
    const pooled = (msf.flags & POOLED) !== 0
    this.msf_init(msf)
    if (pooled) this.pool.push(msf)
    this.machine.accounting.leave()
  }

  /** msf_bufs left in the pool. */
  get poolFree(): number {
    return this.pool.length
  }

  private take(opt: MsfBuf | null): MsfBuf | null {
    if (opt !== null) return opt
    const msf = this.pool.pop()
    if (msf === undefined) return null
    msf.flags = POOLED
    return msf
  }

  private created(site: SiteName): void {
    this.counters.msfCreated++
    this.machine.charge(Site[site], this.machine.cost.msfCall)
  }

  private reserve(msf: MsfBuf, xio: Xio): Errno {
    const slot = this.slots.alloc(XIO_INTERNAL_PAGES)
    if (slot < 0) return ENOMEM
    msf.slot = slot
    msf.kva = KVA_BASE + slot * PAGE_SIZE + xio.offset
    msf.flags |= HAS_BUF | OWN_BUF
    this.counters.kvaMaps++
    this.counters.addMapped(xio.npages * PAGE_SIZE)
    return OK
  }
}
