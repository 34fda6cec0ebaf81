import type { KernelThreads } from '../sleep-channel.ts'

const NONE = -1
const FREE = 0
const EXCLUSIVE = -1

/**
 * The lock of a file (v_lock): shared by those who read, exclusive for who writes. First come, first served; the lock is handed
 * on, so that a thread that slept for it has it when it runs again.
 */
export class FileLock {
  private readonly threads: KernelThreads
  /** Of each thread asleep: whether it wants the lock for itself alone. */
  private readonly wishes: Uint8Array
  /** Threads that share it, or EXCLUSIVE. */
  private holders = FREE
  private head = NONE
  private tail = NONE

  /** @param wishes room for one per thread; all locks of these threads may share it, since a thread waits for one at a time */
  constructor(threads: KernelThreads, wishes: Uint8Array) {
    this.threads = threads
    this.wishes = wishes
  }

  /** For the current thread. @returns false: asleep, and the holder when woken */
  acquire(exclusive: boolean): boolean {
    if (this.head === NONE && this.grant(exclusive)) return true
    const thread = this.threads.current
    this.wishes[thread] = exclusive ? 1 : 0
    this.threads.next[thread] = NONE
    if (this.head === NONE) this.head = thread
    else this.threads.next[this.tail] = thread
    this.tail = thread
    return false
  }

  /** Lets it go, and hands it to those who came first. */
  release(): void {
    this.holders = this.holders === EXCLUSIVE ? FREE : this.holders - 1
    while (this.head !== NONE && this.grant(this.wishes[this.head] === 1)) {
      const thread = this.head
      this.head = this.threads.next[thread]!
      this.threads.wake(thread)
    }
  }

  private grant(exclusive: boolean): boolean {
    if (this.holders === EXCLUSIVE || (exclusive && this.holders !== FREE)) return false
    this.holders = exclusive ? EXCLUSIVE : this.holders + 1
    return true
  }
}
