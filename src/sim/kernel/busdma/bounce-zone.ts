import { PAGE_SIZE } from './constants.ts'
import { WaitingList, type BounceWaiter } from './waiting-list.ts'

/** Ends a list of page handles. */
export const NO_PAGE = -1

const FIRST_CAPACITY = 16

/**
 * A pool of bounce pages. A page is a handle, an index into the zone's arrays; it is
 * on the zone's free list or on one map's list. `total = free + reserved + active` holds after every call; reserved
 * pages still lie on the free list.
 */
export class BounceZone {
  /** What a handle stands for, and what the counts count; for messages. */
  readonly unit: string = 'pages'
  /** Every page of the zone ends at or below this address. */
  readonly lowaddr: number
  readonly alignment: number
  readonly isPrivate: boolean
  /** The loads that wait for these pages, and for those of other zones where the kernel keeps one list for all. */
  readonly waiters: WaitingList
  /** Maps of the tags that draw from the zone. */
  mapCount = 0
  total = 0
  free = 0
  reserved = 0
  active = 0
  /** Loads that waited and were served. */
  totalDeferred = 0
  /** Reservations refused to callers that would not wait. */
  reserveFailed = 0

  /** Links of the free list and of the maps' lists. */
  next = new Int32Array(FIRST_CAPACITY)
  pfn = new Int32Array(FIRST_CAPACITY)
  /** Offset of the data within the bounce page; 0 unless the tag keeps page offsets. */
  pageOffset = new Int32Array(FIRST_CAPACITY)
  /** Physical address of the client's bytes, and of those in the next page where they cross into one. */
  dataPaddr = new Float64Array(FIRST_CAPACITY)
  dataNextPaddr = new Float64Array(FIRST_CAPACITY)
  dataCount = new Int32Array(FIRST_CAPACITY)

  private freeHead = NO_PAGE
  private freeTail = NO_PAGE

  constructor(
    lowaddr: number,
    alignment: number,
    isPrivate: boolean,
    waiters: WaitingList = new WaitingList(),
  ) {
    this.lowaddr = lowaddr
    this.alignment = alignment
    this.isPrivate = isPrivate
    this.waiters = waiters
  }

  /** Adds page frame `pfn` at the tail of the free list. */
  addPage(pfn: number): void {
    const page = this.total
    if (page === this.pfn.length) this.growTo(this.pfn.length * 2)
    this.pfn[page] = pfn
    this.total++
    this.free++
    this.linkAtTail(page)
  }

  /** Moves one reserved page from the head of the free list to its user; returns its handle. */
  takeReserved(): number {
    const page = this.freeHead
    this.freeHead = this.next[page] as number
    if (this.freeHead === NO_PAGE) this.freeTail = NO_PAGE
    this.next[page] = NO_PAGE
    this.reserved--
    this.active++
    return page
  }

  /** Puts an active page back at the head of the free list. */
  putAtHead(page: number): void {
    this.dataCount[page] = 0
    this.pageOffset[page] = 0
    this.next[page] = this.freeHead
    if (this.freeHead === NO_PAGE) this.freeTail = page
    this.freeHead = page
    this.free++
    this.active--
  }

  /** Puts an active page back at the tail of the free list. */
  putAtTail(page: number): void {
    this.dataCount[page] = 0
    this.pageOffset[page] = 0
    this.linkAtTail(page)
    this.free++
    this.active--
  }

  /**
   * Sets free pages aside for `waiter`. With `commit`, takes what there is; without, takes all or nothing. Returns
   * how many pages are still short: 0 when the reservation is complete.
   */
  reserve(waiter: BounceWaiter, commit: boolean): number {
    const short = waiter.pagesneeded - waiter.pagesreserved
    const pages = Math.min(this.free, short)
    if (!commit && pages < short) {
      this.reserveFailed++
      return short - pages
    }
    this.free -= pages
    this.reserved += pages
    waiter.pagesreserved += pages
    return short - pages
  }

  /** Gives back what `waiter` had reserved and forgets its need; returns the number of pages given back. */
  cancelReservation(waiter: BounceWaiter): number {
    const pages = waiter.pagesreserved
    waiter.pagesreserved = 0
    waiter.pagesneeded = 0
    this.free += pages
    this.reserved -= pages
    return pages
  }

  /** Bus address of the data in a bounce page. */
  busaddr(page: number): number {
    return (this.pfn[page] as number) * PAGE_SIZE + (this.pageOffset[page] as number)
  }

  /** Page frames of the free list, head first; reserved pages are among them. For display and checks. */
  freeList(): number[] {
    const list: number[] = []
    for (let page = this.freeHead; page !== NO_PAGE; page = this.next[page] as number) {
      list.push(this.pfn[page] as number)
    }
    return list
  }

  private linkAtTail(page: number): void {
    this.next[page] = NO_PAGE
    if (this.freeTail === NO_PAGE) this.freeHead = page
    else this.next[this.freeTail] = page
    this.freeTail = page
  }

  /** Makes room for `capacity` handles. */
  protected growTo(capacity: number): void {
    this.next = grownInt32(this.next, capacity)
    this.pfn = grownInt32(this.pfn, capacity)
    this.pageOffset = grownInt32(this.pageOffset, capacity)
    this.dataCount = grownInt32(this.dataCount, capacity)
    this.dataPaddr = grownFloat64(this.dataPaddr, capacity)
    this.dataNextPaddr = grownFloat64(this.dataNextPaddr, capacity)
  }
}

function grownInt32(from: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(capacity)
  to.set(from)
  return to
}

function grownFloat64(from: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(capacity)
  to.set(from)
  return to
}
