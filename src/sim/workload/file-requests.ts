import { B_CLUSTEROK, B_INVAL } from '../kernel/bufcache/buf.ts'
import type { Buf } from '../kernel/bufcache/buf.ts'
import type { BufferCache } from '../kernel/bufcache/buffer-cache.ts'
import { Site } from '../kernel/call-sites.ts'
import { EWOULDBLOCK, OK } from '../kernel/errno.ts'
import type { FileSystem, FsThread } from '../kernel/fs/file-system.ts'
import type { FileVnode } from '../kernel/fs/file-vnode.ts'
import type { HasBlock } from '../kernel/fs/mkfs.ts'
import type { FsLayout } from '../kernel/fs/layout.ts'
import { STEP_ASLEEP, STEP_DONE, STEP_FAILED } from '../kernel/fs/step.ts'
import type { Machine } from '../machine/machine.ts'
import { FileCopy } from './file-copy.ts'
import { vn_io_fault } from './freebsd-file-work.ts'
import { ASLEEP, DONE, FAILED } from './request-handler.ts'
import type { Progress, RequestHandler } from './request-handler.ts'
import type { IoRequest } from './request-source.ts'
import type { UserCopyParts } from './user-copy.ts'

/** Where a thread goes on when it runs next. */
const FILE = 0
const THROTTLE = 1
const BEGIN_BLOCK = 2
const WALK = 3
const GET = 4
const READ = 5
const WRITE = 6
const END_BLOCK = 7
const UPDATE = 8

const NO_REQUEST: IoRequest = { kind: 0, write: false, offset: 0, bytes: 0, atNs: 0 }

/** One thread: the request that it works on and how far it is. */
class FileRequest {
  request = NO_REQUEST
  readonly fs: FsThread
  phase = FILE
  file: FileVnode
  /** How many blocks ahead the habit of the file's users reaches. */
  seqcount = 0
  /** Byte of all files, one after another, that it has come to, and the last one plus 1. */
  at = 0
  end = 0
  /** Block of the file, and bytes `from` to `to` - 1 of it. */
  lblkno = 0
  from = 0
  to = 0
  buf: Buf | null = null
  /** Part of the request could not be carried out. */
  failed = false

  constructor(fs: FsThread, file: FileVnode) {
    this.fs = fs
    this.file = file
  }
}

export interface FileRequestsParts extends UserCopyParts {
  readonly cache: BufferCache
  readonly fs: FileSystem
  /** What mkfs made. */
  readonly hasBlock: HasBlock
}

export interface FileRequestsOptions {
  readonly threads: number
  readonly delayedWrites: boolean
  /** Most blocks read ahead of who reads in order; neighbours then go to and from the disk together. 0: one by one. */
  readonly readAhead: number
  /** Reads and copies cost what they did in FreeBSD of 2013. */
  readonly freeBsdWork?: boolean
}

/**
 * Reads and writes files, as ffs_read and ffs_write do: under the file's lock, block by block, each looked up (or made) through
 * the file's metadata before its buffer is asked for, so that a thread that waits for metadata has no data locked. At the end
 * of a write the inode gets its new time. Requests count their offset over all files, one after another.
 */
export class FileRequests implements RequestHandler {
  private readonly machine: Machine
  private readonly cache: BufferCache
  private readonly files: readonly FileVnode[]
  private readonly layout: FsLayout
  private readonly fileBytes: number
  private readonly delayedWrites: boolean
  private readonly readAhead: number
  private readonly user: FileCopy
  private readonly freeBsdWork: boolean
  private readonly threads: readonly FileRequest[]

  constructor(parts: FileRequestsParts, options: FileRequestsOptions) {
    const { fs } = parts
    const { threads, delayedWrites, readAhead, freeBsdWork = false } = options
    this.machine = parts.machine
    this.freeBsdWork = freeBsdWork
    this.cache = parts.cache
    this.files = fs.files
    this.layout = fs.layout
    this.fileBytes = fs.layout.blocksPerFile * fs.layout.blockBytes
    this.delayedWrites = delayedWrites
    this.readAhead = readAhead
    this.user = new FileCopy(parts, fs.layout, parts.hasBlock, freeBsdWork)
    this.threads = Array.from({ length: threads }, () => new FileRequest(fs.attachThread(), fs.files[0]!))
  }

  siteOf(request: IoRequest): number {
    return request.write ? Site.write : Site.read
  }

  begin(id: number, request: IoRequest): void {
    if (this.freeBsdWork) vn_io_fault(this.machine)
    const thread = this.threads[id]!
    thread.request = request
    thread.at = request.offset
    thread.end = request.offset + request.bytes
    thread.failed = false
    thread.phase = FILE
  }

  proceed(id: number): Progress {
    const thread = this.threads[id]!
    while (thread.at < thread.end || thread.phase !== FILE) if (!this.work(thread)) return ASLEEP
    return thread.failed ? FAILED : DONE
  }

  /** Data of a file that was written, and whose request is complete, could not be brought to the disk and is no more in memory. */
  blockLost(file: FileVnode, lblkno: number): void {
    this.user.inDoubt(file.ino, lblkno, 0, this.layout.blockBytes)
  }

  /** Does what the phase asks for. @returns false when it must sleep */
  private work(thread: FileRequest): boolean {
    switch (thread.phase) {
      case FILE:
        return this.beginFile(thread)
      case THROTTLE:
        if (this.delayedWrites && this.cache.bwillwrite() !== OK) return false
        thread.phase = BEGIN_BLOCK
        return true
      case BEGIN_BLOCK:
        return this.beginBlock(thread)
      case WALK:
        return this.lookUp(thread)
      case GET:
        return this.getBuffer(thread)
      case READ:
        return this.copy(thread)
      case WRITE:
        return this.awaitWrite(thread)
      case END_BLOCK:
        return this.endBlock(thread)
      default:
        return this.update(thread)
    }
  }

  /** Locks the file that comes next. */
  private beginFile(thread: FileRequest): boolean {
    const { write } = thread.request
    const ino = Math.floor(thread.at / this.fileBytes)
    const offset = thread.at % this.fileBytes
    thread.file = this.files[ino]!
    const bytes = Math.min(thread.end - thread.at, this.fileBytes - offset)
    thread.seqcount = Math.min(this.readAhead, thread.file.sequential.next(offset, bytes))
    thread.phase = write ? THROTTLE : BEGIN_BLOCK
    return thread.file.lock.acquire(write)
  }

  private beginBlock(thread: FileRequest): boolean {
    const { blockBytes } = this.layout
    const offset = thread.at % this.fileBytes
    thread.lblkno = Math.floor(offset / blockBytes)
    thread.from = offset % blockBytes
    thread.to = Math.min(blockBytes, thread.from + thread.end - thread.at)
    thread.fs.walk.begin(thread.file.ino, thread.lblkno, thread.request.write)
    thread.phase = WALK
    return true
  }

  private lookUp(thread: FileRequest): boolean {
    const { fs, file, lblkno, from, to } = thread
    const step = fs.walk.proceed()
    if (step === STEP_ASLEEP) return false
    if (step === STEP_FAILED) {
      thread.failed = true
      thread.phase = END_BLOCK
    } else if (fs.walk.block === 0) {
      this.user.readHole(file.ino, lblkno, from, to)
      thread.phase = END_BLOCK
    } else {
      thread.phase = GET
    }
    return true
  }

  private getBuffer(thread: FileRequest): boolean {
    const { cache } = this
    const { file, lblkno } = thread
    const { block, run, isNew } = thread.fs.walk
    const { blockBytes } = this.layout
    file.found(lblkno, block, run)
    const buf = this.needsContent(thread) ? this.read(thread) : cache.getblk(file, lblkno, blockBytes)
    if (buf === null) return false
    if (isNew && thread.to - thread.from < blockBytes) this.user.clear(buf)
    thread.buf = buf
    thread.phase = READ
    return true
  }

  /** The write does not cover the whole block, whose other bytes stand on the disk. */
  private needsContent({ request, fs, from, to }: FileRequest): boolean {
    return !request.write || (!fs.walk.isNew && to - from < this.layout.blockBytes)
  }

  private read({ file, seqcount, lblkno, request, at, end, from }: FileRequest): Buf | null {
    const { cache, fileBytes } = this
    const { blockBytes } = this.layout
    if (request.write || this.readAhead === 0) return cache.bread(file, lblkno, blockBytes)
    const left = from + Math.min(end - at, fileBytes - (at % fileBytes))
    return cache.cluster_read(file, fileBytes, lblkno, blockBytes, left, seqcount)
  }

  /** Copies between the user and the buffer, once it is valid; what was written goes to the device. */
  private copy(thread: FileRequest): boolean {
    const { cache } = this
    const { file, from, to, request } = thread
    const buf = thread.buf!
    const error = this.needsContent(thread) ? cache.biowait(buf) : OK
    if (error === EWOULDBLOCK) return false
    thread.phase = END_BLOCK
    if (error !== OK) {
      thread.failed = true
      cache.brelse(buf)
      return true
    }
    this.user.uiomove(buf, file.ino, request.write, from, to)
    if (request.write && this.readAhead > 0) buf.b_flags |= B_CLUSTEROK
    if (!request.write) {
      cache.brelse(buf)
    } else if (this.delayedWrites) {
      cache.bdwrite(buf)
    } else {
      cache.bwrite(buf)
      thread.phase = WRITE
    }
    return true
  }

  private awaitWrite(thread: FileRequest): boolean {
    const buf = thread.buf!
    const error = this.cache.biowait(buf)
    if (error === EWOULDBLOCK) return false
    if (error !== OK) {
      const { fs, file, lblkno, from, to } = thread
      thread.failed = true
      if (fs.walk.isNew) this.blockLost(file, lblkno)
      else this.user.inDoubt(file.ino, lblkno, from, to)
      // Whoever wrote is told. Kept for another try, the buffer would stay dirty for ever on a disk that is broken for good.
      buf.b_flags |= B_INVAL
    }
    this.cache.brelse(buf)
    thread.phase = END_BLOCK
    return true
  }

  private endBlock(thread: FileRequest): boolean {
    thread.buf = null
    thread.at += thread.to - thread.from
    if (thread.at < thread.end && thread.at % this.fileBytes !== 0) {
      thread.phase = BEGIN_BLOCK
    } else if (thread.request.write) {
      const end = thread.lblkno * this.layout.blockBytes + thread.to
      thread.fs.update.begin(thread.file.ino, end)
      thread.phase = UPDATE
    } else {
      this.endFile(thread)
    }
    return true
  }

  private update(thread: FileRequest): boolean {
    const step = thread.fs.update.proceed()
    if (step === STEP_ASLEEP) return false
    if (step !== STEP_DONE) thread.failed = true
    this.endFile(thread)
    return true
  }

  private endFile(thread: FileRequest): void {
    thread.file.lock.release()
    thread.phase = FILE
  }
}
