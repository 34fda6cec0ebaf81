import type { Buf } from '../kernel/bufcache/buf.ts'
import type { BufferCache } from '../kernel/bufcache/buffer-cache.ts'
import { MAXBSIZE } from '../kernel/bufcache/limits.ts'
import type { Vnode } from '../kernel/bufcache/vnode.ts'
import { Site } from '../kernel/call-sites.ts'
import { EWOULDBLOCK, OK } from '../kernel/errno.ts'
import type { Sendfile } from '../kernel/net/sendfile.ts'
import { ASLEEP, DONE, FAILED } from './request-handler.ts'
import type { Progress, RequestHandler } from './request-handler.ts'
import type { IoRequest } from './request-source.ts'
import type { WireCheck } from './wire-check.ts'

/** One thread's request: the block that it is at, and what it waits for. */
class FileRequest {
  /** Bytes of the file: those not given to the network yet. */
  at = 0
  end = 0
  buf: Buf | null = null
  isPushing = false
}

export interface SendfileRequestsParts {
  readonly cache: BufferCache
  /** What is sent, in blocks of `blockBytes`. */
  readonly vnode: Vnode
  readonly sendfile: Sendfile
  readonly wire: WireCheck
}

/**
 * sendfile(2): block by block, read through the buffer cache, with the blocks after it read ahead; give its pages to the network;
 * wait while the transmit ring is full. A request is complete when its last frame is in the ring, as the call returns when
 * the socket has taken everything. One whose block cannot be read has failed; frames before that block were sent.
 */
export class SendfileRequests implements RequestHandler {
  private readonly parts: SendfileRequestsParts
  private readonly blockBytes: number
  private readonly threads: FileRequest[]
  private readonly ahead = new Float64Array(MAXBSIZE / 512)
  private readonly sizes: Float64Array

  constructor(parts: SendfileRequestsParts, threads: number, blockBytes: number) {
    this.parts = parts
    this.blockBytes = blockBytes
    this.threads = Array.from({ length: threads }, () => new FileRequest())
    this.sizes = new Float64Array(this.ahead.length).fill(blockBytes)
  }

  siteOf(_request: IoRequest): number {
    return Site.sendfile
  }

  begin(id: number, request: IoRequest): void {
    const thread = this.threads[id]!
    thread.at = request.offset
    thread.end = request.offset + request.bytes
    this.parts.sendfile.open(id, request.offset, request.bytes)
  }

  proceed(id: number): Progress {
    const thread = this.threads[id]!
    for (;;) {
      if (thread.isPushing) {
        const error = this.parts.sendfile.push(id)
        if (error === EWOULDBLOCK) return ASLEEP
        thread.isPushing = false
        if (error !== OK) return FAILED
        if (thread.at === thread.end) return DONE
      }
      thread.buf ??= this.read(thread)
      if (thread.buf === null) return ASLEEP
      const error = this.parts.cache.biowait(thread.buf)
      if (error === EWOULDBLOCK) return ASLEEP
      if (error === OK) this.give(id, thread, thread.buf)
      this.parts.cache.brelse(thread.buf)
      thread.buf = null
      if (error !== OK) {
        this.parts.sendfile.abort(id)
        return FAILED
      }
    }
  }

  /** Gets the next block, and starts reading as many after it as the largest transfer holds. @returns null: asleep */
  private read(thread: FileRequest): Buf | null {
    const { blockBytes } = this
    const block = Math.floor(thread.at / blockBytes)
    const last = Math.floor((thread.end - 1) / blockBytes)
    const count = Math.min(last - block, Math.floor(MAXBSIZE / blockBytes) - 1)
    for (let i = 0; i < count; i++) this.ahead[i] = block + 1 + i
    return this.parts.cache.breadn(this.parts.vnode, block, blockBytes, this.ahead, this.sizes, count)
  }

  private give(id: number, thread: FileRequest, buf: Buf): void {
    const { sendfile, wire } = this.parts
    const block = buf.b_lblkno * this.blockBytes
    const end = Math.min(thread.end, block + this.blockBytes)
    wire.given(id, thread.at, end)
    sendfile.give(id, buf.b_xio, thread.at - block, end - thread.at)
    thread.at = end
    thread.isPushing = true
  }
}
