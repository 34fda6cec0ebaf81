import { Random } from '../../engine/random.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import type { Sanitizer } from '../../machine/sanitizer.ts'
import { BlockTable, ORDERS } from './block-table.ts'
import { BuddyZone } from './buddy-zone.ts'
import { findRange } from './contig-search.ts'
import type { PageRanges, RangeRule } from './contig-search.ts'
import { Fragmenter } from './fragmenter.ts'
import { FreeQueue } from './free-queue.ts'
import { PageCounts, WIRINGS } from './page-counts.ts'
import type { PageHolds } from './page-holds.ts'
import { StrangerPages } from './stranger-pages.ts'
import { BLOCK_PAGES, BLOCK_SHIFT, layoutZones } from './zones.ts'
import type { ZoneKind } from './zones.ts'

/** Frames of the first 64 KiB are never used, as on a PC. */
const FIRST_FRAME = 16
/** Freed pages, of all domains together, are used again only when this many others wait; so memory in use stays warm. */
const FREE_QUEUE_PAGES = 256
/** Pages given back to the buddy zones that each domain remembers, to use them before pages that nobody has touched. */
const REMEMBERED_PAGES = 16384

/** How many pages before its turn a page of the queue is looked at. */
const LOOK_AHEAD = 4

export interface PageAllocatorOptions {
  /** Page frames of the machine. */
  readonly pages: number
  /** NUMA domains: equal, contiguous shares of memory. */
  readonly domains: number
  /** How scattered free memory is at first, per cent: 0 contiguous, 100 single pages far apart. */
  readonly fragmentation: number
  /** Probability, per cent, that a freed page goes to the rest of the system, which lets another of its pages go. */
  readonly ageing: number
  readonly seed: number
}

/** What the allocator did besides giving pages out. */
export interface PageAllocatorStats {
  /** Calls that found no page or no range. */
  failures: number
  /** Pages that others had to leave for a contiguous range. */
  evicted: number
  /** Pages taken back from others because memory was full. */
  reclaimed: number
  /** Freed pages that went to others. */
  aged: number
}

/** Seeds of the parts that draw numbers. */
const STREAM = 1

/**
 * Page frames of the whole machine (vm_page_alloc, contigmalloc): buddy zones in NUMA domains, and before them a short queue
 * of freed pages for each domain. A page on loan is wired at least once. Pages that are neither free nor on loan belong to
 * the rest of the system ("others"), which fills memory before the run begins and gives way when memory is full.
 */
export class PageAllocator {
  readonly domains: number
  sanitizer: Sanitizer | null = null
  readonly stats: PageAllocatorStats = { failures: 0, evicted: 0, reclaimed: 0, aged: 0 }
  /** What was seen means nothing; that it is kept obliges the compiler to look. */
  seen = 0
  private readonly endFrame: number
  private readonly ageing: number
  private readonly random: Random
  private readonly fragmentation: number
  private readonly holds: PageHolds
  private readonly forget: (pfn: number) => void
  private readonly wires: PageCounts
  /** Freed pages that somebody still holds. */
  private readonly heldFree = new Set<number>()
  private readonly table: BlockTable
  private readonly zones: readonly BuddyZone[]
  /** Zones of each domain, highest first. */
  private readonly zonesOf: readonly (readonly BuddyZone[])[]
  private readonly zoneOfBlock: Uint8Array
  private readonly domainOfBlock: Uint8Array
  /** Zone of each domain that single pages come from now. */
  private readonly current: BuddyZone[]
  private readonly queues: readonly FreeQueue[]
  private readonly queueLow: number
  /** Pages that left the queues for the buddy zones; some may be on loan again. */
  private readonly remembered: readonly FreeQueue[]
  private readonly strangers: StrangerPages
  private readonly ranges: PageRanges

  /** @param forget told of pages that go to others, whose bytes the simulation will not read again */
  constructor(options: PageAllocatorOptions, holds: PageHolds, forget: (pfn: number) => void) {
    const { pages, domains, fragmentation, seed } = options
    const blocks = Math.ceil(pages / BLOCK_PAGES)
    this.endFrame = pages
    this.domains = domains
    this.ageing = options.ageing
    this.fragmentation = fragmentation
    this.random = new Random(seed, STREAM)
    this.holds = holds
    this.wires = new PageCounts('unwire', holds.perPage, WIRINGS)
    this.forget = forget
    this.table = new BlockTable(blocks)
    const fragmenter = new Fragmenter(seed, fragmentation)
    this.zonesOf = layoutZones(blocks, domains).map((layouts) =>
      layouts.map((layout) => new BuddyZone(layout, this.table, fragmenter, this.random, FIRST_FRAME, pages)),
    )
    this.zones = this.zonesOf.flat()
    this.zoneOfBlock = new Uint8Array(blocks)
    this.domainOfBlock = new Uint8Array(blocks)
    this.zones.forEach(({ layout }, zone) => {
      this.zoneOfBlock.fill(zone, layout.firstBlock, layout.endBlock)
      this.domainOfBlock.fill(layout.domain, layout.firstBlock, layout.endBlock)
    })
    this.current = this.zonesOf.map((zones) => zones[0]!)
    this.queueLow = Math.floor(FREE_QUEUE_PAGES / domains)
    this.queues = this.zonesOf.map(() => new FreeQueue(this.queueLow * 2))
    this.remembered = this.zonesOf.map(() => new FreeQueue(REMEMBERED_PAGES))
    this.strangers = new StrangerPages(this.table, this.random)
    this.ranges = {
      usableFrom: (pfn, evict) => this.zoneOf(pfn).usableFrom(pfn, evict),
      unusableFrom: (pfn, evict) => this.zoneOf(pfn).unusableFrom(pfn, evict),
    }
    holds.released = (pfn) => {
      if (this.heldFree.size > 0 && this.heldFree.delete(pfn)) this.retire(pfn)
    }
  }

  /** Pages that can be allocated without taking any from others. */
  get freePages(): number {
    const queued = this.queues.reduce((sum, queue) => sum + queue.length, 0)
    return this.zones.reduce((sum, zone) => sum + zone.freePages, queued)
  }

  /** Pages that the rest of the system has. */
  get othersPages(): number {
    return this.zones.reduce((sum, zone) => sum + zone.othersPages, 0)
  }

  /** Pages that exist: free, on loan or of others. */
  get usablePages(): number {
    return this.endFrame - FIRST_FRAME
  }

  /**
   * vm_page_alloc: one page, wired once. Where freed pages wait, the oldest; else one from the highest zone that has more
   * than its reserve; else from the next domain; else one that others give up.
   * @param domain NUMA domain that is tried first
   * @returns its pfn, or -1 when memory is full
   */
  alloc(domain = 0): number {
    const queue = this.queues[domain]!
    // So that the host has the word of a page at hand when that page's turn comes.
    this.seen = this.see(queue.peek(LOOK_AHEAD))
    let pfn = queue.length >= this.queueLow ? queue.shift() : this.takeFrom(domain)
    if (pfn < 0) pfn = this.takeElsewhere(domain)
    if (pfn < 0) return this.failed()
    this.wires.add(pfn)
    return pfn
  }

  /**
   * vm_page_free. A page that somebody holds becomes free when the last hold ends.
   * @throws SimulationFault when the page is not on loan, or wired more than once
   */
  free(pfn: number): void {
    if (this.endLoan(pfn)) this.retire(pfn)
  }

  /**
   * contigmalloc: `count` contiguous pages, each wired once. Pages of others in the way are moved elsewhere when no free range
   * will do.
   * @param low lowest address of the first byte @param high highest address of the last byte
   * @param alignment of the first byte: a power of two, bytes
   * @param boundary the range crosses no multiple of it: a power of two, bytes; 0 for none
   * @param domain NUMA domain that is tried first
   * @returns the first pfn, or -1
   */
  contigmalloc(
    count: number,
    low: number,
    high: number,
    alignment: number,
    boundary: number,
    domain = 0,
  ): number {
    const rule: RangeRule = {
      count,
      first: Math.max(FIRST_FRAME, Math.ceil(low / PAGE_SIZE)),
      end: Math.min(this.endFrame, Math.floor((high + 1) / PAGE_SIZE)),
      align: Math.max(1, alignment / PAGE_SIZE),
      boundary: boundary / PAGE_SIZE,
    }
    if (boundary !== 0 && count * PAGE_SIZE > boundary) return this.failed()
    let first = this.contigFree(rule, domain)
    if (first < 0 && this.drain() > 0) first = this.contigFree(rule, domain)
    if (first < 0) first = this.contigEvict(rule, domain)
    if (first < 0) return this.failed()
    for (let pfn = first; pfn < first + count; pfn++) this.wires.add(pfn)
    return first
  }

  /** Gives back pages of `contigmalloc`: the whole range or a part of it. */
  contigfree(first: number, count: number): void {
    for (let pfn = first; pfn < first + count; pfn++) {
      if (!this.endLoan(pfn)) continue
      if (this.sanitizer !== null) this.sanitizer.pageFreed(pfn)
      this.zoneOf(pfn).freePage(pfn)
    }
  }

  /** One more user needs a page on loan to stay where it is. */
  wire(pfn: number): void {
    if (this.wires.of(pfn) === 0) throw new SimulationFault(`wire of page ${pfn}, which is not on loan`)
    this.wires.add(pfn)
  }

  /** Undoes `wire`; the last wiring of a page ends with `free`. @throws SimulationFault when there is no other */
  unwire(pfn: number): void {
    if (this.wires.of(pfn) < 2)
      throw new SimulationFault(`unwire of page ${pfn}, whose wirings have all ended`)
    this.wires.subtract(pfn)
  }

  wireCount(pfn: number): number {
    return this.wires.of(pfn)
  }

  /** What the release of a page will look at, for the buffer cache's LookAhead: means nothing else. */
  see(pfn: number): number {
    return this.holds.perPage.get(pfn)
  }

  /** Whether a page stays where it is: on loan, or freed and still held. */
  isPinned(pfn: number): boolean {
    return this.wires.of(pfn) > 0 || this.holds.of(pfn) > 0
  }

  /** Gives the pages that wait in the queues back to the buddy zones. @returns how many */
  drain(): number {
    let count = 0
    for (const queue of this.queues) {
      for (; queue.length > 0; count++) this.giveBack(queue.shift())
    }
    return count
  }

  /** Free chunks of each order, 2^0 to 2^10 pages; pages in the queues belong to none. Looks at all of memory: for display and checks. */
  chunksByOrder(): number[] {
    const counts = new Array<number>(ORDERS).fill(0)
    for (const zone of this.zones) zone.countChunks(counts)
    return counts
  }

  domainOf(pfn: number): number {
    return this.domainOfBlock[pfn >>> BLOCK_SHIFT]!
  }

  kindOf(pfn: number): ZoneKind {
    return this.zoneOf(pfn).layout.kind
  }

  private failed(): number {
    this.stats.failures++
    return -1
  }

  private zoneOf(pfn: number): BuddyZone {
    return this.zones[this.zoneOfBlock[pfn >>> BLOCK_SHIFT]!]!
  }

  /** @returns whether the page is free to go now */
  private endLoan(pfn: number): boolean {
    if (this.wires.endOnly(pfn)) return true
    const wired = this.wires.of(pfn)
    if (wired !== 1) throw new SimulationFault(`free of page ${pfn}, which has ${wired} wirings instead of 1`)
    this.wires.subtract(pfn)
    this.heldFree.add(pfn)
    return false
  }

  private retire(pfn: number): void {
    if (this.sanitizer !== null) this.sanitizer.pageFreed(pfn)
    if (this.ageing > 0 && this.random.below(100) < this.ageing && this.age(pfn)) return
    const queue = this.queues[this.domainOf(pfn)]!
    if (queue.isFull) this.giveBack(queue.shift())
    queue.push(pfn)
  }

  private giveBack(pfn: number): void {
    const remembered = this.remembered[this.domainOf(pfn)]!
    if (remembered.isFull) remembered.shift()
    remembered.push(pfn)
    this.zoneOf(pfn).freePage(pfn)
  }

  /** A page that was in use before and is free, or -1. */
  private takeRemembered(domain: number): number {
    const remembered = this.remembered[domain]!
    while (remembered.length > 0) {
      const pfn = remembered.shift()
      const zone = this.zoneOf(pfn)
      if (!zone.isFree(pfn) || spare(zone) === 0) continue
      zone.takePage(pfn)
      return pfn
    }
    return -1
  }

  /** Others take a freed page, and let another go unless they have few. @returns false when nothing was done */
  private age(pfn: number): boolean {
    const stock = StrangerPages.stockOf(this.usablePages)
    const victim = this.strangers.pick()
    if (victim < 0 && this.othersPages >= stock) return false
    if (victim >= 0 && this.othersPages >= stock) {
      const zone = this.zoneOf(victim)
      zone.takeFromOthers(victim)
      zone.freePage(victim)
    }
    this.zoneOf(pfn).giveToOthers(pfn)
    this.forget(pfn)
    this.stats.aged++
    return true
  }

  private takeFrom(domain: number): number {
    const known = this.takeRemembered(domain)
    if (known >= 0) return known
    let zone = this.current[domain]!
    if (zone.runEnded || zone.freePages <= zone.layout.reserve) {
      const chosen = this.chooseZone(domain)
      if (chosen === null) {
        const queue = this.queues[domain]!
        return queue.length > 0 ? queue.shift() : -1
      }
      zone = chosen
      this.current[domain] = zone
    }
    return zone.takeOne()
  }

  /** A page of another domain, or one that others give up, or -1. */
  private takeElsewhere(domain: number): number {
    let pfn = -1
    for (let i = 1; pfn < 0 && i < this.domains; i++) pfn = this.takeFrom((domain + i) % this.domains)
    for (let i = 0; pfn < 0 && i < this.domains; i++) pfn = this.reclaimFrom((domain + i) % this.domains)
    return pfn
  }

  /**
   * The highest zone with more free pages than its reserve. Where memory is scattered, the zones' free pages are as well: then
   * any zone, in proportion to what it can give.
   */
  private chooseZone(domain: number): BuddyZone | null {
    const zones = this.zonesOf[domain]!
    let sum = 0
    for (const zone of zones) sum += spare(zone)
    if (sum === 0) return null
    if (this.random.below(100) < this.fragmentation) {
      let drawn = this.random.below(sum)
      for (const zone of zones) {
        drawn -= spare(zone)
        if (drawn < 0) return zone
      }
    }
    return zones.find((zone) => spare(zone) > 0) ?? null
  }

  private reclaimFrom(domain: number): number {
    for (const zone of this.zonesOf[domain]!) {
      while (zone.othersPages > 0 && spare(zone) === 0) this.stats.reclaimed += zone.reclaimBlock()
      if (spare(zone) > 0) return zone.takeOne()
    }
    return -1
  }

  /** A free range, from the highest zone that the rule reaches; lower ones keep their reserve. */
  private contigFree(rule: RangeRule, domain: number): number {
    for (let i = 0; i < this.domains; i++) {
      let reserve = 0
      for (const zone of this.zonesOf[(domain + i) % this.domains]!) {
        const within = clip(rule, zone)
        if (within.first + rule.count > within.end) continue
        if (zone.freePages - rule.count >= reserve * zone.layout.reserve) {
          const first = this.contigFrom(zone, within)
          if (first >= 0) return first
        }
        reserve = 1
      }
    }
    return -1
  }

  private contigFrom(zone: BuddyZone, rule: RangeRule): number {
    const order = 32 - Math.clz32(Math.max(rule.count, rule.align) - 1)
    const whole = rule.first <= zone.firstPage && rule.end >= zone.endPage
    if (whole && order < ORDERS && (rule.boundary === 0 || rule.boundary >= 1 << order)) {
      const first = zone.takeRun(rule.count, order)
      if (first >= 0) return first
    }
    const first = findRange(this.ranges, rule, false)
    if (first >= 0) this.takeRange(first, rule.count)
    return first
  }

  /** A range that others have to leave: zone by zone, then across all borders. */
  private contigEvict(rule: RangeRule, domain: number): number {
    for (let i = 0; i < this.domains; i++) {
      for (const zone of this.zonesOf[(domain + i) % this.domains]!) {
        const first = findRange(this.ranges, clip(rule, zone), true)
        if (first >= 0) return this.takeRange(first, rule.count)
      }
    }
    const first = findRange(this.ranges, rule, true)
    return first < 0 ? -1 : this.takeRange(first, rule.count)
  }

  private takeRange(first: number, count: number): number {
    for (let pfn = first; pfn < first + count; pfn++) {
      const zone = this.zoneOf(pfn)
      if (zone.isFree(pfn)) {
        zone.takePage(pfn)
      } else {
        zone.takeFromOthers(pfn)
        this.stats.evicted++
      }
    }
    return first
  }
}

/** Pages that a zone can give to requests that a higher zone could serve. */
function spare(zone: BuddyZone): number {
  return Math.max(0, zone.freePages - zone.layout.reserve)
}

function clip(rule: RangeRule, zone: BuddyZone): RangeRule {
  return {
    ...rule,
    first: Math.max(rule.first, zone.firstPage),
    end: Math.min(rule.end, zone.endPage),
  }
}
