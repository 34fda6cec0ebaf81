import { BufferCache } from '../../../../src/sim/kernel/bufcache/buffer-cache.ts'
import type { Buf } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { B_CACHE, B_READ } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { QUEUE_CLEAN, QUEUE_EMPTYKVA } from '../../../../src/sim/kernel/bufcache/buf-queues.ts'
import type { BufferCacheLimits } from '../../../../src/sim/kernel/bufcache/limits.ts'
import { limitsForBuffers, nswbufFor } from '../../../../src/sim/kernel/bufcache/sizing.ts'
import { Vnode } from '../../../../src/sim/kernel/bufcache/vnode.ts'
import type { Errno } from '../../../../src/sim/kernel/errno.ts'
import { EWOULDBLOCK, OK } from '../../../../src/sim/kernel/errno.ts'
import { DirectPath } from '../../../../src/sim/kernel/path/direct.ts'
import { MappedPath } from '../../../../src/sim/kernel/path/mapped.ts'
import type { IoPathHooks } from '../../../../src/sim/kernel/path/io-path.ts'
import { DirectMapLwBufs } from '../../../../src/sim/kernel/sf-buf/lwbuf-direct-map.ts'
import { KernelThreads } from '../../../../src/sim/kernel/sleep-channel.ts'
import { FirstFitArena } from '../../../../src/sim/kernel/vm/first-fit-arena.ts'
import { VmPages } from '../../../../src/sim/kernel/vm/vm-pages.ts'
import { KernelBench } from '../kernel-bench.ts'

export const KIB = 1024
const BUFFER_MAP_START = 1024

export interface CacheOptions {
  readonly path: 'mapped' | 'direct'
  readonly limits: BufferCacheLimits
  /** Pages of the buffer map. */
  readonly mapPages: number
  readonly keep: boolean
  readonly maxPages: number
  readonly severePages: number
  readonly memoryPages: number
  readonly threads: number
  /** It has pbufs, for clusters and physical I/O. */
  readonly pbufs: boolean
  readonly freeBsdWork: boolean
}

/** A cache over a disk whose transfers end when the test says so. Of each sector the disk and memory keep one word. */
export class CacheBench extends KernelBench {
  readonly cache: BufferCache
  readonly vm: VmPages
  readonly path: IoPathHooks
  readonly bufferMap: FirstFitArena
  readonly threads: KernelThreads
  /** Threads woken so far. */
  readonly woken: number[] = []
  /** Transfers under way, oldest first. */
  readonly started: Buf[] = []
  /** What the transfers started so far were, such as `read 8+4096`: first sector and bytes. */
  readonly log: string[] = []
  readonly disk = new Map<number, number>()
  /** Blocks of the buffers whose data was given up. */
  readonly lost: number[] = []
  /** Told of wake-ups as well. */
  onWake: (thread: number) => void = () => undefined
  private readonly mapEnd: number
  private vnodes = 0

  constructor(options: Partial<CacheOptions> = {}) {
    const limits = options.limits ?? limitsForBuffers(8, 16 * KIB)
    const mapPages = options.mapPages ?? limits.nbuf * 4 + 4
    const pagerPages = options.pbufs === true ? nswbufFor(limits.nbuf) * 64 : 0
    super({ kvaPages: BUFFER_MAP_START + mapPages + pagerPages, memoryPages: options.memoryPages ?? 8192 })
    const { machine, counters, pages, xios, pmap, msfs } = this
    this.path =
      options.path === 'direct'
        ? new DirectPath(msfs, new DirectMapLwBufs(machine), counters)
        : new MappedPath(pmap, counters)
    this.bufferMap = new FirstFitArena(BUFFER_MAP_START, mapPages)
    this.threads = new KernelThreads(options.threads ?? 8, (thread) => {
      this.woken.push(thread)
      this.onWake(thread)
    })
    this.vm = new VmPages(pages, {
      keep: options.keep ?? false,
      maxPages: options.maxPages ?? Infinity,
      severePages: options.severePages ?? 0,
    })
    const { path, bufferMap, threads, vm } = this
    this.mapEnd = BUFFER_MAP_START + mapPages
    const pagerMap = new FirstFitArena(this.mapEnd, Math.max(1, pagerPages))
    const parts = {
      ...{ machine, counters, pages, xios, path, bufferMap, threads, vm },
      ...(options.pbufs === true && { pagerMap }),
      freeBsdWork: options.freeBsdWork === true,
    }
    this.cache = new BufferCache(
      parts,
      limits,
      (buf) => {
        this.started.push(buf)
        this.log.push(`${(buf.b_flags & B_READ) !== 0 ? 'read' : 'write'} ${buf.b_blkno}+${buf.b_bcount}`)
      },
      (buf) => this.lost.push(buf.b_lblkno),
    )
  }

  /** @param shared its buffers are VMIO */
  vnode(blockSize: number, shared = true): Vnode {
    return new Vnode(this.vnodes++, blockSize, shared ? this.vm.newObject() : null)
  }

  /** Runs as another thread from now on. */
  as(thread: number): this {
    this.threads.current = thread
    return this
  }

  /** Ends a transfer, the oldest unless another is given, and moves the data unless it failed. */
  end(error: Errno = OK, buf = this.started[0]!): void {
    this.started.splice(this.started.indexOf(buf), 1)
    const read = (buf.b_flags & B_READ) !== 0
    for (let at = 0; at < buf.b_bcount && error === OK; at += 512) {
      const sector = buf.b_blkno + at / 512
      if (read) this.machine.memory.write32(this.physical(buf, at), this.disk.get(sector) ?? 0)
      else this.disk.set(sector, this.machine.memory.read32(this.physical(buf, at)))
    }
    this.cache.biodone(buf, error)
  }

  endAll(): void {
    while (this.started.length > 0) this.end()
  }

  /** A buffer that nobody has, locked. */
  get(vp: Vnode, lblkno: number, size: number): Buf {
    const buf = this.cache.getblk(vp, lblkno, size)
    if (buf === null) throw new Error(`thread ${this.threads.current} sleeps: ${this.waitsFor()}`)
    return buf
  }

  /** A buffer with its content, locked. */
  read(vp: Vnode, lblkno: number, size: number): Buf {
    const buf = this.cache.bread(vp, lblkno, size)
    if (buf === null) throw new Error(`thread ${this.threads.current} sleeps: ${this.waitsFor()}`)
    if ((buf.b_flags & B_CACHE) === 0) this.end(OK, buf)
    if (this.cache.biowait(buf) !== OK) throw new Error('the read failed')
    return buf
  }

  /** Reads a block and releases it. @returns whether it was there */
  use(vp: Vnode, lblkno: number, size: number): boolean {
    const before = this.log.length
    this.cache.bqrelse(this.read(vp, lblkno, size))
    return this.log.length === before
  }

  /** Writes a locked buffer and waits. */
  write(buf: Buf): void {
    this.cache.bwrite(buf)
    this.end(OK, buf)
    if (this.cache.bwriteWait(buf) !== OK) throw new Error('the write failed')
  }

  /** What the current thread sleeps for. */
  waitsFor(): string | null {
    return this.cache.space.messageOf(this.threads.current)
  }

  /** Fills each sector of a locked buffer, through the path's own view of it. */
  fill(buf: Buf, value: number): void {
    for (let at = 0; at < buf.b_bcount; at += 512)
      this.machine.memory.write32(this.view(buf, at, true), value)
  }

  /** The word of each sector of a locked buffer, through the path's own view of it. */
  words(buf: Buf): number[] {
    return Array.from({ length: buf.b_bcount / 512 }, (_, i) =>
      this.machine.memory.read32(this.view(buf, i * 512, false)),
    )
  }

  /** What must hold at any time when no transfer is under way. */
  problems(): string[] {
    const { cache } = this
    const expected = new Map<number, number>()
    cache.forEachHold((pfn) => expected.set(pfn, (expected.get(pfn) ?? 0) + 1))
    const found: string[] = []
    this.holds.forEach((pfn, count) => {
      if (expected.get(pfn) !== count) found.push(`page ${pfn}: ${count} holds, not ${expected.get(pfn)}`)
      expected.delete(pfn)
    })
    for (const pfn of expected.keys()) found.push(`page ${pfn} is not held`)
    const reserved = cache.bufs.reduce((sum, buf) => sum + buf.b_kvasize, 0)
    const memory = cache.bufs.reduce((sum, buf) => sum + buf.b_bufsize, 0)
    if (cache.space.bufspace !== (this.path.reservesKva ? reserved : memory)) found.push('bufspace')
    const free = this.bufferMap.freePages * 4096
    if (free + reserved !== (this.mapEnd - BUFFER_MAP_START) * 4096) found.push('buffer map')
    const reachable = cache.bufs.filter(
      ({ b_qindex: queue }) => queue === QUEUE_CLEAN || queue >= QUEUE_EMPTYKVA,
    )
    if (cache.space.numfreebuffers !== reachable.length) found.push('numfreebuffers')
    if (cache.running.runningbufspace !== 0) found.push('runningbufspace')
    const { pbufs } = cache
    if (pbufs !== null && pbufs.available !== pbufs.headers.length) found.push('pbufs')
    return found
  }

  private view(buf: Buf, at: number, write: boolean): number {
    const place = buf.b_xio.offset + at
    const address = this.path.openPage(buf, Math.floor(place / 4096))
    const physical = this.machine.translate(address, write)
    this.path.closePage()
    return physical + (place % 4096)
  }

  private physical(buf: Buf, at: number): number {
    const place = buf.b_xio.offset + at
    return buf.b_xio.pages[Math.floor(place / 4096)]! * 4096 + (place % 4096)
  }
}

/** What biowait and its kin return for a thread that sleeps. */
export const ASLEEP = EWOULDBLOCK
