import { CpuMask } from '../../machine/cpu-mask.ts'
import type { Machine } from '../../machine/machine.ts'
import { KVA_BASE, PG_A, PG_V } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { Site } from '../call-sites.ts'
import { ENOMEM } from '../errno.ts'
import { IndexQueue } from '../index-queue.ts'
import type { CallReason, KernelThreads } from '../sleep-channel.ts'
import { AFTER_SIGNAL, FIRST_CALL, INTERRUPTED, SleepChannel } from '../sleep-channel.ts'
import { PageHash } from '../vm/page-hash.ts'
import type { Pmap } from '../vm/pmap.ts'
import { watchPool } from '../watch-pool.ts'
import type { PageWindow } from './page-window.ts'

/** A signal may end the sleep for a free descriptor. */
export const SFB_CATCH = 1
/** The caller is pinned to its processor and uses the mapping there only. */
export const SFB_CPUPRIVATE = 2
/** Fail rather than sleep. */
export const SFB_NOWAIT = 4

const NONE = -1

/**
 * FreeBSD's sf_buf where there is no direct map (subr_sfbuf.c, i386 vm_machdep.c). A mapping outlives its last user, as in
 * DragonFly, but taking it up again takes it off the free list. A new mapping is invalidated only where the old one can be
 * in a TLB: nowhere when the old entry was never accessed. The others get one IPI for just the processors that miss it.
 */
export class FreeBsdSfBufs implements PageWindow {
  readonly freeList: IndexQueue
  readonly channel: SleepChannel
  private readonly machine: Machine
  private readonly pmap: Pmap
  private readonly firstPage: number
  private readonly hash: PageHash
  private readonly pages: Int32Array
  private readonly refs: Int32Array
  private readonly masks: readonly CpuMask[]
  private readonly missing = new CpuMask()
  /** Of a call, under the pool's lock (sf_buf_lock), which nobody else wants. */
  private readonly callNs: number

  /** @param firstPage first page of the pool's KVA, which has one page for each of `count` descriptors */
  constructor(machine: Machine, pmap: Pmap, threads: KernelThreads, firstPage: number, count: number) {
    this.machine = machine
    this.pmap = pmap
    this.firstPage = firstPage
    this.callNs = machine.cost.msfCall + machine.cost.lockUncontended
    this.channel = new SleepChannel(threads)
    this.freeList = new IndexQueue(count)
    this.hash = new PageHash(count)
    this.pages = new Int32Array(count).fill(NONE)
    this.refs = new Int32Array(count)
    this.masks = Array.from({ length: count }, () => new CpuMask())
    for (let sf = 0; sf < count; sf++) {
      this.masks[sf]!.fill()
      this.freeList.append(sf)
    }
    if (machine.sanitizer === null) return
    const refsOf = (sf: number): number => this.refsOf(sf)
    watchPool(machine.sanitizer, { name: 'sf_buf', firstPage, pagesEach: 1, count, refsOf })
  }

  /**
   * Maps a page.
   * @param flags SFB_CATCH, SFB_CPUPRIVATE, SFB_NOWAIT
   * @returns the descriptor; WOULD_BLOCK; or, where the kernel returns NULL, INTERRUPTED or -ENOMEM (SFB_NOWAIT)
   */
  sf_buf_alloc(pfn: number, flags: number, reason: CallReason = FIRST_CALL): number {
    this.machine.accounting.enter(Site.sf_buf_alloc)
    this.machine.charge(Site.sf_buf_alloc, this.callNs)
    let sf = reason === FIRST_CALL ? this.search(pfn) : NONE
    if (sf !== NONE) {
      const refs = this.refs[sf]!
      this.refs[sf] = refs + 1
      if (refs === 0) this.freeList.remove(sf)
      this.shootDown(sf, flags)
    } else {
      sf = this.takeFree(flags, reason)
      if (sf >= 0) this.assign(sf, pfn, flags)
    }
    if (sf >= 0) this.machine.sanitizer?.mappingTaken(this.firstPage + sf, this.pages, sf, 1)
    this.machine.accounting.leave()
    return sf
  }

  /** Drops one use. The mapping stays; everybody who waits for a descriptor is woken. */
  sf_buf_free(sf: number): void {
    const refs = this.refs[sf]!
    if (refs === 0) throw new SimulationFault(`sf_buf_free: sf_buf ${sf} is free`)
    this.machine.charge(Site.sf_buf_free, this.callNs)
    this.refs[sf] = refs - 1
    if (refs > 1) return
    this.freeList.append(sf)
    this.channel.wakeup()
  }

  /** Kernel address of the descriptor's page. */
  sf_buf_kva(sf: number): number {
    return KVA_BASE + (this.firstPage + sf) * PAGE_SIZE
  }

  /** The page that a descriptor maps, or -1 before its first use. */
  sf_buf_page(sf: number): number {
    return this.pages[sf]!
  }

  refsOf(sf: number): number {
    return this.refs[sf]!
  }

  /** Processors that see the descriptor's mapping as it is. */
  cpusOf(sf: number): CpuMask {
    return this.masks[sf]!
  }

  open(pfn: number): number {
    return this.sf_buf_alloc(pfn, SFB_CPUPRIVATE)
  }

  address(handle: number): number {
    return this.sf_buf_kva(handle)
  }

  close(handle: number): void {
    this.sf_buf_free(handle)
  }

  private search(pfn: number): number {
    let sf = this.hash.first(this.hash.chainOfIndex(pfn))
    while (sf !== NONE && this.pages[sf] !== pfn) sf = this.hash.after(sf)
    return sf
  }

  private takeFree(flags: number, reason: CallReason): number {
    const interruptible = (flags & SFB_CATCH) !== 0
    if (reason !== FIRST_CALL) this.channel.resume()
    if (reason === AFTER_SIGNAL && interruptible) return INTERRUPTED
    const sf = this.freeList.first
    if (sf === NONE) return (flags & SFB_NOWAIT) !== 0 ? -ENOMEM : this.channel.sleep(interruptible)
    this.freeList.remove(sf)
    return sf
  }

  private assign(sf: number, pfn: number, flags: number): void {
    if (this.pages[sf] !== NONE) this.hash.remove(sf)
    this.hash.insert(this.hash.chainOfIndex(pfn), sf)
    this.pages[sf] = pfn
    this.refs[sf] = 1
    const before = this.pmap.pmap_store(this.sf_buf_kva(sf), pfn)
    if ((before & (PG_V | PG_A)) === (PG_V | PG_A)) this.masks[sf]!.clear()
    this.shootDown(sf, flags)
  }

  private shootDown(sf: number, flags: number): void {
    const mask = this.masks[sf]!
    const { cpu, cpus } = this.machine
    if (!mask.has(cpu.id)) {
      mask.add(cpu.id)
      this.pmap.pmap_kenter_sync_quick(this.sf_buf_kva(sf))
    }
    if ((flags & SFB_CPUPRIVATE) !== 0) return
    this.missing.clear()
    for (let id = 0; id < cpus.length; id++) {
      if (mask.has(id)) continue
      this.missing.add(id)
      mask.add(id)
    }
    this.pmap.smp_masked_invlpg(this.missing, this.sf_buf_kva(sf))
  }
}
