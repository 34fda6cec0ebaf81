import type { Machine } from '../../machine/machine.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import type { Errno } from '../errno.ts'
import { OK } from '../errno.ts'
import type { IoPathHooks } from '../path/io-path.ts'
import type { PageAllocator } from '../vm/page-allocator.ts'
import { domainOfCpu } from '../vm/zones.ts'
import type { XioCalls } from '../xio.ts'
import { B_CACHE, B_ERROR, B_READ, Buf, NONE } from './buf.ts'
import { BufHash } from './buf-hash.ts'
import { LruQueue } from './lru-queue.ts'
import { SleepQueue } from './sleep-queue.ts'

export interface BufferCacheParts {
  readonly machine: Machine
  readonly counters: KernelCounters
  readonly pages: PageAllocator
  readonly xios: XioCalls
  readonly path: IoPathHooks
}

/** What the cache calls above and below itself. */
export interface BufferCacheUsers {
  /** Starts a buffer's transfer at the disk. */
  strategy(buf: Buf): void
  /** A transfer that `thread` started has ended. */
  transferDone(thread: number): void
  /** A thread that slept on a buffer may try again. */
  wake(thread: number): void
}

/**
 * The buffer cache: blocks of one size, found by number, reused least recently used first. The calls have the kernel's
 * names and its locking: a buffer belongs to one thread from getblk to brelse.
 */
export class BufferCache {
  readonly bufs: readonly Buf[]
  private readonly machine: Machine
  private readonly counters: KernelCounters
  private readonly pages: PageAllocator
  private readonly xios: XioCalls
  private readonly path: IoPathHooks
  private readonly users: BufferCacheUsers
  private readonly hash: BufHash
  private readonly clean: LruQueue
  private readonly sleepers: SleepQueue[]
  private readonly nextSleeper: Int32Array
  private readonly pageList: Int32Array
  private readonly wake: (thread: number) => void

  /**
   * @param buffers number of buffers
   * @param blockBytes size of each, a multiple of the page size
   * @param threads threads that may sleep here, numbered from 0
   */
  constructor(
    parts: BufferCacheParts,
    users: BufferCacheUsers,
    buffers: number,
    blockBytes: number,
    threads: number,
  ) {
    this.machine = parts.machine
    this.counters = parts.counters
    this.pages = parts.pages
    this.xios = parts.xios
    this.path = parts.path
    this.users = users
    this.bufs = Array.from({ length: buffers }, (_, id) => new Buf(id))
    this.hash = new BufHash(this.bufs)
    this.clean = new LruQueue(this.bufs)
    for (const buf of this.bufs) this.clean.append(buf)
    this.sleepers = this.bufs.map(() => new SleepQueue())
    this.nextSleeper = new Int32Array(threads).fill(NONE)
    this.pageList = new Int32Array(blockBytes / PAGE_SIZE)
    this.wake = (thread) => users.wake(thread)
  }

  /**
   * The buffer of a block, locked for the caller; its data is valid when B_CACHE is set.
   * @returns null when another thread has it: the caller sleeps and tries again when woken
   */
  getblk(lblkno: number, thread: number): Buf | null {
    this.machine.accounting.enter(Site.getblk)
    this.machine.charge(Site.getblk, this.machine.cost.bufLookup)
    let buf = this.hash.find(lblkno)
    if (buf === null) {
      buf = this.getnewbuf(lblkno)
    } else if (buf.busy) {
      this.sleepers[buf.id]!.sleep(thread, this.nextSleeper)
      buf = null
    } else {
      this.clean.remove(buf)
      buf.busy = true
    }
    if (buf !== null) {
      if ((buf.flags & B_CACHE) !== 0) this.counters.cacheHits++
      else this.counters.cacheMisses++
    }
    this.machine.accounting.leave()
    return buf
  }

  /** Starts reading a locked buffer that is not valid; `transferDone` tells the thread when it is. */
  startRead(buf: Buf, thread: number): void {
    buf.flags = (buf.flags & ~B_ERROR) | B_READ
    this.start(buf, thread, Site.bread)
  }

  /** Starts writing a locked, fully valid buffer (bwrite); `transferDone` tells the thread when it is on the device. */
  startWrite(buf: Buf, thread: number): void {
    buf.flags = (buf.flags & ~(B_ERROR | B_READ)) | B_CACHE
    this.start(buf, thread, Site.bwrite)
  }

  /** The device finished a transfer: marks the buffer and tells its thread. */
  biodone(bufId: number, error: Errno): void {
    const buf = this.bufs[bufId]!
    this.machine.charge(Site.biodone, this.machine.cost.bufRelease)
    if (error !== OK) buf.flags |= B_ERROR
    else if ((buf.flags & B_READ) !== 0) buf.flags |= B_CACHE
    this.users.transferDone(buf.thread)
  }

  /** Unlocks a buffer and makes it the most recently used; whoever slept on it tries again. */
  brelse(buf: Buf): void {
    this.machine.charge(Site.brelse, this.machine.cost.bufRelease)
    if ((buf.flags & B_ERROR) !== 0) buf.flags &= ~B_CACHE
    buf.busy = false
    this.clean.append(buf)
    this.sleepers[buf.id]!.wakeAll(this.nextSleeper, this.wake)
  }

  /** Shows each page that the cache holds, as often as it holds it. */
  forEachHold(visit: (pfn: number) => void): void {
    for (const { lblkno, xio, msf } of this.bufs) {
      if (lblkno === NONE) continue
      for (let i = 0; i < xio.npages; i++) visit(xio.pages[i]!)
      for (let i = 0; i < msf.ownXio.npages; i++) visit(msf.ownXio.pages[i]!)
    }
  }

  private start(buf: Buf, thread: number, site: number): void {
    this.machine.accounting.enter(site)
    buf.thread = thread
    this.users.strategy(buf)
    this.machine.accounting.leave()
  }

  private getnewbuf(lblkno: number): Buf {
    this.machine.accounting.enter(Site.getnewbuf)
    this.machine.charge(Site.getnewbuf, this.machine.cost.bufRecycle)
    const buf = this.clean.first()
    if (buf === null)
      throw new SimulationFault('every buffer is locked: more threads than the cache can serve')
    this.clean.remove(buf)
    if (buf.lblkno !== NONE) this.discard(buf)
    buf.busy = true
    buf.flags = 0
    buf.lblkno = lblkno
    this.hash.insert(buf)
    this.allocbuf(buf)
    this.machine.accounting.leave()
    return buf
  }

  /** Takes a buffer's block and pages away (vfs_vmio_release). */
  private discard(buf: Buf): void {
    this.hash.remove(buf)
    this.path.reuse(buf)
    const count = buf.xio.npages
    this.pageList.set(buf.xio.pages.subarray(0, count))
    this.xios.xio_release(buf.xio)
    for (let i = 0; i < count; i++) this.pages.free(this.pageList[i]!)
  }

  /** Pages come from the NUMA domain of the processor that runs here. */
  private allocbuf(buf: Buf): void {
    this.machine.accounting.enter(Site.allocbuf)
    const count = this.pageList.length
    const domain = domainOfCpu(this.machine.cpu.id, this.machine.cpus.length, this.pages.domains)
    for (let i = 0; i < count; i++) {
      this.pageList[i] = this.pages.alloc(domain)
      if (this.pageList[i]! < 0) throw new SimulationFault('out of memory for buffer pages')
    }
    this.machine.charge(Site.vm_page_alloc, count * this.machine.cost.pageAlloc)
    this.xios.xio_init_pages(buf.xio, this.pageList, count)
    this.path.newBuffer(buf)
    this.machine.accounting.leave()
  }
}
