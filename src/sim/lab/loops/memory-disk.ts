import { Site } from '../../kernel/call-sites.ts'
import { FreeBsdSfBufs } from '../../kernel/sf-buf/freebsd.ts'
import { FirstFitArena } from '../../kernel/vm/first-fit-arena.ts'
import { Pmap } from '../../kernel/vm/pmap.ts'
import { LineCache } from '../../machine/line-cache.ts'
import type { LineArray } from '../../machine/line-cache.ts'
import { KVA_BASE, PG_RW, PG_V, kvaPage } from '../../machine/page-table.ts'
import { PAGE_SIZE, SECTOR_SIZE } from '../../machine/page.ts'
import type { Bench, BenchMachine } from './bench.ts'
import { buildBench } from './bench.ts'

export const REQUEST_PAGES = 16
/** First frame of the disk; those below are what the sf_bufs mapped before. */
const DISK_FRAME = 65_536
const ARENA_PAGES = 16
/** Pentium 4 Xeon: an L2 cache of 512 KiB in lines of 64 bytes. */
const L2_BYTES = 512 * 1024
const LINE_BYTES = 64
/** On i386: an entry, a struct sf_buf (two list links, page, address, count, mask) and the head of a hash chain. */
const PTE_BYTES = 4
const SF_BUF_BYTES = 32
const CHAIN_HEAD_BYTES = 4
/** A struct vm_page on i386, and the pointer to a sector of a malloc-backed disk. */
const VM_PAGE_BYTES = 72
const SECTOR_POINTER_BYTES = 4
const SECTORS_PER_PAGE = PAGE_SIZE / SECTOR_SIZE
/** Arrays of 1024 pointers that lead to a sector of a disk of 128 MiB. */
const INDIR_LEVELS = 2
/** vm_page_grab takes that of the page queues, mdstart_swap gives that of the object up for the mapping, and takes that of the queues once more. */
const GRAB_LOCKS = 3

export interface MemoryDiskOptions {
  readonly machine: BenchMachine
  /** Pages of the disk. */
  readonly pages: number
  readonly sfBufs: number
}

/** What follows once a page can be copied, by so many calls of bcopy. */
type Copy = (va: number, calls: number) => void
/** A memory disk that is read from end to end by one processor: what each page needs before it can be copied. */
export type PageAccess = (index: number, then: Copy) => void

/**
 * md(4) of FreeBSD, 2004, without its disk layers, which are part of the cost of the copy: sequential reads of 64 KiB, page by page.
 * A swap-backed disk (mdstart_swap) finds each page in its object; a malloc-backed one (mdstart_malloc) finds and copies each sector.
 */
export class MemoryDisk {
  readonly parts: Bench
  private readonly pmap: Pmap
  private readonly sfBufs: FreeBsdSfBufs
  private readonly arena: FirstFitArena
  private readonly options: MemoryDiskOptions
  private readonly frame = new Int32Array(1)
  private readonly lines = new LineCache(L2_BYTES, LINE_BYTES)
  private readonly ptes: LineArray
  private readonly descriptors: LineArray
  private readonly chains: LineArray
  private readonly chainMask: number
  private readonly vmPages: LineArray
  private readonly sectorPointers: LineArray

  constructor(options: MemoryDiskOptions) {
    const { pages, sfBufs } = options
    this.options = options
    this.parts = buildBench(options.machine, {
      memoryPages: DISK_FRAME + pages,
      kvaPages: pages + sfBufs + ARENA_PAGES,
    })
    const { machine, counters, threads } = this.parts
    this.pmap = new Pmap(machine, counters, false)
    for (let page = 0; page < pages; page++) machine.pageTable.set(page, DISK_FRAME + page, PG_V | PG_RW)
    this.sfBufs = new FreeBsdSfBufs(machine, this.pmap, threads, pages, sfBufs)
    for (let sf = 0; sf < sfBufs; sf++) this.readSfBuf(sf % DISK_FRAME, (va) => void machine.translate(va))
    this.arena = new FirstFitArena(pages + sfBufs, ARENA_PAGES)
    this.ptes = this.lines.array(pages + sfBufs + ARENA_PAGES, PTE_BYTES)
    this.descriptors = this.lines.array(sfBufs, SF_BUF_BYTES)
    let chains = 2
    while (chains < sfBufs) chains *= 2
    this.chainMask = chains - 1
    this.chains = this.lines.array(chains, CHAIN_HEAD_BYTES)
    this.vmPages = this.lines.array(pages, VM_PAGE_BYTES)
    this.sectorPointers = this.lines.array(pages, SECTORS_PER_PAGE * SECTOR_POINTER_BYTES)
  }

  /** Reads 64 KiB from page `first` on, or what is left of the disk. @returns pages read */
  read(first: number, access: PageAccess): number {
    const { machine } = this.parts
    const copy = (va: number, calls: number): void => {
      this.reach(this.ptes, kvaPage(va))
      machine.translate(va)
      this.lines.stream(PAGE_SIZE)
      machine.charge(Site.bcopy, calls * machine.cost.copyCall)
      machine.chargeBytes(Site.copyout, machine.cost.copyPerByte, PAGE_SIZE)
    }
    const end = Math.min(first + REQUEST_PAGES, this.options.pages)
    machine.charge(Site.entry, machine.cost.syscall)
    for (let page = first; page < end; page++) access(page, copy)
    return end - first
  }

  /** Mapped for good. */
  readonly malloc: PageAccess = (index, then) => {
    const { machine } = this.parts
    this.reach(this.sectorPointers, index)
    machine.charge(Site.s_read, SECTORS_PER_PAGE * INDIR_LEVELS * machine.cost.xioPerPage)
    then(KVA_BASE + index * PAGE_SIZE, SECTORS_PER_PAGE)
  }

  /** An address, a mapping and their end for each page. */
  readonly qenter: PageAccess = (index, then) => {
    const { machine } = this.parts
    this.vm_page_grab(index)
    const { stats } = this.arena
    const steps = stats.steps
    const first = this.arena.alloc(1)
    const searched = stats.steps - steps
    machine.charge(Site['kva alloc'], machine.cost.kvaAlloc + searched * machine.cost.kvaSearchStep)
    this.frame[0] = DISK_FRAME + index
    const va = KVA_BASE + first * PAGE_SIZE
    this.pmap.pmap_qenter(va, this.frame, 1)
    then(va, 1)
    this.pmap.pmap_qremove(va, 1)
    machine.charge(Site['kva free'], machine.cost.kvaAlloc)
    this.arena.free(first, 1)
  }

  /** An sf_buf for each page. */
  readonly sfBuf: PageAccess = (index, then) => {
    this.vm_page_grab(index)
    this.readSfBuf(DISK_FRAME + index, then, (sf, before) => {
      this.reach(this.chains, (DISK_FRAME + index) & this.chainMask)
      this.reach(this.descriptors, sf)
      if (before !== DISK_FRAME + index) this.reach(this.chains, before & this.chainMask)
    })
  }

  /** The page in the disk's object, busied for the copy and let go after it. */
  private vm_page_grab(index: number): void {
    const { machine } = this.parts
    const { pageLookup, lockUncontended } = machine.cost
    this.reach(this.vmPages, index)
    machine.charge(Site.vm_page_lookup, pageLookup + GRAB_LOCKS * lockUncontended)
  }

  private readSfBuf(pfn: number, then: Copy, touched?: (sf: number, before: number) => void): void {
    const next = this.sfBufs.freeList.first
    const before = this.sfBufs.sf_buf_page(next)
    const sf = this.sfBufs.sf_buf_alloc(pfn, 0)
    touched?.(sf, sf === next ? before : pfn)
    then(this.sfBufs.sf_buf_kva(sf), 1)
    this.sfBufs.sf_buf_free(sf)
  }

  /** Waits for the line of an element unless it is in the cache. */
  private reach(array: LineArray, index: number): void {
    const { machine } = this.parts
    if (this.lines.touch(array, index)) machine.charge(Site['cache miss'], machine.cost.memoryMiss)
  }
}
