import { EventHeap } from './event-heap.ts'
import { WIDE } from './wide.ts'

/** Width of a bucket, ns, and how many there are: powers of two, so that no time is rounded. */
const BUCKET_NS = 1024
const BUCKETS = 256
const PER_NS = 1 / BUCKET_NS
const SPAN_NS = BUCKETS * BUCKET_NS

/** A row of three words for each event of the wheel. Row 0 is nobody's, so that 0 says that no event follows. */
const ROW_SHIFT = 2
const NEXT = 0
const KIND = 1
const ARG = 2
const NO_EVENT = 0

/** Rows, from the beginning: V8 takes a table that never changes for a constant. Memory is used as events are. */
const MOST_NEAR = 0x2000

/**
 * Pending events, earliest first; events at the same time leave in the order they came. Time must not run backwards: an event
 * does not come before the last one that was taken.
 *
 * A calendar queue (R. Brown, 1988) with buckets of a fixed width: what comes within the next quarter of a millisecond lies in a
 * wheel of buckets, each a list in the order of time, most of them empty or of one event. What comes later lies in a heap
 * and stays there. An event of the heap is older than any of the wheel at the same time, since it came when that time was
 * still beyond the wheel.
 */
export class EventQueue {
  /** First event of each bucket. */
  private readonly heads = new Int32Array(BUCKETS)
  private readonly times = new Float64Array(MOST_NEAR)
  private readonly rows = new Int32Array(MOST_NEAR << ROW_SHIFT)
  /** First row that is free; the others follow by NEXT. */
  private free = NO_EVENT
  private rowsUsed = 1
  /** Events in the wheel. */
  private near = 0
  private readonly far = new EventHeap()
  /** Bucket that the wheel stands at, and the time at which its last bucket ends. */
  private cursor = 0
  private horizon = WIDE

  /** Fields of the event that the last `pop` returned. */
  time = WIDE
  kind = 0
  arg = 0

  constructor() {
    this.horizon = SPAN_NS
    this.time = 0
  }

  get size(): number {
    return this.near + this.far.size
  }

  /** @param time not before that of the last event taken */
  push(time: number, kind: number, arg: number): void {
    if (time >= this.horizon) {
      this.far.push(time, kind, arg)
      return
    }
    const event = this.free === NO_EVENT ? this.newRow() : this.free
    const { rows, times } = this
    const at = event << ROW_SHIFT
    this.free = rows[at + NEXT]!
    rows[at + KIND] = kind
    rows[at + ARG] = arg
    times[event] = time
    this.near++
    this.insert(event, time, (time * PER_NS) & (BUCKETS - 1))
  }

  /** Takes the earliest event into `time`, `kind` and `arg`. @returns false when none is pending */
  pop(): boolean {
    if (this.near === 0) return this.far.size > 0 && this.takeFar()
    const { heads, rows, cursor } = this
    let bucket = cursor
    while (heads[bucket] === NO_EVENT) bucket = (bucket + 1) & (BUCKETS - 1)
    const event = heads[bucket]!
    const time = this.times[event]!
    if (this.far.size > 0 && this.far.time <= time) return this.takeFar()
    const at = event << ROW_SHIFT
    heads[bucket] = rows[at + NEXT]!
    if (bucket !== cursor) {
      this.horizon += ((bucket - cursor) & (BUCKETS - 1)) * BUCKET_NS
      this.cursor = bucket
    }
    this.time = time
    this.kind = rows[at + KIND]!
    this.arg = rows[at + ARG]!
    rows[at + NEXT] = this.free
    this.free = event
    this.near--
    return true
  }

  private takeFar(): true {
    const { far } = this
    this.time = far.time
    this.kind = far.kind
    this.arg = far.arg
    far.drop()
    if (this.near === 0) {
      const bucket = Math.floor(this.time * PER_NS)
      this.cursor = bucket & (BUCKETS - 1)
      this.horizon = bucket * BUCKET_NS + SPAN_NS
    }
    return true
  }

  /** Puts an event behind those of its bucket that are not later. */
  private insert(event: number, time: number, bucket: number): void {
    const { heads, rows, times } = this
    let next = heads[bucket]!
    if (next === NO_EVENT || time < times[next]!) {
      heads[bucket] = event
    } else {
      let before = next
      for (;;) {
        next = rows[(before << ROW_SHIFT) + NEXT]!
        if (next === NO_EVENT || time < times[next]!) break
        before = next
      }
      rows[(before << ROW_SHIFT) + NEXT] = event
    }
    rows[(event << ROW_SHIFT) + NEXT] = next
  }

  private newRow(): number {
    if (this.rowsUsed === MOST_NEAR)
      throw new RangeError(`more than ${MOST_NEAR - 1} events within ${SPAN_NS} ns`)
    return this.rowsUsed++
  }
}
