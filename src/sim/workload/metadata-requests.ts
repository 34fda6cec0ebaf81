import type { BufferCache } from '../kernel/bufcache/buffer-cache.ts'
import { Site } from '../kernel/call-sites.ts'
import { OK } from '../kernel/errno.ts'
import type { FileSystem, FsThread } from '../kernel/fs/file-system.ts'
import { STEP_ASLEEP, STEP_FAILED } from '../kernel/fs/step.ts'
import { ASLEEP, DONE, FAILED } from './request-handler.ts'
import type { Progress, RequestHandler } from './request-handler.ts'
import type { IoRequest } from './request-source.ts'

class MetadataRequest {
  readonly fs: FsThread
  write = false
  /** It may dirty a buffer. */
  admitted = false

  constructor(fs: FsThread) {
    this.fs = fs
  }
}

/** Requests that look at the metadata of a file (stat), or set its time (touch) when they write. The offset is the file's number. */
export class MetadataRequests implements RequestHandler {
  private readonly cache: BufferCache
  private readonly delayedWrites: boolean
  private readonly threads: readonly MetadataRequest[]

  constructor(cache: BufferCache, fs: FileSystem, threads: number, delayedWrites: boolean) {
    this.cache = cache
    this.delayedWrites = delayedWrites
    this.threads = Array.from({ length: threads }, () => new MetadataRequest(fs.attachThread()))
  }

  siteOf(request: IoRequest): number {
    return request.write ? Site.utimes : Site.stat
  }

  begin(id: number, { write, offset }: IoRequest): void {
    const thread = this.threads[id]!
    thread.write = write
    thread.admitted = !write || !this.delayedWrites
    if (write) thread.fs.update.begin(offset, 0)
    else thread.fs.stat.begin(offset)
  }

  proceed(id: number): Progress {
    const thread = this.threads[id]!
    if (!thread.admitted) {
      if (this.cache.bwillwrite() !== OK) return ASLEEP
      thread.admitted = true
    }
    const step = thread.write ? thread.fs.update.proceed() : thread.fs.stat.proceed()
    if (step === STEP_ASLEEP) return ASLEEP
    return step === STEP_FAILED ? FAILED : DONE
  }
}
