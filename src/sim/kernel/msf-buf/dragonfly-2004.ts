import { CpuMask } from '../../machine/cpu-mask.ts'
import type { Machine } from '../../machine/machine.ts'
import { KVA_BASE } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { Site } from '../call-sites.ts'
import { EINVAL } from '../errno.ts'
import { IndexQueue } from '../index-queue.ts'
import { SFBA_PCATCH, SFBA_QUICK } from '../sf-buf/dragonfly-2004.ts'
import type { CallReason, KernelThreads } from '../sleep-channel.ts'
import { AFTER_SIGNAL, FIRST_CALL, INTERRUPTED, SleepChannel } from '../sleep-channel.ts'
import { PageHash } from '../vm/page-hash.ts'
import type { Pmap } from '../vm/pmap.ts'
import { watchPool } from '../watch-pool.ts'
import { XIO_INTERNAL_PAGES } from '../xio.ts'

const NONE = -1

/**
 * The first msf_buf (DragonFly, June 2004 to March 2005, kern_msfbuf.c): a cache of mappings of up to 32 pages, found by
 * their page lists. Callers that map the same pages share one msf_buf, and even a mapping that is found is entered again.
 * Each msf_buf owns 128 KiB of KVA for good; the pages are not held.
 */
export class MsfBufs2004 {
  readonly freeList: IndexQueue
  readonly channel: SleepChannel
  private readonly machine: Machine
  private readonly pmap: Pmap
  private readonly firstPage: number
  private readonly hash: PageHash
  /** Page list of each msf_buf, XIO_INTERNAL_PAGES apart. */
  private readonly pages: Int32Array
  private readonly npages: Uint8Array
  private readonly refs: Int32Array
  private readonly masks: readonly CpuMask[]

  /** @param firstPage first page of the pool's KVA, which has 32 pages for each of `count` msf_bufs (kern.ipc.msfbufs) */
  constructor(machine: Machine, pmap: Pmap, threads: KernelThreads, firstPage: number, count: number) {
    this.machine = machine
    this.pmap = pmap
    this.firstPage = firstPage
    this.channel = new SleepChannel(threads)
    this.freeList = new IndexQueue(count)
    this.hash = new PageHash(count)
    this.pages = new Int32Array(count * XIO_INTERNAL_PAGES).fill(NONE)
    this.npages = new Uint8Array(count)
    this.refs = new Int32Array(count)
    this.masks = Array.from({ length: count }, () => new CpuMask())
    for (let msf = 0; msf < count; msf++) this.freeList.append(msf)
    if (machine.sanitizer === null) return
    const refsOf = (msf: number): number => this.refsOf(msf)
    watchPool(machine.sanitizer, { name: 'msf_buf', firstPage, pagesEach: XIO_INTERNAL_PAGES, count, refsOf })
  }

  /**
   * Maps the first `count` of `pages`, 1 to 32.
   * @param flags SFBA_QUICK: for the current processor only; SFBA_PCATCH: a signal may end the sleep
   * @returns the msf_buf; WOULD_BLOCK; INTERRUPTED, where the kernel returns NULL; or -EINVAL for another count, which the
   * kernel's assertion lets through above 32 pages, because it compares pages with a number of bytes
   */
  msf_buf_alloc(pages: Int32Array, count: number, flags: number, reason: CallReason = FIRST_CALL): number {
    if (count < 1 || count > XIO_INTERNAL_PAGES) return -EINVAL
    this.machine.accounting.enter(Site.msf_buf_alloc)
    this.machine.charge(Site.msf_buf_alloc, this.machine.cost.msfCall)
    let msf = reason === FIRST_CALL ? this.search(pages, count) : NONE
    if (msf !== NONE) {
      if (this.freeList.has(msf)) this.freeList.remove(msf)
    } else {
      msf = this.takeFree((flags & SFBA_PCATCH) !== 0, reason)
      if (msf >= 0) this.assign(msf, pages, count)
    }
    if (msf >= 0) {
      this.refs[msf] = this.refs[msf]! + 1
      this.enterPages(msf, flags)
    }
    this.machine.accounting.leave()
    return msf
  }

  /** Drops one use. The mapping stays, for the next caller with the same pages. */
  msf_buf_free(msf: number): void {
    const refs = this.refs[msf]!
    if (refs === 0) throw new SimulationFault(`msf_buf_free: msf_buf ${msf} is free`)
    this.machine.charge(Site.msf_buf_free, this.machine.cost.msfCall)
    this.refs[msf] = refs - 1
    if (refs > 1) return
    this.freeList.append(msf)
    this.channel.wakeupOne()
  }

  /** Address of the first mapped page. */
  msf_buf_kva(msf: number): number {
    return KVA_BASE + (this.firstPage + msf * XIO_INTERNAL_PAGES) * PAGE_SIZE
  }

  msf_buf_bytes(msf: number): number {
    return this.npages[msf]! * PAGE_SIZE
  }

  refsOf(msf: number): number {
    return this.refs[msf]!
  }

  /** Processors that see the mapping as it is. */
  cpusOf(msf: number): CpuMask {
    return this.masks[msf]!
  }

  private search(pages: Int32Array, count: number): number {
    let msf = this.hash.first(this.hash.chainOfPointer(pages[0]!))
    while (msf !== NONE && !this.maps(msf, pages, count)) msf = this.hash.after(msf)
    return msf
  }

  private maps(msf: number, pages: Int32Array, count: number): boolean {
    if (this.npages[msf] !== count) return false
    const first = msf * XIO_INTERNAL_PAGES
    for (let i = count - 1; i >= 0; i--) if (this.pages[first + i] !== pages[i]) return false
    return true
  }

  private takeFree(interruptible: boolean, reason: CallReason): number {
    if (reason !== FIRST_CALL) this.channel.resume()
    if (reason === AFTER_SIGNAL && interruptible) return INTERRUPTED
    const msf = this.freeList.first
    if (msf === NONE) return this.channel.sleep(interruptible)
    this.freeList.remove(msf)
    return msf
  }

  private assign(msf: number, pages: Int32Array, count: number): void {
    const first = msf * XIO_INTERNAL_PAGES
    if (this.pages[first] !== NONE) this.hash.remove(msf)
    this.hash.insert(this.hash.chainOfPointer(pages[0]!), msf)
    for (let i = 0; i < count; i++) this.pages[first + i] = pages[i]!
    this.npages[msf] = count
  }

  private enterPages(msf: number, flags: number): void {
    const kva = this.msf_buf_kva(msf)
    const first = msf * XIO_INTERNAL_PAGES
    const count = this.npages[msf]!
    this.machine.sanitizer?.mappingTaken(this.firstPage + first, this.pages, first, count)
    if ((flags & SFBA_QUICK) !== 0) {
      this.pmap.pmap_qenter2(kva, this.pages, count, this.masks[msf]!, first)
    } else {
      this.pmap.pmap_qenter(kva, this.pages, count, first)
      this.masks[msf]!.fill()
    }
  }
}
