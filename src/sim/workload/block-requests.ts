import { B_CLUSTEROK, B_ERROR, B_INVAL } from '../kernel/bufcache/buf.ts'
import type { Buf } from '../kernel/bufcache/buf.ts'
import type { BufferCache } from '../kernel/bufcache/buffer-cache.ts'
import { SequentialHeuristic } from '../kernel/bufcache/sequential.ts'
import { Site } from '../kernel/call-sites.ts'
import { EWOULDBLOCK, OK } from '../kernel/errno.ts'
import { BufList } from './buf-list.ts'
import type { DiskSlice } from './disk-slice.ts'
import { ASLEEP, DONE, FAILED } from './request-handler.ts'
import type { Progress, RequestHandler } from './request-handler.ts'
import type { IoRequest } from './request-source.ts'
import { UserCopy } from './user-copy.ts'
import type { UserCopyParts } from './user-copy.ts'

/** Most bytes that a thread works on at once, as MAXPHYS limits a transfer. Longer requests go in parts. */
export const CHUNK_BYTES = 128 * 1024

/** Where a thread goes on when it runs next. */
const THROTTLE = 0
const LOCK = 1
const READ = 2
const WRITE = 3

const NO_REQUEST: IoRequest = { kind: 0, write: false, offset: 0, bytes: 0, atNs: 0 }

interface SliceUser extends DiskSlice {
  readonly user: UserCopy
}

/** One thread: the request that it works on and how far it is. */
class BlockRequest {
  request = NO_REQUEST
  /** Where the chunk lies. */
  slice: SliceUser
  readonly bufs = new BufList()
  /** Those of them that were asked for with their content, and later those that are being written. */
  readonly transfers = new BufList()
  phase = LOCK
  /** Bytes of the request done in earlier chunks. */
  done = 0
  chunkBytes = 0
  nextBlock = 0
  lastBlock = 0
  /** How many reads, or writes, of the chunk it has seen the end of. */
  awaited = 0
  /** A block of the request could not be read or written. */
  failed = false
  /** Blocks to read ahead of the request. */
  seqcount = 0

  constructor(slice: SliceUser) {
    this.slice = slice
  }
}

export interface BlockRequestsParts extends UserCopyParts {
  readonly cache: BufferCache
  /** What is read and written: slices that follow one another from byte 0 of the disk on. */
  readonly slices: readonly DiskSlice[]
}

export interface BlockRequestsOptions {
  readonly threads: number
  /** Written blocks stay in the cache until somebody writes them (bdwrite); otherwise threads write them at once (bwrite). */
  readonly delayedWrites: boolean
  /** Most blocks read ahead of those who read in order; neighbours then go to and from the disk together. 0: one by one. */
  readonly readAhead: number
}

/**
 * Reads and writes through the buffer cache, block by block: lock the blocks in ascending order (so that threads cannot wait
 * in a circle), read what is missing, copy and verify or stamp, write back now or leave that to the daemon, release.
 */
export class BlockRequests implements RequestHandler {
  private readonly cache: BufferCache
  private readonly slices: readonly SliceUser[]
  private readonly options: BlockRequestsOptions
  private readonly threads: BlockRequest[]
  private readonly sequential = new SequentialHeuristic()
  private blocksLost = 0

  constructor(parts: BlockRequestsParts, options: BlockRequestsOptions) {
    this.cache = parts.cache
    this.slices = parts.slices.map((slice) => ({
      ...slice,
      user: new UserCopy(parts, slice.vnode.blockSize, slice.start),
    }))
    this.options = options
    this.threads = Array.from({ length: options.threads }, () => new BlockRequest(this.slices[0]!))
  }

  /** Blocks given up that were written. */
  get lost(): number {
    return this.blocksLost
  }

  siteOf(request: IoRequest): number {
    return request.write ? Site.write : Site.read
  }

  begin(id: number, request: IoRequest): void {
    const thread = this.threads[id]!
    thread.request = request
    thread.done = 0
    thread.failed = false
    if (this.options.readAhead > 0)
      thread.seqcount = Math.min(this.options.readAhead, this.sequential.next(request.offset, request.bytes))
    this.beginChunk(thread)
  }

  readonly proceed = (id: number): Progress => {
    const thread = this.threads[id]!
    for (;;) {
      if (thread.phase === THROTTLE && !this.mayDirty(thread)) return ASLEEP
      if (thread.phase === LOCK && !this.lockBlocks(thread)) return ASLEEP
      if (thread.phase === READ && !this.copyBlocks(thread)) return ASLEEP
      if (thread.phase === WRITE && !this.awaitWrites(thread)) return ASLEEP
      thread.bufs.clear()
      thread.transfers.clear()
      thread.done += thread.chunkBytes
      if (thread.done === thread.request.bytes) return thread.failed ? FAILED : DONE
      this.beginChunk(thread)
    }
  }

  /** A block that was written, and whose request is complete, could not be brought to the disk and is no more in memory. */
  blockLost(buf: Buf): void {
    this.blocksLost++
    this.slices.find(({ vnode }) => vnode === buf.b_vp)!.user.writeFailed(buf, 0, Infinity)
  }

  private beginChunk(thread: BlockRequest): void {
    const start = thread.request.offset + thread.done
    let index = 0
    while (start >= this.slices[index]!.end) index++
    const slice = this.slices[index]!
    const { blockSize } = slice.vnode
    const end = Math.min(
      thread.request.offset + thread.request.bytes,
      (Math.floor(start / CHUNK_BYTES) + 1) * CHUNK_BYTES,
    )
    thread.chunkBytes = end - start
    thread.slice = slice
    thread.nextBlock = Math.floor((start - slice.start) / blockSize)
    thread.lastBlock = Math.floor((end - 1 - slice.start) / blockSize)
    thread.phase = thread.request.write && this.options.delayedWrites ? THROTTLE : LOCK
  }

  /** Waits while too many buffers are dirty, before it has any. @returns false when it must sleep */
  private mayDirty(thread: BlockRequest): boolean {
    if (this.cache.bwillwrite() !== OK) return false
    thread.phase = LOCK
    return true
  }

  /** Locks the chunk's blocks and starts reading those that are needed and not valid. @returns false when it must sleep */
  private readonly lockBlocks = (thread: BlockRequest): boolean => {
    const { cache } = this
    const { vnode } = thread.slice
    while (thread.nextBlock <= thread.lastBlock) {
      const needed = !thread.request.write || !this.covers(thread, thread.nextBlock)
      const buf = needed ? this.read(thread) : cache.getblk(vnode, thread.nextBlock, vnode.blockSize)
      if (buf === null) return false
      thread.bufs.add(buf)
      if (needed) thread.transfers.add(buf)
      thread.nextBlock++
    }
    thread.phase = READ
    thread.awaited = 0
    return true
  }

  /** The next block with its content, and on a read, where the run asks for it, those behind it. */
  private read({ request, slice, nextBlock, lastBlock, seqcount }: BlockRequest): Buf | null {
    const { cache } = this
    const { vnode, start, end } = slice
    const { blockSize } = vnode
    if (request.write || this.options.readAhead === 0) return cache.bread(vnode, nextBlock, blockSize)
    const totread = (lastBlock + 1 - nextBlock) * blockSize
    return cache.cluster_read(vnode, end - start, nextBlock, blockSize, totread, seqcount)
  }

  /**
   * Copies between the user and the buffers, once they are valid; what was written goes to the device.
   * @returns false when it must sleep
   */
  private copyBlocks(thread: BlockRequest): boolean {
    const { cache } = this
    if (!this.transfersEnded(thread)) return false
    const { bufs, transfers } = thread
    transfers.clear()
    const { write } = thread.request
    const start = thread.request.offset + thread.done
    for (let i = 0; i < bufs.count; i++) {
      const buf = bufs.at(i)
      if ((buf.b_flags & B_ERROR) === 0)
        thread.slice.user.uiomove(buf, write, start, start + thread.chunkBytes)
    }
    for (let i = 0; i < bufs.count; i++) {
      const buf = bufs.at(i)
      if (!write) {
        cache.brelse(buf)
      } else if ((buf.b_flags & B_ERROR) !== 0) {
        this.writeFailed(thread, buf)
        cache.brelse(buf)
      } else if (this.options.delayedWrites) {
        if (this.options.readAhead > 0) buf.b_flags |= B_CLUSTEROK
        cache.bdwrite(buf)
      } else {
        cache.bwrite(buf)
        transfers.add(buf)
      }
    }
    thread.phase = WRITE
    thread.awaited = 0
    return true
  }

  /** Waits for the chunk's writes and releases their buffers. @returns false when it must sleep */
  private awaitWrites(thread: BlockRequest): boolean {
    if (!thread.request.write) return true
    if (!this.transfersEnded(thread)) return false
    for (let i = 0; i < thread.transfers.count; i++) {
      const buf = thread.transfers.at(i)
      if ((buf.b_flags & B_ERROR) !== 0) {
        this.writeFailed(thread, buf)
        // Whoever wrote is told. A buffer kept for another try, as those of delayed writes are, would stay dirty for ever
        // on a disk that is broken for good.
        buf.b_flags |= B_INVAL
      }
      this.cache.bwriteWait(buf)
    }
    return true
  }

  /** Waits for the transfer started last first: the others mostly end before it, and wake nobody. @returns false when it must sleep */
  private transfersEnded(thread: BlockRequest): boolean {
    const { transfers } = thread
    for (; thread.awaited < transfers.count; thread.awaited++) {
      const error = this.cache.biowait(transfers.at(transfers.count - 1 - thread.awaited))
      if (error === EWOULDBLOCK) return false
      if (error !== OK) thread.failed = true
    }
    return true
  }

  /** A buffer could not be written, or what it lacked could not be read: the request's part of it is in doubt. */
  private writeFailed(thread: BlockRequest, buf: Buf): void {
    const start = thread.request.offset + thread.done
    thread.slice.user.writeFailed(buf, start, start + thread.chunkBytes)
  }

  /** Whether the chunk overwrites the whole block, so that its old content is not needed. */
  private covers(thread: BlockRequest, lblkno: number): boolean {
    const start = thread.request.offset + thread.done
    const { vnode, start: sliceStart } = thread.slice
    const block = sliceStart + lblkno * vnode.blockSize
    return start <= block && start + thread.chunkBytes >= block + vnode.blockSize
  }
}
