import type { SimLock } from '../../machine/lock.ts'
import type { Machine } from '../../machine/machine.ts'
import { Site } from '../call-sites.ts'
import type { ArenaStats, KvaArena } from './kva-arena.ts'

/** An arena that all processors share, behind one lock: finding, taking and giving back ranges takes time and excludes the others. */
export class LockedArena implements KvaArena {
  private readonly machine: Machine
  private readonly arena: KvaArena
  readonly lock: SimLock

  constructor(machine: Machine, arena: KvaArena, lock: SimLock) {
    this.machine = machine
    this.arena = arena
    this.lock = lock
  }

  get freePages(): number {
    return this.arena.freePages
  }

  get largestFree(): number {
    return this.arena.largestFree
  }

  get stats(): ArenaStats {
    return this.arena.stats
  }

  alloc(pages: number, align = 1): number {
    this.lock.acquire()
    const first = this.take(pages, align)
    this.lock.release()
    return first
  }

  free(first: number, pages: number): void {
    this.lock.acquire()
    this.give(first, pages)
    this.lock.release()
  }

  map(buckets: number): Float64Array {
    return this.arena.map(buckets)
  }

  /** `alloc` for a caller who has the lock. */
  take(pages: number, align: number): number {
    const { machine, arena } = this
    const before = arena.stats.steps
    const first = arena.alloc(pages, align)
    const steps = arena.stats.steps - before
    machine.charge(Site['kva alloc'], machine.cost.kvaAlloc + steps * machine.cost.kvaSearchStep)
    return first
  }

  /** `free` for a caller who has the lock. */
  give(first: number, pages: number): void {
    this.machine.charge(Site['kva free'], this.machine.cost.kvaAlloc)
    this.arena.free(first, pages)
  }
}
