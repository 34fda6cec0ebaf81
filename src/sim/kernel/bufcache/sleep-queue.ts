import { NONE } from './buf.ts'

/** Threads asleep on one thing, in the order they came. A thread sleeps on one thing at a time. */
export class SleepQueue {
  private head = NONE
  private tail = NONE

  /** @param next link of each thread, shared by all queues */
  sleep(thread: number, next: Int32Array): void {
    next[thread] = NONE
    if (this.tail === NONE) this.head = thread
    else next[this.tail] = thread
    this.tail = thread
  }

  /** wakeup: all of them, first come first. */
  wakeAll(next: Int32Array, wake: (thread: number) => void): void {
    let thread = this.head
    this.head = NONE
    this.tail = NONE
    while (thread !== NONE) {
      const following = next[thread]!
      wake(thread)
      thread = following
    }
  }
}
