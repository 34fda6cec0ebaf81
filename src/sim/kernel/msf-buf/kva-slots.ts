/**
 * KVA for mappings that last for a moment: slots of one size, reserved once. The slot that was given back longest ago is
 * taken first, as the msf_bufs of DragonFly were.
 */
export class KvaSlots {
  private readonly ring: Int32Array
  private head = 0
  private count: number

  /** @param first first page of the window @param slots number of slots @param pages pages of each */
  constructor(first: number, slots: number, pages: number) {
    this.ring = Int32Array.from({ length: slots }, (_, slot) => first + slot * pages)
    this.count = slots
  }

  /** Slots not taken. */
  get free(): number {
    return this.count
  }

  /** Slots in all. */
  get size(): number {
    return this.ring.length
  }

  /** @returns the first page of a slot, or -1 when all are taken */
  take(): number {
    if (this.count === 0) return -1
    const first = this.ring[this.head]!
    this.head = this.head + 1 === this.ring.length ? 0 : this.head + 1
    this.count--
    return first
  }

  give(first: number): void {
    const tail = this.head + this.count++
    this.ring[tail < this.ring.length ? tail : tail - this.ring.length] = first
  }
}
