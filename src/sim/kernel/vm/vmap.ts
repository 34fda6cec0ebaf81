import type { SimLock } from '../../machine/lock.ts'
import type { Machine } from '../../machine/machine.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { Site } from '../call-sites.ts'
import type { KvaArena } from './kva-arena.ts'
import { LockedArena } from './locked-arena.ts'
import { Pmap2020 } from './pmap-2020.ts'

/** Page-table primitives of Linux 2008: entries are made and cleared without a flush, and a broadcast interrupts idle processors too. */
export class Pmap2008 extends Pmap2020 {
  protected override get skipsIdle(): boolean {
    return false
  }
}

/** Short-lived mappings of a few pages, by page of the KVA window. */
export interface Vmap {
  /** @param count pages of `pages` to map one after another @returns the first page of the mapping */
  map(pages: Int32Array, count: number): number
  /** Ends a mapping of `count` pages. */
  unmap(first: number, count: number): void
}

export interface VmapParts {
  readonly machine: Machine
  readonly pmap: Pmap2020
  readonly arena: KvaArena
}

function kvaLock(machine: Machine): SimLock {
  return machine.makeLock({ name: 'kva', site: Site['kva lock'], waitSite: Site['kva lock wait'] })
}

function takeOrFail(first: number): number {
  if (first < 0) throw new SimulationFault('vmap: no address space is left')
  return first
}

/**
 * vmap of Linux until 2.6.27 (mm/vmalloc.c): one lock (vmlist_lock) around the list of areas. An area leaves the list, its entries
 * are cleared and all processors flush their TLBs, all under that lock; entries are made without it, and need no flush.
 */
export class OneLockVmap implements Vmap {
  private readonly parts: VmapParts
  private readonly arena: LockedArena

  constructor(parts: VmapParts) {
    this.parts = parts
    this.arena = new LockedArena(parts.machine, parts.arena, kvaLock(parts.machine))
  }

  map(pages: Int32Array, count: number): number {
    const first = takeOrFail(this.arena.alloc(count))
    this.parts.pmap.enterUnseen(first, pages, count, 0)
    return first
  }

  unmap(first: number, count: number): void {
    const { pmap } = this.parts
    this.arena.lock.acquire()
    pmap.removeUnseen(first, count)
    pmap.invalidatePagesHere(first, count)
    pmap.smp_invltlb()
    this.arena.give(first, count)
    this.arena.lock.release()
  }
}

/** Pages of the block that a processor takes small mappings from (VMAP_BBMAP_BITS, least). */
export const VMAP_BLOCK_PAGES = 64
/** Unmapped pages that wait for one flush, per bit of the number of processors: 32 MiB (lazy_max_pages). */
const LAZY_PAGES = 8192

/**
 * vm_map_ram of Linux 2.6.28: each processor cuts mappings from a block of its own and takes no lock for that; addresses are
 * not used again until one flush, for everything unmapped so far, is over. Blocks that were flushed go back to the arena one
 * with each new block, which stands for the purge that lets others have the lock in between.
 */
export class PerCpuVmap implements Vmap {
  private readonly parts: VmapParts
  private readonly arena: LockedArena
  private readonly lazyMax: number
  private readonly blocks: Int32Array
  private readonly used: Int32Array
  /** Blocks that are all used up: first those that nobody may use before a flush, then those that were flushed. */
  private readonly dirty: number[] = []
  private readonly flushed: number[] = []
  /** Pages still mapped of each block, by number of the block in the window. */
  private readonly live: Int32Array
  private lazyPages = 0

  constructor(parts: VmapParts) {
    const { machine } = parts
    this.parts = parts
    this.arena = new LockedArena(machine, parts.arena, kvaLock(machine))
    this.lazyMax = LAZY_PAGES * (32 - Math.clz32(machine.cpus.length))
    this.blocks = new Int32Array(machine.cpus.length).fill(-1)
    this.used = new Int32Array(machine.cpus.length)
    this.live = new Int32Array(Math.ceil(machine.pageTable.pages / VMAP_BLOCK_PAGES))
  }

  /** Pages unmapped since the last flush. */
  get waiting(): number {
    return this.lazyPages
  }

  map(pages: Int32Array, count: number): number {
    const { machine, pmap } = this.parts
    const { id } = machine.cpu
    machine.charge(Site['kva alloc'], machine.cost.kvaAlloc)
    if (this.blocks[id]! < 0 || this.used[id]! + count > VMAP_BLOCK_PAGES) this.newBlock(id)
    const first = this.blocks[id]! + this.used[id]!
    this.used[id]! += count
    this.live[Math.floor(first / VMAP_BLOCK_PAGES)]! += count
    pmap.enterUnseen(first, pages, count, 0)
    return first
  }

  unmap(first: number, count: number): void {
    const { machine, pmap } = this.parts
    const block = Math.floor(first / VMAP_BLOCK_PAGES)
    machine.charge(Site['kva free'], machine.cost.kvaAlloc)
    pmap.removeUnseen(first, count)
    this.lazyPages += count
    this.live[block]! -= count
    if (this.live[block] === 0 && !this.blocks.includes(block * VMAP_BLOCK_PAGES))
      this.dirty.push(block * VMAP_BLOCK_PAGES)
    if (this.lazyPages >= this.lazyMax) this.purge()
  }

  private newBlock(id: number): void {
    const old = this.blocks[id]!
    this.arena.lock.acquire()
    const back = this.flushed.pop()
    if (back !== undefined) this.arena.give(back, VMAP_BLOCK_PAGES)
    this.blocks[id] = takeOrFail(this.arena.take(VMAP_BLOCK_PAGES, VMAP_BLOCK_PAGES))
    this.arena.lock.release()
    this.used[id] = 0
    if (old >= 0 && this.live[old / VMAP_BLOCK_PAGES] === 0) this.dirty.push(old)
  }

  /** Every processor forgets everything, so that addresses unmapped before may mean something else. */
  private purge(): void {
    const { machine, pmap } = this.parts
    machine.cpu.tlb.flush()
    pmap.smp_invltlb()
    for (let block = this.dirty.pop(); block !== undefined; block = this.dirty.pop()) this.flushed.push(block)
    this.lazyPages = 0
  }
}
