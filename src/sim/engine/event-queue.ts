/**
 * Pending events, earliest first; events at the same time leave in the order they came. A binary heap in typed arrays:
 * no allocation per event. The place of an event that was taken stays open until the next one comes or is taken: most
 * events lead to one more, mostly soon, which then finds its place from the top in a step or two.
 */
export class EventQueue {
  private times = new Float64Array(256)
  private order = new Float64Array(256)
  private kinds = new Int32Array(256)
  private args = new Int32Array(256)
  private nextOrder = 0
  /** Places in use, the open one at the top included. */
  private count = 0
  /** Whether the place at the top is open. */
  private isOpen = false

  /** Fields of the event that the last `pop` returned. */
  time = 0
  kind = 0
  arg = 0

  get size(): number {
    return this.isOpen ? this.count - 1 : this.count
  }

  push(time: number, kind: number, arg: number): void {
    const order = this.nextOrder++
    if (this.isOpen) {
      this.isOpen = false
      this.sink(time, order, kind, arg)
      return
    }
    if (this.count === this.times.length) this.grow()
    let hole = this.count++
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      // A parent at the same time came earlier, so it stays above.
      if (this.times[parent]! <= time) break
      this.move(parent, hole)
      hole = parent
    }
    this.put(hole, time, order, kind, arg)
  }

  /** Takes the earliest event into `time`, `kind` and `arg`. @returns false when none is pending */
  pop(): boolean {
    if (this.isOpen) this.close()
    if (this.count === 0) return false
    this.time = this.times[0]!
    this.kind = this.kinds[0]!
    this.arg = this.args[0]!
    this.isOpen = true
    return true
  }

  /** Moves the last event to the open place, and down from there. */
  private close(): void {
    this.isOpen = false
    const last = --this.count
    if (last > 0) this.sink(this.times[last]!, this.order[last]!, this.kinds[last]!, this.args[last]!)
  }

  private sink(time: number, order: number, kind: number, arg: number): void {
    let hole = 0
    for (;;) {
      let child = 2 * hole + 1
      if (child >= this.count) break
      if (child + 1 < this.count && this.before(child + 1, this.times[child]!, this.order[child]!)) child++
      if (!this.before(child, time, order)) break
      this.move(child, hole)
      hole = child
    }
    this.put(hole, time, order, kind, arg)
  }

  private before(index: number, time: number, order: number): boolean {
    const own = this.times[index]!
    return own < time || (own === time && this.order[index]! < order)
  }

  private move(from: number, to: number): void {
    this.put(to, this.times[from]!, this.order[from]!, this.kinds[from]!, this.args[from]!)
  }

  private put(at: number, time: number, order: number, kind: number, arg: number): void {
    this.times[at] = time
    this.order[at] = order
    this.kinds[at] = kind
    this.args[at] = arg
  }

  private grow(): void {
    const size = this.times.length * 2
    const times = new Float64Array(size)
    const order = new Float64Array(size)
    const kinds = new Int32Array(size)
    const args = new Int32Array(size)
    times.set(this.times)
    order.set(this.order)
    kinds.set(this.kinds)
    args.set(this.args)
    this.times = times
    this.order = order
    this.kinds = kinds
    this.args = args
  }
}
