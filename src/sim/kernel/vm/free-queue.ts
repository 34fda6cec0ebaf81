/** Freed pages in the order in which they came: a ring of fixed size. */
export class FreeQueue {
  private readonly ring: Int32Array
  private head = 0
  private used = 0

  constructor(capacity: number) {
    this.ring = new Int32Array(capacity)
  }

  get length(): number {
    return this.used
  }

  get isFull(): boolean {
    return this.used === this.ring.length
  }

  /** The queue must not be full. */
  push(pfn: number): void {
    let at = this.head + this.used++
    if (at >= this.ring.length) at -= this.ring.length
    this.ring[at] = pfn
  }

  /** The page `distance` places behind the oldest; 0 when there is none. */
  peek(distance: number): number {
    if (distance >= this.used) return 0
    const at = this.head + distance
    return this.ring[at >= this.ring.length ? at - this.ring.length : at]!
  }

  /** The oldest page; the queue must not be empty. */
  shift(): number {
    const pfn = this.ring[this.head]!
    if (++this.head === this.ring.length) this.head = 0
    this.used--
    return pfn
  }
}
