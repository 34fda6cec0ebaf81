import { IntMap } from '../../engine/int-map.ts'
import { IO_PAGES } from '../../machine/io-page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { IovaMagazines } from './iova-magazines.ts'
import { IovaRanges } from './iova-ranges.ts'

/** Sizes of 2^0 to 2^5 pages are kept in magazines, rounded up; larger ranges come from the tree each time. */
const CACHED_ORDERS = 6

/** Writes to this window of a PC are message-signalled interrupts and never translated. */
const MSI_WINDOW = { first: 0xfee00000 / PAGE_SIZE, end: 0xfef00000 / PAGE_SIZE }

/** What the allocator did. */
export interface IovaStats {
  /** Allocations served by a magazine. */
  cached: number
  /** Allocations that searched the tree. */
  searches: number
  /** Searches that found nothing. */
  failures: number
}

/**
 * I/O virtual addresses of a domain (alloc_iova_fast of Linux): ranges of contiguous I/O pages, highest first, each starting at
 * a multiple of its size rounded up to a power of two. Page 0 is never handed out.
 */
export class IovaAllocator {
  readonly stats: IovaStats = { cached: 0, searches: 0, failures: 0 }
  private readonly ranges = new IovaRanges()
  private readonly magazines: readonly IovaMagazines[]
  /** Pages of each range on loan, by its first page. */
  private readonly loans = new IntMap()
  private pagesOnLoan = 0

  /** Ranges of the tree that the last `alloc` looked at; 0 when a magazine served it. */
  steps = 0

  constructor(cpus: number) {
    this.magazines = Array.from({ length: CACHED_ORDERS }, () => new IovaMagazines(cpus))
    this.ranges.add(1, MSI_WINDOW.first - 1)
    this.ranges.add(MSI_WINDOW.end, IO_PAGES - MSI_WINDOW.end)
  }

  /** I/O pages on loan, as asked for: without what rounding adds. */
  get taken(): number {
    return this.pagesOnLoan
  }

  /**
   * @param pages how many contiguous I/O pages
   * @param last highest I/O page that the range may use
   * @param align the range starts at a multiple of it, in pages; a power of two
   * @returns the first I/O page, or -1 when no range is left
   */
  alloc(pages: number, last: number, align: number, cpu: number): number {
    if (pages > IO_PAGES) return this.failed()
    const order = orderOf(pages)
    const size = sizeOf(pages, order)
    const end = Math.min(last, IO_PAGES - 1)
    this.steps = 0
    let first = -1
    if (order < CACHED_ORDERS && align <= size) first = this.magazines[order]!.take(cpu, end - size + 1)
    if (first >= 0) {
      this.stats.cached++
    } else {
      first = this.search(size, end, Math.max(align, powerOf(order)))
      if (first < 0) return this.failed()
    }
    this.loans.set(first, pages)
    this.pagesOnLoan += pages
    return first
  }

  /** Gives a whole range back. @throws SimulationFault when it is not on loan */
  free(first: number, pages: number, cpu: number): void {
    if (this.loans.get(first, 0) !== pages)
      throw new SimulationFault(`free of I/O pages 0x${first.toString(16)}+${pages}, which are not on loan`)
    this.loans.delete(first)
    this.pagesOnLoan -= pages
    const order = orderOf(pages)
    if (order < CACHED_ORDERS && this.magazines[order]!.put(cpu, first)) return
    this.ranges.add(first, sizeOf(pages, order))
  }

  /** Empties the magazines into the tree. @returns free I/O pages */
  drain(): number {
    this.magazines.forEach((magazines, order) => {
      for (let first = magazines.drain(); first >= 0; first = magazines.drain())
        this.ranges.add(first, powerOf(order))
    })
    return this.ranges.freePages
  }

  private failed(): -1 {
    this.stats.failures++
    return -1
  }

  private search(size: number, last: number, align: number): number {
    this.stats.searches++
    const first = this.ranges.alloc(size, last, align)
    this.steps = this.ranges.steps
    if (first >= 0) return first
    this.drain()
    const second = this.ranges.alloc(size, last, align)
    this.steps += this.ranges.steps
    return second
  }
}

/** The least power of two that is not below `pages`, as its exponent. */
function orderOf(pages: number): number {
  return 32 - Math.clz32(pages - 1)
}

function powerOf(order: number): number {
  return 1 << order
}

/** Pages that a range really takes. */
function sizeOf(pages: number, order: number): number {
  return order < CACHED_ORDERS ? powerOf(order) : pages
}
