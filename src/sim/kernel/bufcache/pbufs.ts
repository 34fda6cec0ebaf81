import type { Machine } from '../../machine/machine.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import { OK } from '../errno.ts'
import type { IoPathHooks } from '../path/io-path.ts'
import type { KernelThreads } from '../sleep-channel.ts'
import { SleepChannel } from '../sleep-channel.ts'
import type { KvaArena } from '../vm/kva-arena.ts'
import type { PageAllocator } from '../vm/page-allocator.ts'
import type { Pmap } from '../vm/pmap.ts'
import { Buf, NOOFFSET } from './buf.ts'
import type { BufSpace } from './buf-space.ts'
import { MAXPHYS } from './limits.ts'

const PBUF_PAGES = MAXPHYS / PAGE_SIZE

/** How many pbufs one part of the kernel may have at a time (the `pfreecnt` that callers of getpbuf pass). */
export class PbufBudget {
  free: number
  /** Who sleeps for the part's own share. */
  readonly channel: SleepChannel

  constructor(free: number, threads: KernelThreads) {
    this.free = free
    this.channel = new SleepChannel(threads)
  }
}

export interface PbufsParts {
  readonly machine: Machine
  readonly counters: KernelCounters
  readonly path: IoPathHooks
  readonly threads: KernelThreads
  readonly space: BufSpace
  /** Address space of the pbufs; each that needs any takes 128 KiB. */
  readonly pagerMap: KvaArena
}

/**
 * Buffer headers for transfers that no block of a vnode stands for: clusters and physical I/O (getpbuf and its kin, vm_pager.c).
 * On a path that reserves address space each has 128 KiB of the pager map for good, in which the path maps whatever page list
 * the pbuf carries; on one that passes page lists it has none.
 */
export class Pbufs {
  readonly headers: readonly Buf[]
  private readonly parts: PbufsParts
  private readonly free: Buf[] = []
  private readonly channel: SleepChannel

  /**
   * @param nswbuf how many @param firstId number of the first, after those of all other buffers
   * @throws SimulationFault when the pager map is too small
   */
  constructor(parts: PbufsParts, nswbuf: number, firstId: number) {
    this.parts = parts
    this.channel = new SleepChannel(parts.threads)
    this.headers = Array.from({ length: nswbuf }, (_, i) => new Buf(firstId + i))
    if (parts.path.reservesKva) {
      for (const pbuf of this.headers) {
        pbuf.b_kvabase = this.takeKva()
        pbuf.b_kvasize = MAXPHYS
      }
    }
    if (parts.path.pbufMemory !== 'always') this.free.push(...this.headers.toReversed())
  }

  /** pbufs that nobody has. On a path that copies through their memory there are none before `giveMemory`. */
  get available(): number {
    return this.free.length
  }

  /**
   * Gives each pbuf 128 KiB of memory, mapped for good where every processor sees it, if the path is one that copies through
   * such memory. Call it once, at boot.
   * @throws SimulationFault when memory or the pager map is too small
   */
  giveMemory(pages: PageAllocator, pmap: Pmap): void {
    const { path, counters } = this.parts
    if (path.pbufMemory === undefined) return
    const frames = new Int32Array(PBUF_PAGES)
    for (const pbuf of this.headers) {
      for (let i = 0; i < PBUF_PAGES; i++) frames[i] = pages.alloc()
      if (frames.includes(-1)) throw new SimulationFault('out of memory for the pbufs')
      pbuf.memory = this.takeKva()
      pmap.enterEverywhere(pbuf.memory, frames, PBUF_PAGES, 0)
      counters.addMapped(MAXPHYS)
    }
    if (path.pbufMemory === 'always') this.free.push(...this.headers.toReversed())
  }

  /**
   * A pbuf without content or page list. The caller begins anew when woken.
   * @param budget of the caller's part of the kernel; null: it has no limit of its own
   * @returns null: asleep, "wswbuf0" while the budget is used up, "wswbuf1" while no pbuf is left
   */
  getpbuf(budget: PbufBudget | null): Buf | null {
    const pbuf = this.trypbuf(budget)
    if (pbuf !== null) return pbuf
    const { counters, space } = this.parts
    const own = budget !== null && budget.free === 0
    counters.pbufWaits++
    space.note(own ? 'wswbuf0' : 'wswbuf1')
    ;(own ? budget.channel : this.channel).sleep(false)
    return null
  }

  /** getpbuf without a sleep. @returns null when none can be had now */
  trypbuf(budget: PbufBudget | null): Buf | null {
    const { machine } = this.parts
    machine.charge(Site.getpbuf, machine.cost.bufRelease)
    if (budget !== null && budget.free === 0) return null
    const pbuf = this.free.pop()
    if (pbuf === undefined) return null
    if (budget !== null) budget.free--
    initpbuf(pbuf)
    return pbuf
  }

  /** Gives a pbuf back, whose page list is empty. @param budget that it was taken with */
  relpbuf(pbuf: Buf, budget: PbufBudget | null): void {
    pbuf.locked = false
    this.free.push(pbuf)
    this.channel.wakeup()
    if (budget !== null && ++budget.free === 1) budget.channel.wakeup()
  }

  private takeKva(): number {
    const first = this.parts.pagerMap.alloc(PBUF_PAGES)
    if (first < 0) throw new SimulationFault('no address space for the pbufs')
    return first
  }
}

function initpbuf(pbuf: Buf): void {
  pbuf.locked = true
  pbuf.b_flags = 0
  pbuf.b_lblkno = 0
  pbuf.b_blkno = 0
  pbuf.b_offset = NOOFFSET
  pbuf.b_bcount = 0
  pbuf.b_bufsize = 0
  pbuf.b_resid = 0
  pbuf.b_error = OK
  pbuf.b_iodone = null
  pbuf.failedWrites = 0
  pbuf.clusterHead = null
  pbuf.clusterTail = null
}
