import { Random } from '../../../../src/sim/engine/random.ts'
import { MsfBufs2004 } from '../../../../src/sim/kernel/msf-buf/dragonfly-2004.ts'
import { MsfBufs2005 } from '../../../../src/sim/kernel/msf-buf/dragonfly-2005.ts'
import { SfBufs2004 } from '../../../../src/sim/kernel/sf-buf/dragonfly-2004.ts'
import { FreeBsdSfBufs } from '../../../../src/sim/kernel/sf-buf/freebsd.ts'
import { I386LwBufs } from '../../../../src/sim/kernel/sf-buf/lwbuf-i386.ts'
import { KernelThreads } from '../../../../src/sim/kernel/sleep-channel.ts'
import { CopyCalls } from '../../../../src/sim/kernel/vm/copy-calls.ts'
import { FirstFitArena } from '../../../../src/sim/kernel/vm/first-fit-arena.ts'
import { UserSpace } from '../../../../src/sim/kernel/vm/user-space.ts'
import { DMAP_BASE } from '../../../../src/sim/machine/page-table.ts'
import { PAGE_SIZE } from '../../../../src/sim/machine/page.ts'
import { KernelBench } from '../kernel-bench.ts'
import { PageModel } from './page-model.ts'
import type { View } from './view.ts'

/** Descriptors of each pool, few enough to run out. */
export const SF_BUFS = 5
export const MSF_BUFS = 3
export const LWBUFS_AT_BOOT = 3
const BUFFER_PAGES = 128
const LWBUF_PAGES = 48

/** Pages of user space, and where in it the scratch pages are. */
export const USER_PAGES = 64
export const USER_SCRATCH = 56
const SCRATCH_PAGES = 6

const MOST_PAGES = 40
/** Choices of pages that are remembered. */
const EARLIER = 6

/** A kernel with every kind of descriptor, the pages that belong to somebody, and what they must contain. */
export class World {
  readonly random: Random
  readonly bench: KernelBench
  readonly copies: CopyCalls
  readonly space: UserSpace
  readonly sfs: SfBufs2004
  readonly freeBsd: FreeBsdSfBufs
  readonly lwbufs: I386LwBufs
  readonly msfs2004: MsfBufs2004
  readonly msfs2005: MsfBufs2005
  /**
   * Pages of every mapping by the msf_bufs of 2004 and 2005, where some are private; null where none is, and lengths differ.
   * Both at once go wrong in these kernels, as private-lengths.test.ts shows.
   */
  readonly onlyLength: number | null
  /** KVA of buffers that are mapped with the pmap calls; user pages are handed out the same way. */
  readonly buffers = new FirstFitArena(1, BUFFER_PAGES)
  readonly userPages = new FirstFitArena(0, USER_SCRATCH)
  readonly model = new PageModel()
  readonly views: View[] = []
  /** Pages on loan from the allocator. */
  readonly owned: number[] = []
  /** Pages freed while a list still held them. */
  readonly limbo = new Set<number>()
  /** Kernel address (direct map) of pages in a row, for copies of the test itself; the user has them too. */
  readonly scratch: number
  /** lwbufs of all processors' lists together; they grow. */
  lwbufsMade: number
  private readonly earlier: number[][] = []
  private readonly freeAtFirst: number

  constructor(seed: number) {
    this.random = new Random(seed, 0)
    this.onlyLength = this.chance(60) ? 1 + this.random.below(3) : null
    const tlbEntries = this.pick([8, 64, 64])
    this.bench = new KernelBench({ cpus: 1 + this.random.below(4), tlbEntries, tlbWays: 4 })
    const { machine, pmap, counters, xios, pages } = this.bench
    const threads = new KernelThreads(1, () => undefined)
    this.copies = new CopyCalls(machine, counters)
    this.space = new UserSpace(USER_PAGES, { zeroFilledPage: () => this.zeroedPage() })
    this.sfs = new SfBufs2004(machine, pmap, threads, { firstPage: 200, count: SF_BUFS, quick: true })
    this.freeBsd = new FreeBsdSfBufs(machine, pmap, threads, 220, SF_BUFS)
    this.lwbufs = new I386LwBufs(machine, pmap, new FirstFitArena(240, LWBUF_PAGES), LWBUFS_AT_BOOT)
    this.lwbufsMade = LWBUFS_AT_BOOT * machine.cpus.length
    this.msfs2004 = new MsfBufs2004(machine, pmap, threads, 320, MSF_BUFS)
    this.msfs2005 = new MsfBufs2005({ machine, pmap, xios, threads, firstPage: 640, count: MSF_BUFS })
    const first = pages.contigmalloc(SCRATCH_PAGES, 0, 2 ** 32, PAGE_SIZE, 0)
    this.scratch = DMAP_BASE + first * PAGE_SIZE
    for (let i = 0; i < SCRATCH_PAGES; i++) this.space.mapPage(USER_SCRATCH + i, first + i)
    this.freeAtFirst = pages.freePages
  }

  pick<T>(from: readonly T[]): T {
    return from[this.random.below(from.length)]!
  }

  chance(percent: number): boolean {
    return this.random.below(100) < percent
  }

  switchToAny(): void {
    this.bench.machine.switchTo(this.random.below(this.bench.machine.cpus.length), 0)
  }

  /** A page that nobody else has. @returns -1 when the test has enough */
  newPage(): number {
    if (this.owned.length >= MOST_PAGES) return -1
    const pfn = this.bench.pages.alloc()
    must(pfn > 0, 'no page is left')
    must(!this.owned.includes(pfn), `page ${pfn} was given out twice`)
    must(this.bench.holds.of(pfn) === 0, `page ${pfn} was given out while it was held`)
    this.owned.push(pfn)
    return pfn
  }

  zeroedPage(): number {
    const pfn = this.newPage()
    if (pfn < 0) return -1
    this.bytesOf(pfn).fill(0)
    this.model.zero(pfn)
    return pfn
  }

  /** Frees an owned page, if only views that hold it still show it. */
  freePage(pfn: number): void {
    if (this.views.some((view) => !view.holds && view.pages.includes(pfn))) return
    this.owned.splice(this.owned.indexOf(pfn), 1)
    const { pages, holds } = this.bench
    const isHeld = holds.of(pfn) > 0
    const free = pages.freePages
    pages.free(pfn)
    if (isHeld) this.limbo.add(pfn)
    must(pages.freePages === free + (isHeld ? 0 : 1), 'a held page became free')
  }

  /** @returns false when another view is made of it */
  closeView(view: View): boolean {
    if (this.views.some(({ base }) => base === view)) return false
    view.close()
    this.views.splice(this.views.indexOf(view), 1)
    for (const pfn of this.limbo) if (this.bench.holds.of(pfn) === 0) this.limbo.delete(pfn)
    return true
  }

  /**
   * Some owned pages, in any order: often those of an earlier call, because caches and masks matter only then, and at times
   * the same one twice. Empty when there are none.
   * @param only how many it must be, if there are so many
   */
  somePages(most: number, only: number | null = null): number[] {
    if (this.owned.length === 0) return []
    const again = this.earlier[this.random.below(EARLIER)]
    const fits =
      again !== undefined &&
      again.length <= most &&
      (only ?? again.length) === again.length &&
      again.every((pfn) => this.owned.includes(pfn))
    if (fits && this.chance(60)) return [...again]
    const pages = this.newChoice(only ?? 1 + this.random.below(most))
    this.earlier[this.random.below(EARLIER)] = pages
    return [...pages]
  }

  /** What a page contains. */
  bytesOf(pfn: number): Uint8Array {
    return this.bench.machine.memory.bytesAt(pfn * PAGE_SIZE, PAGE_SIZE)
  }

  /** What the physical pages behind the scratch address contain. */
  scratchBytes(bytes: number): Uint8Array {
    const out = new Uint8Array(bytes)
    for (let at = 0; at < bytes; at += PAGE_SIZE) {
      const count = Math.min(PAGE_SIZE, bytes - at)
      out.set(this.bench.machine.memory.bytesAt(this.scratch - DMAP_BASE + at, count), at)
    }
    return out
  }

  /** Puts random bytes there. */
  fillScratch(bytes: number): Uint8Array {
    const { memory } = this.bench.machine
    for (let at = 0; at < bytes; at += 4) memory.write32(this.scratch - DMAP_BASE + at, this.random.uint32())
    return this.scratchBytes(bytes)
  }

  /** Gives everything back and checks that nothing is missing anywhere. */
  closeDown(): void {
    while (this.views.length > 0) {
      this.switchToAny()
      this.closeView(this.pick(this.views))
    }
    while (this.owned.length > 0) this.freePage(this.pick(this.owned))
    const { holds, pages, slots, msfs, counters, machine } = this.bench
    const left = {
      holds: holds.total,
      limbo: this.limbo.size,
      pages: this.freeAtFirst - pages.freePages,
      slots: slots.size - slots.free,
      pool: msfs.poolSize - msfs.poolFree,
      mappings: counters.kvaMaps - counters.kvaUnmaps,
      mappedBytes: counters.kvaBytes,
      sfs: SF_BUFS - this.sfs.freeList.length + sum(SF_BUFS, (sf) => this.sfs.refsOf(sf)),
      freeBsd: SF_BUFS - this.freeBsd.freeList.length + sum(SF_BUFS, (sf) => this.freeBsd.refsOf(sf)),
      lwbufs: this.lwbufsMade - sum(machine.cpus.length, (cpu) => this.lwbufs.freeOn(cpu)),
      msfs2004: MSF_BUFS - this.msfs2004.freeList.length + sum(MSF_BUFS, (msf) => this.msfs2004.refsOf(msf)),
      msfs2005: MSF_BUFS - this.msfs2005.freeList.length + sum(MSF_BUFS, (msf) => this.msfs2005.refsOf(msf)),
      buffers: BUFFER_PAGES - this.buffers.freePages,
      userPages: USER_SCRATCH - this.userPages.freePages,
      sleepers: this.sfs.channel.waiting + this.freeBsd.channel.waiting + this.msfs2004.channel.waiting,
    }
    const leaks = Object.entries(left).filter(([, count]) => count !== 0)
    must(leaks.length === 0, `left over at the end: ${JSON.stringify(leaks)}`)
  }

  private newChoice(count: number): number[] {
    if (this.chance(10)) return Array.from({ length: count }, () => this.pick(this.owned))
    const left = [...this.owned]
    const pages: number[] = []
    while (pages.length < count && left.length > 0)
      pages.push(...left.splice(this.random.below(left.length), 1))
    return pages
  }
}

export function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

function sum(count: number, of: (index: number) => number): number {
  let total = 0
  for (let i = 0; i < count; i++) total += of(i)
  return total
}
