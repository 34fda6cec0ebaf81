import { PAGE_SIZE } from './constants.ts'

/** What a zone knows of a map that waits for its pages. */
export interface BounceWaiter {
  /** Bounce pages the load still has to attach. */
  pagesneeded: number
  /** Of these, the pages set aside for it. */
  pagesreserved: number
  /** On a zone's waiting list. */
  waiting: boolean
  waitNext: BounceWaiter | null
  /** The reservation is complete: the deferred load may run. */
  readyToRun(): void
}

/** Ends a list of page handles. */
export const NO_PAGE = -1

const FIRST_CAPACITY = 16

/**
 * A pool of bounce pages and the loads that wait for them. A page is a handle, an index into the zone's arrays; it is
 * on the zone's free list or on one map's list. `total = free + reserved + active` holds after every call; reserved
 * pages still lie on the free list.
 */
export class BounceZone {
  /** Every page of the zone ends at or below this address. */
  readonly lowaddr: number
  readonly alignment: number
  readonly isPrivate: boolean
  total = 0
  free = 0
  reserved = 0
  active = 0
  /** Loads that waited and were served. */
  totalDeferred = 0
  /** Reservations refused to callers that would not wait. */
  reserveFailed = 0
  waitingCount = 0

  /** Links of the free list and of the maps' lists. */
  next = new Int32Array(FIRST_CAPACITY)
  pfn = new Int32Array(FIRST_CAPACITY)
  /** Offset of the data within the bounce page; 0 unless the tag keeps page offsets. */
  pageOffset = new Int32Array(FIRST_CAPACITY)
  /** Physical address of the client's bytes. */
  dataPaddr = new Float64Array(FIRST_CAPACITY)
  dataCount = new Int32Array(FIRST_CAPACITY)

  private freeHead = NO_PAGE
  private freeTail = NO_PAGE
  private waitHead: BounceWaiter | null = null
  private waitTail: BounceWaiter | null = null

  constructor(lowaddr: number, alignment: number, isPrivate: boolean) {
    this.lowaddr = lowaddr
    this.alignment = alignment
    this.isPrivate = isPrivate
  }

  /** Adds page frame `pfn` at the tail of the free list. */
  addPage(pfn: number): void {
    const page = this.total
    if (page === this.pfn.length) this.grow()
    this.pfn[page] = pfn
    this.total++
    this.free++
    this.next[page] = NO_PAGE
    if (this.freeTail === NO_PAGE) this.freeHead = page
    else this.next[this.freeTail] = page
    this.freeTail = page
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

  /** Appends a load to the waiting list. */
  enqueue(waiter: BounceWaiter): void {
    waiter.waiting = true
    waiter.waitNext = null
    if (this.waitTail === null) this.waitHead = waiter
    else this.waitTail.waitNext = waiter
    this.waitTail = waiter
    this.waitingCount++
  }

  /**
   * Offers free pages to the first waiter only, so that loads are served in order. Returns the waiter, off the list,
   * once its reservation is complete; else null.
   */
  serveHead(): BounceWaiter | null {
    const head = this.waitHead
    if (head === null || this.reserve(head, true) !== 0) return null
    this.waitHead = head.waitNext
    if (this.waitHead === null) this.waitTail = null
    head.waitNext = null
    head.waiting = false
    this.waitingCount--
    this.totalDeferred++
    return head
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

  private grow(): void {
    const capacity = this.pfn.length * 2
    this.next = grownInt32(this.next, capacity)
    this.pfn = grownInt32(this.pfn, capacity)
    this.pageOffset = grownInt32(this.pageOffset, capacity)
    this.dataCount = grownInt32(this.dataCount, capacity)
    const dataPaddr = new Float64Array(capacity)
    dataPaddr.set(this.dataPaddr)
    this.dataPaddr = dataPaddr
  }
}

function grownInt32(from: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(capacity)
  to.set(from)
  return to
}
