import type { Machine } from '../../machine/machine.ts'
import { KVA_BASE } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import type { SiteName } from '../call-sites.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import type { Errno } from '../errno.ts'
import { EBUSY, EINPROGRESS, EINTR, EINVAL, ENOMEM, ERANGE, EWOULDBLOCK, OK } from '../errno.ts'
import { noteMsf } from '../history-events.ts'
import type { CallReason, KernelThreads } from '../sleep-channel.ts'
import { AFTER_SIGNAL, FIRST_CALL, SleepChannel } from '../sleep-channel.ts'
import type { Pmap } from '../vm/pmap.ts'
import type { XioCalls } from '../xio.ts'
import type { Xio } from '../xio.ts'
import { XIO_INTERNAL_SIZE } from '../xio.ts'
import type { DmaBindings } from './dma-binding.ts'
import type { KvaSlots } from './kva-slots.ts'
import { HAS_BUF, HAS_XIO, MsfBuf, OWN_BUF, OWN_XIO, POOLED } from './msf-buf.ts'
import { MSF_CREATED, MSF_MAPPED, MSF_PASSED, MSF_RECREATED, MSF_TRANSLATED } from './msf-counts.ts'

/** May the caller sleep for a pooled msf_buf, or for KVA? */
export const MSF_NOWAIT = 0
export const MSF_WAITOK = 1
/** Sleep, and give up for a signal (PCATCH). */
export const MSF_CATCH = 2
export type MsfWait = typeof MSF_NOWAIT | typeof MSF_WAITOK | typeof MSF_CATCH

export interface MsfBufParts {
  readonly machine: Machine
  readonly pmap: Pmap
  readonly xios: XioCalls
  /** KVA of the mappings that msf_require_buf makes: slots of 32 pages. */
  readonly slots: KvaSlots
  readonly counters: KernelCounters
  /** Who may sleep; null for a kernel in which nobody may. */
  readonly threads: KernelThreads | null
  /** Where msf_release ends loads; null for a kernel without BUSDMA. */
  readonly bindings: DmaBindings | null
}

/**
 * The msf_buf calls of Matthew Dillon's post "I/O consolidation and direct-to-DMA" (DragonFly, December 2004). They were
 * never committed there; the meanings are those of docs/msf_buf.md. A failed call leaves everything as it was. The calls
 * that go beyond the post are in sources.ts, copy.ts and dma.ts.
 */
export class MsfBufCalls {
  private readonly machine: Machine
  private readonly pmap: Pmap
  private readonly xios: XioCalls
  private readonly slots: KvaSlots
  readonly counters: KernelCounters
  private readonly bindings: DmaBindings | null
  private readonly pool: MsfBuf[]
  private readonly poolChannel: SleepChannel | null
  private readonly slotChannel: SleepChannel | null
  readonly poolSize: number

  /** @param poolSize msf_bufs for callers that bring none */
  constructor(parts: MsfBufParts, poolSize: number) {
    this.machine = parts.machine
    this.pmap = parts.pmap
    this.xios = parts.xios
    this.slots = parts.slots
    this.counters = parts.counters
    this.bindings = parts.bindings
    this.poolSize = poolSize
    this.pool = Array.from({ length: poolSize }, () => new MsfBuf())
    this.poolChannel = parts.threads === null ? null : new SleepChannel(parts.threads)
    this.slotChannel = parts.threads === null ? null : new SleepChannel(parts.threads)
  }

  /** msf_bufs left in the pool. */
  get poolFree(): number {
    return this.pool.length
  }

  /** Zeroes a caller's msf_buf before its first use. */
  msf_init(msf: MsfBuf): void {
    msf.flags = 0
    msf.kva = 0
    msf.bytes = 0
    msf.xio = null
    // Processors are noted for a slot only.
    if (msf.slot >= 0) msf.cpus.clear()
    msf.slot = -1
    msf.mappedPages = 0
    msf.dma = null
  }

  /**
   * Installs a mapped kernel buffer; no page list yet.
   * @param opt the caller's msf_buf, or null for one from the pool
   * @param bytes 1 to 128 KiB, page offset of `kva` included
   * @param wait what to do when the pool is empty
   * @returns the msf_buf, or an errno: EINVAL for no bytes, ERANGE for too many, EBUSY when `opt` is in use, ENOMEM when the
   * pool is empty, EWOULDBLOCK: asleep for one, call again when woken; EINTR
   */
  msf_create_from_buf(
    opt: MsfBuf | null,
    kva: number,
    bytes: number,
    wait: MsfWait = MSF_NOWAIT,
    reason: CallReason = FIRST_CALL,
  ): MsfBuf | Errno {
    if (!(bytes > 0)) return EINVAL
    if ((kva % PAGE_SIZE) + bytes > XIO_INTERNAL_SIZE) return ERANGE
    const msf = this.take(opt, wait, reason)
    if (typeof msf === 'number') return msf
    msf.kva = kva
    msf.bytes = bytes
    msf.flags |= HAS_BUF
    this.created(msf, 'msf_create_from_buf')
    return msf
  }

  /**
   * Installs a page list; no mapping yet. The list stays the caller's, who keeps it as it is until msf_release.
   * @returns as msf_create_from_buf; EINVAL for an empty or released list
   */
  msf_create_from_xio(
    opt: MsfBuf | null,
    xio: Xio,
    wait: MsfWait = MSF_NOWAIT,
    reason: CallReason = FIRST_CALL,
  ): MsfBuf | Errno {
    if (xio.error !== OK || xio.npages === 0 || !(xio.bytes > 0)) return EINVAL
    const msf = this.take(opt, wait, reason)
    if (typeof msf === 'number') return msf
    msf.xio = xio
    msf.bytes = xio.bytes
    msf.flags |= HAS_XIO
    this.created(msf, 'msf_create_from_xio')
    return msf
  }

  /**
   * Makes sure that the data is mapped for the current processor; `msf.kva` is then the address of its first byte.
   * Nothing happens when the creator supplied a buffer. A mapping made here is entered on one processor at a time, as each
   * asks for it, so it sends no IPI; a processor that did not ask may not use it.
   * @param wait what to do when no KVA is left
   * @returns OK, EINVAL for a released msf_buf, ENOMEM when no KVA is left, EWOULDBLOCK: asleep for some, call again when
   * woken; EINTR
   */
  msf_require_buf(msf: MsfBuf, wait: MsfWait = MSF_NOWAIT, reason: CallReason = FIRST_CALL): Errno {
    const { xio } = msf
    if ((msf.flags & HAS_BUF) !== 0 && (msf.flags & OWN_BUF) === 0) return OK
    if (xio === null) return EINVAL
    const before = msf.flags
    this.machine.accounting.enter(Site.msf_require_buf)
    const error = msf.slot < 0 ? this.reserve(msf, xio, wait, reason) : OK
    if (error === OK) {
      this.pmap.enterPagesHere(msf.slot, xio.pages, xio.npages, msf.cpus, 0)
      if (this.machine.history !== null) noteMsf(this.machine.history, 'msf mapped', msf, before)
    }
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
      if (this.machine.history !== null)
        noteMsf(this.machine.history, 'msf listed', msf, msf.flags & ~(HAS_XIO | OWN_XIO))
      this.counters.msf.count(MSF_TRANSLATED, msf.owner)
    }
    this.machine.accounting.leave()
    return error
  }

  /**
   * Undoes, in reverse, what the calls on this msf_buf made; forgets what the creator supplied; returns a pooled msf_buf to
   * the pool and wakes who sleeps for one. A mapping made here is taken out of the page table and no processor is told: the
   * next user of the slot enters it anew on each processor that asks.
   * @returns OK, or EBUSY while a load waits for bounce pages; then nothing has happened
   */
  msf_release(msf: MsfBuf): Errno {
    if (msf.dma !== null && msf.dma.state === EINPROGRESS) return EBUSY
    const { accounting } = this.machine
    const { flags } = msf
    accounting.enter(Site.msf_release)
    this.machine.charge(Site.msf_release, this.machine.cost.msfCall)
    if (msf.dma !== null || (flags & (OWN_BUF | OWN_XIO)) !== 0) this.undo(msf)
    this.msf_init(msf)
    if (this.machine.history !== null) noteMsf(this.machine.history, 'msf released', msf, flags)
    if ((flags & POOLED) !== 0) this.giveBack(msf)
    accounting.leave()
    return OK
  }

  /** For the create calls beside the post's: an msf_buf to fill in. @returns it, or an errno as msf_create_from_buf */
  take(opt: MsfBuf | null, wait: MsfWait, reason: CallReason): MsfBuf | Errno {
    if (opt !== null) return opt.isFree ? opt : EBUSY
    if (reason === AFTER_SIGNAL && wait === MSF_CATCH) {
      this.poolChannel?.resume()
      return EINTR
    }
    const msf = this.pool.pop()
    if (msf === undefined) return sleepOn(this.poolChannel, wait)
    msf.flags = POOLED
    return msf
  }

  /** Gives back what `take` gave for nothing. */
  untake(msf: MsfBuf): void {
    if ((msf.flags & POOLED) === 0) return
    msf.flags = 0
    this.giveBack(msf)
  }

  /** Counts and charges the making of an msf_buf. */
  created(msf: MsfBuf, site: SiteName): void {
    this.counters.msf.count(MSF_CREATED, msf.owner)
    this.machine.charge(Site[site], this.machine.cost.msfCall)
    if (this.machine.history !== null) noteMsf(this.machine.history, 'msf created', msf, 0)
  }

  /** Counts an msf_buf that a layer made of what the layer above had. */
  recreated(msf: MsfBuf): void {
    this.counters.msf.count(MSF_RECREATED, msf.owner)
    if (this.machine.history !== null) noteMsf(this.machine.history, 'msf recreated', msf, msf.flags)
  }

  /** Counts an msf_buf that one layer handed to the next as it is. @param owner the layer that counts it: see MsfOwner */
  passed(msf: MsfBuf, owner: number): void {
    this.counters.msf.count(MSF_PASSED, owner)
    if (this.machine.history !== null) noteMsf(this.machine.history, 'msf passed', msf, msf.flags)
  }

  private reserve(msf: MsfBuf, xio: Xio, wait: MsfWait, reason: CallReason): Errno {
    if (reason === AFTER_SIGNAL && wait === MSF_CATCH) {
      this.slotChannel?.resume()
      return EINTR
    }
    const slot = this.slots.take()
    if (slot < 0) return sleepOn(this.slotChannel, wait)
    msf.slot = slot
    msf.mappedPages = xio.npages
    msf.kva = KVA_BASE + slot * PAGE_SIZE + xio.offset
    msf.flags |= HAS_BUF | OWN_BUF
    this.counters.kvaMaps++
    this.counters.msf.count(MSF_MAPPED, msf.owner)
    this.counters.addMapped(xio.npages * PAGE_SIZE)
    this.machine.sanitizer?.mappingTaken(slot, xio.pages, 0, xio.npages)
    return OK
  }

  /** Undoes what the calls made. */
  private undo(msf: MsfBuf): void {
    if (msf.dma !== null) this.bindings?.release(msf.dma)
    if ((msf.flags & OWN_BUF) !== 0) this.unmap(msf)
    if ((msf.flags & OWN_XIO) !== 0) this.xios.xio_release(msf.ownXio)
  }

  private giveBack(msf: MsfBuf): void {
    this.pool.push(msf)
    this.poolChannel?.wakeupOne()
  }

  private unmap(msf: MsfBuf): void {
    this.pmap.pmap_qremove_noinval(KVA_BASE + msf.slot * PAGE_SIZE, msf.mappedPages)
    this.slots.give(msf.slot)
    this.counters.kvaUnmaps++
    this.counters.addMapped(-msf.mappedPages * PAGE_SIZE)
    this.slotChannel?.wakeupOne()
  }
}

function sleepOn(channel: SleepChannel | null, wait: MsfWait): Errno {
  if (wait === MSF_NOWAIT || channel === null) return ENOMEM
  channel.sleep(wait === MSF_CATCH)
  return EWOULDBLOCK
}
