import { CpuMask } from '../../machine/cpu-mask.ts'
import type { Machine } from '../../machine/machine.ts'
import { KVA_BASE } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { Site } from '../call-sites.ts'
import { IndexQueue } from '../index-queue.ts'
import type { CallReason, KernelThreads } from '../sleep-channel.ts'
import { AFTER_SIGNAL, FIRST_CALL, INTERRUPTED, SleepChannel } from '../sleep-channel.ts'
import { PageHash } from '../vm/page-hash.ts'
import type { Pmap } from '../vm/pmap.ts'
import { watchPool } from '../watch-pool.ts'
import type { PageWindow } from './page-window.ts'

/** The caller uses the mapping on its own processor only. */
export const SFBA_QUICK = 1
/** A signal may end the sleep for a free descriptor. */
export const SFBA_PCATCH = 4

const NONE = -1

export interface SfBufOptions {
  /** First page of the pool's KVA, one page for each descriptor. */
  readonly firstPage: number
  /** Descriptors (kern.ipc.nsfbufs). */
  readonly count: number
  /** debug.sfbuf_quick: off, SFBA_QUICK means nothing. */
  readonly quick: boolean
}

/**
 * DragonFly's sf_buf of December 2004 (kern_sfbuf.c): a cache of one-page mappings, by page. A mapping outlives its last
 * user, on a free list in the order of release. Taking one up again does not take it off that list; only a search for a
 * free descriptor that comes past does (lazy removal), so that list and counter include descriptors in use.
 */
export class SfBufs2004 implements PageWindow {
  readonly freeList: IndexQueue
  readonly channel: SleepChannel
  private readonly machine: Machine
  private readonly pmap: Pmap
  private readonly options: SfBufOptions
  private readonly firstKva: number
  private readonly hash: PageHash
  private readonly pages: Int32Array
  private readonly refs: Int32Array
  private readonly masks: readonly CpuMask[]

  /** @throws SimulationFault for more processors than a cpumask of i386 has bits */
  constructor(machine: Machine, pmap: Pmap, threads: KernelThreads, options: SfBufOptions) {
    if (machine.cpus.length > 32)
      throw new SimulationFault('sf_bufs of DragonFly 2004 know at most 32 processors')
    this.machine = machine
    this.pmap = pmap
    this.options = options
    this.firstKva = KVA_BASE + options.firstPage * PAGE_SIZE
    this.channel = new SleepChannel(threads)
    this.freeList = new IndexQueue(options.count)
    this.hash = new PageHash(options.count)
    this.pages = new Int32Array(options.count).fill(NONE)
    this.refs = new Int32Array(options.count)
    this.masks = Array.from({ length: options.count }, () => new CpuMask())
    for (let sf = 0; sf < options.count; sf++) this.freeList.append(sf)
    if (machine.sanitizer === null) return
    const { firstPage, count } = options
    const refsOf = (sf: number): number => this.refsOf(sf)
    watchPool(machine.sanitizer, { name: 'sf_buf', firstPage, pagesEach: 1, count, refsOf })
  }

  /**
   * Maps a page.
   * @param flags SFBA_QUICK, SFBA_PCATCH
   * @returns the descriptor, WOULD_BLOCK, or INTERRUPTED where the kernel returns NULL
   */
  sf_buf_alloc(pfn: number, flags: number, reason: CallReason = FIRST_CALL): number {
    this.machine.accounting.enter(Site.sf_buf_alloc)
    this.machine.charge(Site.sf_buf_alloc, this.machine.cost.msfCall)
    const quick = (flags & SFBA_QUICK) !== 0 && this.options.quick
    let sf = reason === FIRST_CALL ? this.search(pfn) : NONE
    if (sf !== NONE) {
      this.refs[sf] = this.refs[sf]! + 1
      this.sync(sf, quick)
    } else {
      sf = this.takeFree((flags & SFBA_PCATCH) !== 0, reason)
      if (sf >= 0) this.assign(sf, pfn, quick)
    }
    if (sf >= 0) this.machine.sanitizer?.mappingTaken(this.options.firstPage + sf, this.pages, sf, 1)
    this.machine.accounting.leave()
    return sf
  }

  /** Drops one use. The mapping stays. */
  sf_buf_free(sf: number): void {
    const refs = this.refs[sf]!
    if (refs === 0) throw new SimulationFault(`sf_buf_free: sf_buf ${sf} is free`)
    this.machine.charge(Site.sf_buf_free, this.machine.cost.msfCall)
    this.refs[sf] = refs - 1
    if (refs > 1 || this.freeList.has(sf)) return
    this.freeList.append(sf)
    this.channel.wakeupOne()
  }

  /** Kernel address of the descriptor's page. */
  sf_buf_kva(sf: number): number {
    return this.firstKva + sf * PAGE_SIZE
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
    return this.sf_buf_alloc(pfn, SFBA_QUICK)
  }

  address(handle: number): number {
    return this.sf_buf_kva(handle)
  }

  close(handle: number): void {
    this.sf_buf_free(handle)
  }

  private search(pfn: number): number {
    let sf = this.hash.first(this.hash.chainOfPointer(pfn))
    while (sf !== NONE && this.pages[sf] !== pfn) sf = this.hash.after(sf)
    return sf
  }

  private takeFree(interruptible: boolean, reason: CallReason): number {
    if (reason !== FIRST_CALL) this.channel.resume()
    if (reason === AFTER_SIGNAL && interruptible) return INTERRUPTED
    for (;;) {
      const sf = this.freeList.first
      if (sf === NONE) return this.channel.sleep(interruptible)
      this.freeList.remove(sf)
      if (this.refs[sf] === 0) return sf
    }
  }

  private assign(sf: number, pfn: number, quick: boolean): void {
    const mask = this.masks[sf]!
    if (this.pages[sf] !== NONE) this.hash.remove(sf)
    this.hash.insert(this.hash.chainOfPointer(pfn), sf)
    this.pages[sf] = pfn
    this.refs[sf] = 1
    if (quick) {
      this.pmap.pmap_kenter_quick(this.sf_buf_kva(sf), pfn)
      mask.clear()
      mask.add(this.machine.cpu.id)
    } else {
      this.pmap.pmap_kenter(this.sf_buf_kva(sf), pfn)
      mask.fill()
    }
  }

  /** Makes a mapping that is there already good for the caller. */
  private sync(sf: number, quick: boolean): void {
    const mask = this.masks[sf]!
    if (!quick) {
      if (mask.isFull) return
      this.pmap.pmap_kenter_sync(this.sf_buf_kva(sf))
      mask.fill()
    } else if (!mask.has(this.machine.cpu.id)) {
      this.pmap.pmap_kenter_sync_quick(this.sf_buf_kva(sf))
      mask.add(this.machine.cpu.id)
    }
  }
}
