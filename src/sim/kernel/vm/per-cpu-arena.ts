import type { Machine } from '../../machine/machine.ts'
import { Site } from '../call-sites.ts'
import type { ArenaStats, KvaArena } from './kva-arena.ts'
import { ShareMap } from './kva-arena.ts'
import type { LockedArena } from './locked-arena.ts'

/** Ranges that a processor keeps for itself; half of them go back when there are more. */
const KEPT = 32

/**
 * Free ranges of one size and alignment on each processor, in front of an arena that all share: most ranges are taken and given back
 * without a lock (the quantum caches of FreeBSD since r289279, which are per processor). Ranges of other sizes go to the
 * arena. When that is empty, what the processors keep goes back to it once.
 */
export class PerCpuArena implements KvaArena {
  private readonly machine: Machine
  private readonly shared: LockedArena
  private readonly kept: readonly Int32Array[]
  private readonly counts: Int32Array
  private readonly start: number
  private readonly pages: number
  /** Size and alignment of the ranges that are kept; those of the first that was asked for. */
  private size = 0
  private align = 0

  /** @param start first page of the window of `shared` @param pages of that window */
  constructor(machine: Machine, shared: LockedArena, start: number, pages: number) {
    this.machine = machine
    this.shared = shared
    this.start = start
    this.pages = pages
    this.kept = machine.cpus.map(() => new Int32Array(KEPT + 1))
    this.counts = new Int32Array(machine.cpus.length)
  }

  get freePages(): number {
    return this.shared.freePages + this.counts.reduce((sum, count) => sum + count, 0) * this.size
  }

  get largestFree(): number {
    return Math.max(this.shared.largestFree, this.counts.some((count) => count > 0) ? this.size : 0)
  }

  get stats(): ArenaStats {
    return this.shared.stats
  }

  alloc(pages: number, align = 1): number {
    if (this.size === 0) {
      this.size = pages
      this.align = align
    }
    const { machine, counts } = this
    const { id } = machine.cpu
    if (pages === this.size && align === this.align && counts[id]! > 0) {
      machine.charge(Site['kva alloc'], machine.cost.kvaAlloc)
      counts[id]!--
      return this.kept[id]![counts[id]!]!
    }
    const first = this.shared.alloc(pages, align)
    return first < 0 && this.drain() > 0 ? this.shared.alloc(pages, align) : first
  }

  free(first: number, pages: number): void {
    const { machine, counts } = this
    const { id } = machine.cpu
    if (pages !== this.size || first % this.align !== 0) {
      this.shared.free(first, pages)
      return
    }
    machine.charge(Site['kva free'], machine.cost.kvaAlloc)
    this.kept[id]![counts[id]!++] = first
    if (counts[id]! > KEPT) this.trim(id, KEPT / 2)
  }

  map(buckets: number): Float64Array {
    const map = new ShareMap(this.start, this.pages, buckets)
    const shared = this.shared.map(buckets)
    this.kept.forEach((ranges, id) => {
      for (let i = 0; i < this.counts[id]!; i++) map.addHole(ranges[i]!, ranges[i]! + this.size)
    })
    return map.shares.map((share, bucket) => Math.max(0, share + shared[bucket]! - 1))
  }

  /** Gives ranges of a processor back to all until it has `left`. */
  private trim(id: number, left: number): number {
    const { lock } = this.shared
    const before = this.counts[id]!
    lock.acquire()
    while (this.counts[id]! > left) this.shared.give(this.kept[id]![--this.counts[id]!]!, this.size)
    lock.release()
    return before - this.counts[id]!
  }

  private drain(): number {
    let given = 0
    for (let id = 0; id < this.counts.length; id++) if (this.counts[id]! > 0) given += this.trim(id, 0)
    return given
  }
}
