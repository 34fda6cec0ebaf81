import type { KernelThreads } from '../sleep-channel.ts'
import { SleepChannel } from '../sleep-channel.ts'
import type { Buf } from './buf.ts'
import { B_DELWRI, B_INVAL, NONE } from './buf.ts'
import type { BufQueues } from './buf-queues.ts'
import { QUEUE_LOCKED } from './buf-queues.ts'
import { MAXBSIZE } from './limits.ts'
import type { BufferCacheLimits } from './limits.ts'

/** What threads on the channel `needsbuffer` wait for: any free buffer, fewer dirty ones, space. */
const VFS_BIO_NEED_ANY = 0x01
export const VFS_BIO_NEED_DIRTYFLUSH = 0x02
const VFS_BIO_NEED_BUFSPACE = 0x08

/** What a sleeping thread waits for, as ps shows it. */
export type WaitMessage =
  | 'newbuf'
  | 'nbufkv'
  | 'nbufbs'
  | 'flswai'
  | 'wdrain'
  | 'getblk'
  | 'biord'
  | 'biowr'
  | 'wswbuf0'
  | 'wswbuf1'
  | 'physstr'
  | 'rawspn'

/** Locks, counts of free buffers and space, and the threads that wait for them. */
export class BufSpace {
  /** Address space reserved for buffers, bytes; on a path that reserves none, memory of buffers. */
  bufspace = 0
  /** Memory in buffers of less than a page, bytes. */
  bufmallocspace = 0
  /** Buffers that could be had at once: on a queue, and not to be written first. */
  numfreebuffers = 0
  readonly limits: BufferCacheLimits
  /** Every buffer reserves address space. */
  readonly reservesKva: boolean
  /** Space is what the buffers reserve, not what they hold. Where all reserve the same, the kernel counts what they hold. */
  readonly countsKva: boolean
  private readonly queues: BufQueues
  private readonly threads: KernelThreads
  private readonly channel: SleepChannel
  private readonly messages: (WaitMessage | null)[] = []
  private needsbuffer = 0

  constructor(limits: BufferCacheLimits, reservesKva: boolean, queues: BufQueues, threads: KernelThreads) {
    this.limits = limits
    this.reservesKva = reservesKva
    this.countsKva = reservesKva && limits.bkvasize < MAXBSIZE
    this.queues = queues
    this.threads = threads
    this.channel = new SleepChannel(threads)
  }

  /** What a thread slept for last; null for one that never did. */
  messageOf(thread: number): WaitMessage | null {
    return this.messages[thread] ?? null
  }

  /** Notes what the current thread is about to sleep for. */
  note(message: WaitMessage): void {
    this.messages[this.threads.current] = message
  }

  /** Sleeps until there is a free buffer. */
  sleepForAny(): void {
    this.sleep(VFS_BIO_NEED_ANY, 'newbuf')
  }

  /** Sleeps until a buffer with memory or address space is released. */
  sleepForSpace(message: 'nbufkv' | 'nbufbs'): void {
    this.sleep(VFS_BIO_NEED_BUFSPACE, message)
  }

  /** Sleeps until few enough buffers are dirty. */
  sleepForFlush(): void {
    this.sleep(VFS_BIO_NEED_DIRTYFLUSH, 'flswai')
  }

  /** Wakes the channel when somebody waits for one of `needs`; all that sleep there look again. */
  wakeFor(needs: number): void {
    if ((this.needsbuffer & needs) === 0) return
    this.needsbuffer &= ~needs
    this.channel.wakeup()
  }

  /** A buffer can be had. */
  bufcountwakeup(): void {
    this.numfreebuffers++
    if (this.needsbuffer !== 0) this.wakeFor(VFS_BIO_NEED_ANY)
  }

  /** Space was given back, or may be. */
  bufspacewakeup(): void {
    if (this.needsbuffer !== 0) this.wakeFor(VFS_BIO_NEED_BUFSPACE)
  }

  /** Sets the memory of a buffer, bytes. */
  setBufsize(buf: Buf, bytes: number): void {
    if (!this.countsKva) this.bufspace += bytes - buf.b_bufsize
    buf.b_bufsize = bytes
  }

  /** Takes a buffer off its queue. */
  bremfree(buf: Buf): void {
    const { b_flags, b_qindex } = buf
    this.queues.remove(buf)
    if (((b_flags & B_INVAL) !== 0 || (b_flags & B_DELWRI) === 0) && b_qindex !== QUEUE_LOCKED)
      this.numfreebuffers--
  }

  /** The current thread sleeps until a buffer is unlocked, and then looks for its block anew. */
  sleepOnLock(buf: Buf): void {
    const thread = this.threads.current
    this.note('getblk')
    this.threads.interruptible[thread] = 0
    this.threads.next[thread] = NONE
    if (buf.lockTail === NONE) buf.lockHead = thread
    else this.threads.next[buf.lockTail] = thread
    buf.lockTail = thread
  }

  /** BUF_UNLOCK: wakes all that sleep on the lock, first come first. */
  unlock(buf: Buf): void {
    buf.locked = false
    if (buf.lockHead !== NONE) this.wakeLockWaiters(buf)
  }

  private sleep(need: number, message: WaitMessage): void {
    this.needsbuffer |= need
    this.note(message)
    this.channel.sleep(false)
  }

  private wakeLockWaiters(buf: Buf): void {
    let thread = buf.lockHead
    buf.lockHead = NONE
    buf.lockTail = NONE
    while (thread !== NONE) {
      const following = this.threads.next[thread]!
      this.threads.wake(thread)
      thread = following
    }
  }
}
