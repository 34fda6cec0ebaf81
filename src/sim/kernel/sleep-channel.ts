import { EINTR, EWOULDBLOCK } from './errno.ts'
import type { KernelObserver } from './kernel-observer.ts'

/**
 * What a call that makes a handle returns instead when the kernel would have gone to sleep in it: the thread is on the
 * wait channel, and makes the same call again once it runs.
 */
export const WOULD_BLOCK = -EWOULDBLOCK
/** What it returns when a signal ended the sleep. */
export const INTERRUPTED = -EINTR

/** Why a thread makes a call: as any caller, or to go on after the sleep in which the call left it. */
export const FIRST_CALL = 0
export const AFTER_WAKEUP = 1
export const AFTER_SIGNAL = 2
export type CallReason = typeof FIRST_CALL | typeof AFTER_WAKEUP | typeof AFTER_SIGNAL

const NONE = -1

/** The threads of a kernel, as far as its sleeping functions need to know them. */
export class KernelThreads {
  /** The thread whose kernel code runs now (curthread). */
  current = 0
  /** Whether each thread's last sleep ends for a signal too (PCATCH). */
  readonly interruptible: Uint8Array
  /** Links of the wait channels; a thread sleeps on one at a time. */
  readonly next: Int32Array
  readonly wake: (thread: number) => void

  /** @param wake makes a thread run again, now or later */
  constructor(count: number, wake: (thread: number) => void) {
    this.interruptible = new Uint8Array(count)
    this.next = new Int32Array(count)
    this.wake = wake
  }
}

/** One wait channel: sleeping threads, woken in the order they came. */
export class SleepChannel {
  observer: KernelObserver | null = null
  private readonly threads: KernelThreads
  private head = NONE
  private tail = NONE
  private count = 0

  constructor(threads: KernelThreads) {
    this.threads = threads
  }

  /** Threads asleep here. */
  get waiting(): number {
    return this.count
  }

  /** tsleep: the current thread joins the queue. @returns WOULD_BLOCK */
  sleep(interruptible: boolean): typeof WOULD_BLOCK {
    const thread = this.threads.current
    this.threads.interruptible[thread] = interruptible ? 1 : 0
    this.threads.next[thread] = NONE
    if (this.tail === NONE) this.head = thread
    else this.threads.next[this.tail] = thread
    this.tail = thread
    this.count++
    if (this.observer !== null) this.observer.slept(interruptible)
    return WOULD_BLOCK
  }

  /** wakeup_one: the thread that has slept longest. Nothing happens when nobody sleeps. */
  wakeupOne(): void {
    const thread = this.head
    if (thread === NONE) return
    this.unlink(NONE, thread)
    if (this.observer !== null) this.observer.woke(thread)
    this.threads.wake(thread)
  }

  /** wakeup: all that sleep now, first come first. */
  wakeup(): void {
    for (let left = this.count; left > 0; left--) this.wakeupOne()
  }

  /** The current thread runs again; it leaves the queue if nobody took it off, as after a signal. */
  resume(): void {
    const thread = this.threads.current
    let previous = NONE
    for (let at = this.head; at !== NONE; previous = at, at = this.threads.next[at]!) {
      if (at !== thread) continue
      this.unlink(previous, thread)
      return
    }
  }

  private unlink(previous: number, thread: number): void {
    const { next } = this.threads
    if (previous === NONE) this.head = next[thread]!
    else next[previous] = next[thread]!
    if (this.tail === thread) this.tail = previous
    this.count--
  }
}
