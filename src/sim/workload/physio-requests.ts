import type { BufferCache } from '../kernel/bufcache/buffer-cache.ts'
import type { RawDevice } from '../kernel/bufcache/physio.ts'
import { PhysioCall } from '../kernel/bufcache/physio.ts'
import { RawSpan } from '../kernel/bufcache/raw-spans.ts'
import type { Vnode } from '../kernel/bufcache/vnode.ts'
import { Site } from '../kernel/call-sites.ts'
import { EWOULDBLOCK, OK } from '../kernel/errno.ts'
import { UIO_READ, UIO_USERSPACE, UIO_WRITE, Uio } from '../kernel/uio.ts'
import type { PageAllocator } from '../kernel/vm/page-allocator.ts'
import { UserSpace } from '../kernel/vm/user-space.ts'
import type { UserPageSource } from '../kernel/vm/user-space.ts'
import type { Machine } from '../machine/machine.ts'
import { PAGE_SIZE, SECTOR_SIZE, SECTOR_WORDS } from '../machine/page.ts'
import { SimulationFault } from '../machine/physical-memory.ts'
import { CHUNK_BYTES } from './block-requests.ts'
import type { Ledger } from './ledger.ts'
import { ASLEEP, DONE, FAILED } from './request-handler.ts'
import type { Progress, RequestHandler } from './request-handler.ts'
import { KIND_BLOCK } from './request-kind.ts'
import type { IoRequest } from './request-source.ts'

/** Where a thread's buffer begins in its address space, and how large it is. */
const USER_PAGE = 16
const USER_PAGES = CHUNK_BYTES / PAGE_SIZE
const USER_ADDRESS = USER_PAGE * PAGE_SIZE

const NO_REQUEST: IoRequest = { kind: KIND_BLOCK, write: false, offset: 0, bytes: 0, atNs: 0 }

/** One process: its memory, its request and how far that is. */
class PhysioThread {
  request = NO_REQUEST
  readonly space: UserSpace
  readonly span = new RawSpan()
  readonly call = new PhysioCall()
  readonly uio = new Uio(1)
  /** It has the span of the current part. */
  entered = false
  /** Bytes of the request done in earlier parts. */
  done = 0
  partBytes = 0
  failed = false

  constructor(source: UserPageSource) {
    this.space = new UserSpace(USER_PAGE + USER_PAGES, source)
    this.space.reserve(USER_PAGE, USER_PAGES)
  }
}

export interface PhysioRequestsParts {
  readonly machine: Machine
  readonly pages: PageAllocator
  readonly ledger: Ledger
  readonly cache: BufferCache
  /** The disk as a whole, whose buffers other requests use. */
  readonly vnode: Vnode
  readonly device: RawDevice
}

/**
 * Reads and writes around the buffer cache (O_DIRECT): between the disk and the process's own pages, at most 128 KiB at a time,
 * while buffers of the same bytes are kept out of the way.
 */
export class PhysioRequests implements RequestHandler {
  private readonly parts: PhysioRequestsParts
  private readonly threads: PhysioThread[]

  /** @param threads how many may have a request at one time */
  constructor(parts: PhysioRequestsParts, threads: number) {
    this.parts = parts
    const source = { zeroFilledPage: () => parts.pages.alloc() }
    this.threads = Array.from({ length: threads }, () => new PhysioThread(source))
  }

  siteOf(request: IoRequest): number {
    return request.write ? Site.write : Site.read
  }

  begin(id: number, request: IoRequest): void {
    const thread = this.threads[id]!
    thread.request = request
    thread.done = 0
    thread.failed = false
  }

  proceed(id: number): Progress {
    const thread = this.threads[id]!
    while (thread.done < thread.request.bytes) {
      if (!thread.entered && !this.beginPart(thread)) return ASLEEP
      const error = this.parts.cache.physio!.physio(thread.call, thread.uio, this.parts.device)
      if (error === EWOULDBLOCK) return ASLEEP
      this.endPart(thread, error === OK && thread.uio.resid === 0)
    }
    return thread.failed ? FAILED : DONE
  }

  /** Takes the next part's span of the disk; then the process fills its buffer with what it writes. @returns false when it sleeps */
  private beginPart(thread: PhysioThread): boolean {
    const { cache, vnode } = this.parts
    const { request, span, uio, space } = thread
    const start = request.offset + thread.done
    const bytes = Math.min(CHUNK_BYTES, request.bytes - thread.done)
    if (cache.rawSpans.enter(span, vnode, start, start + bytes, request.write) !== OK) return false
    thread.entered = true
    thread.partBytes = bytes
    if (request.write) this.touch(thread, start, true)
    uio.reset(UIO_USERSPACE, request.write ? UIO_WRITE : UIO_READ, space)
    uio.add(USER_ADDRESS, bytes)
    uio.offset = start
    return true
  }

  /** The process looks at what it read; nobody can say what the disk holds of a part whose write failed. */
  private endPart(thread: PhysioThread, ok: boolean): void {
    const { cache, ledger } = this.parts
    const { write, offset } = thread.request
    const start = offset + thread.done
    if (!ok) thread.failed = true
    if (ok && !write) this.touch(thread, start, false)
    if (!ok && write)
      for (let at = start; at < start + thread.partBytes; at += SECTOR_SIZE)
        ledger.writeFailed(at / SECTOR_SIZE)
    cache.rawSpans.leave(thread.span)
    thread.entered = false
    thread.done += thread.partBytes
  }

  /** Stamps the process's buffer with the next version of each sector, or verifies it. */
  private touch(thread: PhysioThread, start: number, write: boolean): void {
    const { machine, ledger } = this.parts
    for (let at = 0; at < thread.partBytes; at += PAGE_SIZE) {
      const pfn = thread.space.vm_fault_quick(USER_ADDRESS + at, write)
      if (pfn < 0) throw new SimulationFault('out of memory for the pages of a process')
      if (!machine.memory.holdsData) continue
      const { frames } = machine.memory
      const words = frames.words(pfn)
      const end = Math.min(PAGE_SIZE, thread.partBytes - at)
      for (let byte = 0; byte < end; byte += SECTOR_SIZE) {
        const sector = (start + at + byte) / SECTOR_SIZE
        const base = frames.base + (byte / SECTOR_SIZE) * SECTOR_WORDS
        if (write) ledger.write(sector, words, base)
        else ledger.verify(sector, words, base)
      }
    }
  }
}
