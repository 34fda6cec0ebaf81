import { BusDma } from '../../../../src/sim/kernel/busdma/busdma.ts'
import { BUS_SPACE_MAXADDR, PAGE_SIZE } from '../../../../src/sim/kernel/busdma/constants.ts'
import type { BusDmaDialect } from '../../../../src/sim/kernel/busdma/dialects/dialect.ts'
import { dragonfly2020 } from '../../../../src/sim/kernel/busdma/dialects/dragonfly-2020.ts'
import type { BusDmamap } from '../../../../src/sim/kernel/busdma/map.ts'
import type { BusDmaPlatform } from '../../../../src/sim/kernel/busdma/platform.ts'
import type { BusDmaTag, BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import type { UserPages } from '../../../../src/sim/kernel/busdma/uio-vector.ts'
import { errnoName, type Errno } from '../../../../src/sim/kernel/errno.ts'
import { takeRange } from '../../../../src/sim/lab/conformance/busdma/take-range.ts'

/** A machine of 4 GiB with one page table, a list of free low pages, and a log of what BUSDMA asked of it. */
export class SmallMachine implements BusDmaPlatform {
  readonly ramPages = 0x100000
  table: number[] = []
  supply: number[] = []
  readonly freed: number[] = []
  readonly copies: [number, number, number][] = []
  readonly charges = new Map<number, number>()
  softInterrupts = 0
  threadWakeups = 0
  waits = 0

  pmap_kextract(va: number): number {
    return (this.table[Math.floor(va / PAGE_SIZE)] ?? 0) * PAGE_SIZE + (va % PAGE_SIZE)
  }
  pmap_extract(space: UserPages, uaddr: number): number {
    return Math.max(space.pmap_extract(uaddr), 0) * PAGE_SIZE + (uaddr % PAGE_SIZE)
  }
  allocBouncePage(limit: number): number {
    const index = this.supply.findIndex((pfn) => (pfn + 1) * PAGE_SIZE - 1 <= limit)
    return index < 0 ? -1 : (this.supply.splice(index, 1)[0] ?? -1)
  }
  allocContiguous(pages: number, limit: number, alignment: number, boundary: number): number {
    return takeRange(this.supply, pages, limit, alignment, boundary)
  }
  freeBouncePage(pfn: number): void {
    this.freed.push(pfn)
  }
  freeContiguous(): void {}
  bounceCopy(from: number, to: number, bytes: number): void {
    this.copies.push([from, to, bytes])
  }
  charge(site: number, times: number): void {
    this.charges.set(site, (this.charges.get(site) ?? 0) + times)
  }
  raiseSoftInterrupt(): void {
    this.softInterrupts++
  }
  wakeBusdmaThread(): void {
    this.threadWakeups++
  }
  bounceWait(): void {
    this.waits++
  }
}

export const UNRESTRICTED: BusDmaTagArgs = {
  alignment: 1,
  boundary: 0,
  lowaddr: BUS_SPACE_MAXADDR,
  highaddr: BUS_SPACE_MAXADDR,
  maxsize: 1048576,
  nsegments: 256,
  maxsegsz: 0xffffffff,
  flags: 0,
}

export interface Callback {
  readonly arg: number
  readonly nsegs: number
  readonly error: string
  readonly segments: number[][]
}

/** One kernel on a small machine, with a log of the callbacks it made. */
export class Bench {
  readonly machine = new SmallMachine()
  readonly busdma: BusDma
  readonly callbacks: Callback[] = []

  constructor(maxBouncePages?: number, dialect: BusDmaDialect = dragonfly2020) {
    this.busdma = new BusDma(this.machine, dialect, maxBouncePages)
  }

  tag(args: Partial<BusDmaTagArgs>, parent: BusDmaTag | null = null): BusDmaTag {
    const { tag, error } = this.busdma.bus_dma_tag_create(parent, { ...UNRESTRICTED, ...args })
    if (tag === null) throw new Error(`tag: ${errnoName(error)}`)
    return tag
  }

  map(tag: BusDmaTag, flags = 0): BusDmamap {
    const { map, error } = this.busdma.bus_dmamap_create(tag, flags)
    if (map === null) throw new Error(`map: ${errnoName(error)}`)
    return map
  }

  readonly loaded = (arg: number, map: BusDmamap, nsegs: number, error: Errno): void => {
    const count = error === 0 ? nsegs : 0
    const segments = Array.from({ length: count }, (_, i) => [map.segAddr[i] ?? 0, map.segLen[i] ?? 0])
    this.callbacks.push({ arg, nsegs, error: errnoName(error), segments })
  }

  /** Loads a page list by its own entry point. */
  loadPages(map: BusDmamap, pages: number[], offset: number, length: number, arg = 0): string {
    const list = Int32Array.from(pages)
    const busdma = this.busdma
    return errnoName(
      busdma.bus_dmamap_load_pages(map.tag, map, list, list.length, offset, length, this.loaded, arg, 0),
    )
  }

  /** Loads the same bytes as a mapped buffer. */
  loadVirtual(map: BusDmamap, pages: number[], offset: number, length: number, arg = 0): string {
    this.machine.table = pages
    return errnoName(this.busdma.bus_dmamap_load(map.tag, map, offset, length, this.loaded, arg, 0))
  }
}

/** [total, free, reserved, active] of the tag's zone. */
export function poolOf(tag: BusDmaTag): number[] {
  const zone = tag.zone
  if (zone === null) return []
  return [zone.total, zone.free, zone.reserved, zone.active]
}
