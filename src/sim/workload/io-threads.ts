import type { Simulator } from '../engine/simulator.ts'
import type { Machine } from '../machine/machine.ts'
import { B_ERROR, B_INVAL } from '../kernel/bufcache/buf.ts'
import type { Buf } from '../kernel/bufcache/buf.ts'
import type { BufferCache } from '../kernel/bufcache/buffer-cache.ts'
import type { Vnode } from '../kernel/bufcache/vnode.ts'
import { Site } from '../kernel/call-sites.ts'
import type { KernelCounters } from '../kernel/counters.ts'
import { EWOULDBLOCK, OK } from '../kernel/errno.ts'
import type { IoPathHooks } from '../kernel/path/io-path.ts'
import type { KernelThreads } from '../kernel/sleep-channel.ts'
import type { Ledger } from './ledger.ts'
import { UserCopy } from './user-copy.ts'
import type { IoRequest, RequestSource } from './request-source.ts'

/** Most bytes that a thread works on at once, as MAXPHYS limits a transfer. Longer requests go in parts. */
export const CHUNK_BYTES = 128 * 1024

/** Where a thread goes on when it runs next. */
const FETCH = 0
const BEGIN = 1
const THROTTLE = 2
const LOCK = 3
const READ = 4
const WRITE = 5

/** One thread: the request that it works on and how far it is. */
class IoThread {
  readonly request: IoRequest = { write: false, offset: 0, bytes: 0, atNs: 0 }
  readonly bufs: Buf[] = []
  /** Those of them that were asked for with their content. */
  readonly reads: Buf[] = []
  phase = FETCH
  sleeping = false
  startedAt = 0
  /** Bytes of the request done in earlier chunks. */
  done = 0
  chunkBytes = 0
  nextBlock = 0
  lastBlock = 0
  /** How many reads, or writes, of the chunk it has seen the end of. */
  awaited = 0
  /** A block of the request could not be read or written. */
  failed = false
}

export interface IoThreadsParts {
  readonly simulator: Simulator
  readonly machine: Machine
  readonly counters: KernelCounters
  /** Threads 0 and up are these. */
  readonly kernelThreads: KernelThreads
  readonly path: IoPathHooks
  readonly ledger: Ledger
  readonly source: RequestSource
}

export interface IoThreadsOptions {
  /** Requests in flight: one thread each, spread over the processors. */
  readonly threads: number
  readonly blockBytes: number
  /** Written blocks stay in the cache until somebody writes them (bdwrite); otherwise threads write them at once (bwrite). */
  readonly delayedWrites: boolean
  /** Do not issue a request before its recorded time. */
  readonly paced: boolean
  /** The last request is complete. */
  readonly onEnd: () => void
  /** A request is complete: when it started and ended, ns, and its bytes. */
  readonly onComplete: (startedAt: number, endedAt: number, bytes: number) => void
}

/**
 * The processes of the workload. Each takes requests from the source and reads or writes them through the buffer cache,
 * block by block: lock the blocks in ascending order (so that threads cannot wait in a circle), read what is missing, copy
 * and verify or stamp, write back now or leave that to the daemon, release.
 */
export class IoThreads {
  private readonly parts: IoThreadsParts
  private readonly options: IoThreadsOptions
  private readonly user: UserCopy
  private readonly threads: IoThread[]
  private readonly runEvent: number
  private cache: BufferCache | null = null
  private vnode: Vnode | null = null
  private startNs = 0
  private live = 0
  private failures = 0

  constructor(parts: IoThreadsParts, options: IoThreadsOptions) {
    this.parts = parts
    this.options = options
    this.user = new UserCopy(parts, options.blockBytes)
    this.threads = Array.from({ length: options.threads }, () => new IoThread())
    this.runEvent = parts.simulator.on((thread) => this.run(thread))
  }

  /** Threads that have not run out of requests. */
  get running(): number {
    return this.live
  }

  /** Requests that ended with an error, and blocks given up that were written. */
  get failed(): number {
    return this.failures
  }

  /** @param vnode what they read and write, in blocks of `blockBytes` @param at simulated ns at which all threads start */
  start(cache: BufferCache, vnode: Vnode, at: number): void {
    this.cache = cache
    this.vnode = vnode
    this.startNs = at
    this.live = this.threads.length
    for (let id = 0; id < this.threads.length; id++) this.parts.simulator.schedule(at, this.runEvent, id)
  }

  /** What the thread slept for has happened. */
  wake(id: number): void {
    this.parts.simulator.schedule(this.parts.machine.cpu.clock, this.runEvent, id)
  }

  /** A block that was written, and whose request is complete, could not be brought to the disk and is no more in memory. */
  blockLost(buf: Buf): void {
    this.failures++
    this.user.writeFailed(buf, 0, Infinity)
  }

  private run(id: number): void {
    const { simulator, machine } = this.parts
    const thread = this.threads[id]!
    machine.switchTo(id % machine.cpus.length, simulator.now)
    this.parts.kernelThreads.current = id
    if (thread.phase === FETCH && !this.fetch(thread, id)) return
    machine.accounting.enter(thread.request.write ? Site.write : Site.read)
    if (thread.sleeping) {
      thread.sleeping = false
      machine.charge(Site.wakeup, machine.cost.wakeup)
    }
    thread.sleeping = !this.proceed(thread, id)
    machine.accounting.leave()
  }

  /** @returns false when the thread has nothing to do now */
  private fetch(thread: IoThread, id: number): boolean {
    const { simulator, machine, source } = this.parts
    if (!source.next(thread.request)) {
      if (--this.live === 0) this.options.onEnd()
      return false
    }
    thread.phase = BEGIN
    thread.startedAt = machine.cpu.clock
    if (!this.options.paced) return true
    const arrival = this.startNs + thread.request.atNs
    thread.startedAt = arrival
    if (arrival <= machine.cpu.clock) return true
    simulator.schedule(arrival, this.runEvent, id)
    return false
  }

  /** @returns false when it must sleep */
  private proceed(thread: IoThread, id: number): boolean {
    const { machine, simulator } = this.parts
    if (thread.phase === BEGIN) {
      machine.charge(Site.entry, machine.cost.syscall)
      thread.done = 0
      thread.failed = false
      this.beginChunk(thread)
    }
    for (;;) {
      if (thread.phase === THROTTLE && !this.mayDirty(thread)) return false
      if (thread.phase === LOCK && !this.lockBlocks(thread)) return false
      if (thread.phase === READ && !this.copyBlocks(thread)) return false
      if (thread.phase === WRITE && !this.awaitWrites(thread)) return false
      thread.bufs.length = 0
      thread.done += thread.chunkBytes
      if (thread.done === thread.request.bytes) break
      this.beginChunk(thread)
    }
    if (thread.failed) this.failures++
    this.options.onComplete(thread.startedAt, machine.cpu.clock, thread.request.bytes)
    thread.phase = FETCH
    simulator.schedule(machine.cpu.clock, this.runEvent, id)
    return true
  }

  private beginChunk(thread: IoThread): void {
    const { blockBytes } = this.options
    const start = thread.request.offset + thread.done
    const end = Math.min(
      thread.request.offset + thread.request.bytes,
      (Math.floor(start / CHUNK_BYTES) + 1) * CHUNK_BYTES,
    )
    thread.chunkBytes = end - start
    thread.nextBlock = Math.floor(start / blockBytes)
    thread.lastBlock = Math.floor((end - 1) / blockBytes)
    thread.phase = thread.request.write && this.options.delayedWrites ? THROTTLE : LOCK
  }

  /** Waits while too many buffers are dirty, before it has any. @returns false when it must sleep */
  private mayDirty(thread: IoThread): boolean {
    if (this.cache!.bwillwrite() !== OK) return false
    thread.phase = LOCK
    return true
  }

  /** Locks the chunk's blocks and starts reading those that are needed and not valid. @returns false when it must sleep */
  private lockBlocks(thread: IoThread): boolean {
    const { blockBytes } = this.options
    const cache = this.cache!
    const vnode = this.vnode!
    while (thread.nextBlock <= thread.lastBlock) {
      const needed = !thread.request.write || !this.covers(thread, thread.nextBlock)
      const buf = needed
        ? cache.bread(vnode, thread.nextBlock, blockBytes)
        : cache.getblk(vnode, thread.nextBlock, blockBytes)
      if (buf === null) return false
      thread.bufs.push(buf)
      if (needed) thread.reads.push(buf)
      thread.nextBlock++
    }
    thread.phase = READ
    thread.awaited = 0
    return true
  }

  /**
   * Copies between the user and the buffers, once they are valid; what was written goes to the device.
   * @returns false when it must sleep
   */
  private copyBlocks(thread: IoThread): boolean {
    const cache = this.cache!
    if (!this.transfersEnded(thread, thread.reads)) return false
    thread.reads.length = 0
    const { write } = thread.request
    const start = thread.request.offset + thread.done
    for (const buf of thread.bufs)
      if ((buf.b_flags & B_ERROR) === 0) this.user.uiomove(buf, write, start, start + thread.chunkBytes)
    let writes = 0
    for (const buf of thread.bufs) {
      if (!write) {
        cache.brelse(buf)
      } else if ((buf.b_flags & B_ERROR) !== 0) {
        this.writeFailed(thread, buf)
        cache.brelse(buf)
      } else if (this.options.delayedWrites) {
        cache.bdwrite(buf)
      } else {
        cache.bwrite(buf)
        thread.bufs[writes++] = buf
      }
    }
    if (write) thread.bufs.length = writes
    thread.phase = WRITE
    thread.awaited = 0
    return true
  }

  /** Waits for the chunk's writes and releases their buffers. @returns false when it must sleep */
  private awaitWrites(thread: IoThread): boolean {
    if (!thread.request.write) return true
    if (!this.transfersEnded(thread, thread.bufs)) return false
    for (const buf of thread.bufs) {
      if ((buf.b_flags & B_ERROR) !== 0) {
        this.writeFailed(thread, buf)
        // Whoever wrote is told. A buffer kept for another try, as those of delayed writes are, would stay dirty for ever
        // on a disk that is broken for good.
        buf.b_flags |= B_INVAL
      }
      this.cache!.bwriteWait(buf)
    }
    return true
  }

  /** Waits for the transfer started last first: the others mostly end before it, and wake nobody. @returns false when it must sleep */
  private transfersEnded(thread: IoThread, bufs: readonly Buf[]): boolean {
    for (; thread.awaited < bufs.length; thread.awaited++) {
      const error = this.cache!.biowait(bufs[bufs.length - 1 - thread.awaited]!)
      if (error === EWOULDBLOCK) return false
      if (error !== OK) thread.failed = true
    }
    return true
  }

  /** A buffer could not be written, or what it lacked could not be read: the request's part of it is in doubt. */
  private writeFailed(thread: IoThread, buf: Buf): void {
    const start = thread.request.offset + thread.done
    this.user.writeFailed(buf, start, start + thread.chunkBytes)
  }

  /** Whether the chunk overwrites the whole block, so that its old content is not needed. */
  private covers(thread: IoThread, lblkno: number): boolean {
    const start = thread.request.offset + thread.done
    const block = lblkno * this.options.blockBytes
    return start <= block && start + thread.chunkBytes >= block + this.options.blockBytes
  }
}
