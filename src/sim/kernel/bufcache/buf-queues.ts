import type { Buf } from './buf.ts'
import { NONE } from './buf.ts'

/** Somebody has the buffer. */
export const QUEUE_NONE = 0
/** B_LOCKED: never reused. */
export const QUEUE_LOCKED = 1
/** Reused from the head. */
export const QUEUE_CLEAN = 2
/** Written by the daemon from the head. */
export const QUEUE_DIRTY = 3
/** No data, but address space. */
export const QUEUE_EMPTYKVA = 4
/** Neither. */
export const QUEUE_EMPTY = 5

const QUEUES = 6

/** The queues of free buffers (bufqueues). Links are kept by buffer number; a buffer is on one queue at most. */
export class BufQueues {
  private readonly heads = new Int32Array(QUEUES).fill(NONE)
  private readonly tails = new Int32Array(QUEUES).fill(NONE)
  private readonly next: Int32Array
  private readonly previous: Int32Array

  /** @param nbuf buffers, numbered from 0 */
  constructor(nbuf: number) {
    this.next = new Int32Array(nbuf).fill(NONE)
    this.previous = new Int32Array(nbuf).fill(NONE)
  }

  /** @returns number of the buffer at the head of a queue, or NONE */
  first(queue: number): number {
    return this.heads[queue]!
  }

  /** @returns number of the buffer behind another on its queue, or NONE */
  after(id: number): number {
    return this.next[id]!
  }

  /** @param buf on no queue */
  insertHead(buf: Buf, queue: number): void {
    const { id } = buf
    const head = this.heads[queue]!
    buf.b_qindex = queue
    this.previous[id] = NONE
    this.next[id] = head
    this.heads[queue] = id
    if (head === NONE) this.tails[queue] = id
    else this.previous[head] = id
  }

  /** @param buf on no queue */
  insertTail(buf: Buf, queue: number): void {
    const { id } = buf
    const tail = this.tails[queue]!
    buf.b_qindex = queue
    this.next[id] = NONE
    this.previous[id] = tail
    this.tails[queue] = id
    if (tail === NONE) this.heads[queue] = id
    else this.next[tail] = id
  }

  /** @param buf on a queue */
  remove(buf: Buf): void {
    const { id, b_qindex: queue } = buf
    const next = this.next[id]!
    const previous = this.previous[id]!
    buf.b_qindex = QUEUE_NONE
    if (previous === NONE) this.heads[queue] = next
    else this.next[previous] = next
    if (next === NONE) this.tails[queue] = previous
    else this.previous[next] = previous
  }
}
