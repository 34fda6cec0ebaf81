/** The pool that a waiting load draws from. */
export interface WaitedPool {
  /** Loads that waited and were served. */
  totalDeferred: number
  /** Sets free pages aside for `waiter`, as many as there are with `commit`; returns how many are still short. */
  reserve(waiter: BounceWaiter, commit: boolean): number
}

/** A map whose load waits for bounce pages, as the pool sees it. */
export interface BounceWaiter {
  /** Bounce pages the load still has to attach. */
  pagesneeded: number
  /** Of these, the pages set aside for it. */
  pagesreserved: number
  /** On a waiting list. */
  waiting: boolean
  /** The pool it waits for. */
  waitPool: WaitedPool | null
  waitNext: BounceWaiter | null
  /** The reservation is complete: the deferred load may run. */
  readyToRun(): void
}

/** Loads that wait for bounce pages, in the order of their arrival: of one zone, or of all zones in some kernels. */
export class WaitingList {
  count = 0
  /** Who is served next; null when nobody waits. */
  first: BounceWaiter | null = null
  private last: BounceWaiter | null = null

  /** Appends a load that waits for pages of `pool`. */
  append(waiter: BounceWaiter, pool: WaitedPool): void {
    waiter.waiting = true
    waiter.waitPool = pool
    waiter.waitNext = null
    if (this.last === null) this.first = waiter
    else this.last.waitNext = waiter
    this.last = waiter
    this.count++
  }

  /** Takes the first waiter off the list and returns it; null when nobody waits. */
  shift(): BounceWaiter | null {
    const waiter = this.first
    if (waiter === null) return null
    this.first = waiter.waitNext
    if (this.first === null) this.last = null
    waiter.waitNext = null
    waiter.waitPool = null
    waiter.waiting = false
    this.count--
    return waiter
  }

  /**
   * Sets free pages aside for the first waiter only, so that loads are served in order. Returns the waiter, off the
   * list, once its reservation is complete; else null.
   */
  serveFirst(): BounceWaiter | null {
    const pool = this.first?.waitPool
    if (!pool || this.first === null || pool.reserve(this.first, true) !== 0) return null
    pool.totalDeferred++
    return this.shift()
  }
}
