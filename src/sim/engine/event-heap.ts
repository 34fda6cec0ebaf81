import { WIDE } from './wide.ts'

/** Pending events, earliest first; events at the same time leave in the order they came. A binary heap in typed arrays. */
export class EventHeap {
  private times = new Float64Array(256)
  private orders = new Float64Array(256)
  private kinds = new Int32Array(256)
  private args = new Int32Array(256)
  private nextOrder = WIDE
  private count = 0

  constructor() {
    this.nextOrder = 0
  }

  get size(): number {
    return this.count
  }

  /** Of the earliest event, of which there must be one. */
  get time(): number {
    return this.times[0]!
  }

  get kind(): number {
    return this.kinds[0]!
  }

  get arg(): number {
    return this.args[0]!
  }

  push(time: number, kind: number, arg: number): void {
    if (this.count === this.times.length) this.grow()
    this.rise(time, this.nextOrder++, kind, arg)
  }

  /** Takes the earliest event away, of which there must be one. */
  drop(): void {
    const last = --this.count
    if (last > 0) this.sink(this.times[last]!, this.orders[last]!, this.kinds[last]!, this.args[last]!)
  }

  /** Puts an event into the place at the top, and lets those that are earlier pass it. */
  private sink(time: number, order: number, kind: number, arg: number): void {
    const { times, orders, count } = this
    let hole = 0
    for (let child = 1; child < count; child = 2 * hole + 1) {
      let earliest = times[child]!
      if (child + 1 < count) {
        const other = times[child + 1]!
        if (other < earliest || (other === earliest && orders[child + 1]! < orders[child]!)) {
          earliest = other
          child++
        }
      }
      if (time < earliest || (time === earliest && order < orders[child]!)) break
      this.move(child, hole)
      hole = child
    }
    this.put(hole, time, order, kind, arg)
  }

  /** Puts the latest comer into the last place, and up from there. */
  private rise(time: number, order: number, kind: number, arg: number): void {
    const { times } = this
    let hole = this.count++
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      // A parent at the same time came earlier, so it stays above.
      if (times[parent]! <= time) break
      this.move(parent, hole)
      hole = parent
    }
    this.put(hole, time, order, kind, arg)
  }

  private move(from: number, to: number): void {
    this.put(to, this.times[from]!, this.orders[from]!, this.kinds[from]!, this.args[from]!)
  }

  private put(place: number, time: number, order: number, kind: number, arg: number): void {
    this.times[place] = time
    this.orders[place] = order
    this.kinds[place] = kind
    this.args[place] = arg
  }

  private grow(): void {
    const size = this.times.length * 2
    const times = new Float64Array(size)
    const orders = new Float64Array(size)
    const kinds = new Int32Array(size)
    const args = new Int32Array(size)
    times.set(this.times)
    orders.set(this.orders)
    kinds.set(this.kinds)
    args.set(this.args)
    this.times = times
    this.orders = orders
    this.kinds = kinds
    this.args = args
  }
}
