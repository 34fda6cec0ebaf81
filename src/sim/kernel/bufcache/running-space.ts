import type { Errno } from '../errno.ts'
import { EWOULDBLOCK, OK } from '../errno.ts'
import type { KernelThreads } from '../sleep-channel.ts'
import { SleepChannel } from '../sleep-channel.ts'
import type { Buf } from './buf.ts'
import type { BufSpace } from './buf-space.ts'
import type { BufferCacheLimits } from './limits.ts'

/** Writes under way, by their bytes, and the writers that wait for them. */
export class RunningSpace {
  runningbufspace = 0
  private readonly limits: BufferCacheLimits
  private readonly space: BufSpace
  private readonly channel: SleepChannel
  /** Who waits until nothing is being written. */
  private readonly idle: SleepChannel
  private requested = false

  constructor(limits: BufferCacheLimits, space: BufSpace, threads: KernelThreads) {
    this.limits = limits
    this.space = space
    this.channel = new SleepChannel(threads)
    this.idle = new SleepChannel(threads)
  }

  /** A write of the buffer begins. */
  add(buf: Buf): void {
    buf.b_runningbufspace = buf.b_bufsize
    this.runningbufspace += buf.b_runningbufspace
  }

  /** It ended. */
  runningbufwakeup(buf: Buf): void {
    if (buf.b_runningbufspace === 0) return
    this.runningbufspace -= buf.b_runningbufspace
    buf.b_runningbufspace = 0
    if (this.requested && this.runningbufspace <= this.limits.lorunningspace) {
      this.requested = false
      this.channel.wakeup()
    }
    if (this.runningbufspace === 0) this.idle.wakeup()
  }

  /** @returns OK, or EWOULDBLOCK while too much is being written: asleep ("wdrain"), call again when woken */
  waitrunningbufspace(): Errno {
    if (this.runningbufspace <= this.limits.hirunningspace) return OK
    this.requested = true
    this.space.note('wdrain')
    this.channel.sleep(false)
    return EWOULDBLOCK
  }

  /** @returns OK, or EWOULDBLOCK while anything is being written: asleep ("wdrain"), call again when woken */
  waitForAll(): Errno {
    if (this.runningbufspace === 0) return OK
    this.space.note('wdrain')
    this.idle.sleep(false)
    return EWOULDBLOCK
  }
}
