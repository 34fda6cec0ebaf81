import type { SimLock } from '../../machine/lock.ts'
import type { Machine } from '../../machine/machine.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import type { Errno } from '../errno.ts'
import { EINPROGRESS, EWOULDBLOCK, OK } from '../errno.ts'
import type { IoPathHooks } from '../path/io-path.ts'
import type { KernelThreads } from '../sleep-channel.ts'
import { CopyCalls } from '../vm/copy-calls.ts'
import type { KvaArena } from '../vm/kva-arena.ts'
import type { PageAllocator } from '../vm/page-allocator.ts'
import { toPageEnd } from '../vm/page-bits.ts'
import type { VmPages } from '../vm/vm-pages.ts'
import type { XioCalls } from '../xio.ts'
import { XIO_INTERNAL_PAGES } from '../xio.ts'
import { AnonymousMemory } from './anonymous-memory.ts'
import { Blocks } from './blocks.ts'
import { B_ASYNC, B_CACHE, B_DEFERRED, B_DONE, B_INVAL, B_NOWDRAIN, B_ORDERED, Buf, NONE } from './buf.ts'
import { BufHash } from './buf-hash.ts'
import { BufKva } from './buf-kva.ts'
import { BufLists } from './buf-lists.ts'
import { BufMemory } from './buf-memory.ts'
import { BufPages } from './buf-pages.ts'
import { BufQueues, QUEUE_DIRTY, QUEUE_EMPTY } from './buf-queues.ts'
import { BufRelease } from './buf-release.ts'
import { BufSpace } from './buf-space.ts'
import { ClusterList } from './cluster-list.ts'
import { ClusterBuild } from './cluster-rbuild.ts'
import { ClusterReads } from './cluster-read.ts'
import { ClusterWrites } from './cluster-wbuild.ts'
import { DirtyBufs } from './dirty-bufs.ts'
import { FreeBsdWork } from './freebsd-work.ts'
import type { BufferCacheLimits } from './limits.ts'
import { LookAhead } from './look-ahead.ts'
import { NewBufs } from './new-bufs.ts'
import { Pbufs } from './pbufs.ts'
import { PhysioCalls } from './physio.ts'
import { RawSpans } from './raw-spans.ts'
import { RunningSpace } from './running-space.ts'
import { nswbufFor } from './sizing.ts'
import { Transfers } from './transfers.ts'
import type { Vnode } from './vnode.ts'

export interface BufferCacheParts {
  readonly machine: Machine
  readonly counters: KernelCounters
  readonly pages: PageAllocator
  readonly xios: XioCalls
  readonly path: IoPathHooks
  /** Address space of the buffers, on a path that reserves any. */
  readonly bufferMap: KvaArena
  /** Address space of the pbufs, 256 KiB for each; left out in a kernel without clusters and physical I/O. */
  readonly pagerMap?: KvaArena
  readonly vm: VmPages
  readonly threads: KernelThreads
  /** Around the hash and the queues of buffers; null or left out: they take the time of one processor only. */
  readonly bufLock?: SimLock | null
  /** Pages and buffers cost what they did in FreeBSD of 2013. */
  readonly freeBsdWork?: boolean
}

/**
 * The buffer cache of DragonFly, December 2004 (vfs_bio.c). The calls have the kernel's names and its locking: a buffer belongs
 * to one thread from getblk to its release. They act for the current thread of `threads`; a call that would sleep puts that
 * thread on the kernel's wait channel and says so, and the thread calls again once it is woken.
 */
export class BufferCache {
  readonly bufs: readonly Buf[]
  readonly limits: BufferCacheLimits
  readonly queues: BufQueues
  readonly space: BufSpace
  readonly dirty: DirtyBufs
  readonly running: RunningSpace
  /** Headers for clusters and physical I/O; null without a pager map. */
  readonly pbufs: Pbufs | null
  /** Direct transfers under way, which buffers must not get in the way of. */
  readonly rawSpans: RawSpans
  /** Physical I/O; null without a pager map. */
  readonly physio: PhysioCalls | null
  private readonly machine: Machine
  private readonly counters: KernelCounters
  private readonly vm: VmPages
  private readonly hash: BufHash
  private readonly bufPages: BufPages
  private readonly release: BufRelease
  private readonly transfers: Transfers
  private readonly blocks: Blocks
  private readonly clusterReads: ClusterReads
  private readonly clusterWrites: ClusterWrites

  /**
   * @param strategy starts a buffer's transfer at the device, in the direction of B_READ; `biodone` tells its end
   * @param lost hears of a buffer whose delayed write failed so often that its data is given up
   */
  constructor(
    parts: BufferCacheParts,
    limits: BufferCacheLimits,
    strategy: (buf: Buf) => void,
    lost: (buf: Buf) => void = () => undefined,
  ) {
    const { machine, counters, threads, path, vm } = parts
    const lists = new BufLists(machine, parts.bufLock ?? null)
    const work = parts.freeBsdWork === true ? new FreeBsdWork(machine) : null
    this.machine = machine
    this.counters = counters
    this.vm = vm
    this.limits = limits
    const bufs = makeBufs(limits.nbuf)
    const hash = new BufHash(bufs)
    const queues = new BufQueues(limits.nbuf)
    const space = new BufSpace(limits, path.reservesKva, queues, threads)
    const dirty = new DirtyBufs(limits, space)
    const running = new RunningSpace(limits, space, threads)
    const bufPages = new BufPages(parts.machine, vm, parts.xios, path, parts.pages, space, work, limits.nbuf)
    const memory = new BufMemory(parts, space, bufPages, new AnonymousMemory(parts, space), work)
    const kva = new BufKva(parts.bufferMap, space, counters)
    const release = new BufRelease({ machine, lists, vm, queues, hash, space, dirty, bufPages, memory, work })
    const lookAhead = new LookAhead(bufs, queues, hash, bufPages, parts.pages)
    const newBufs = new NewBufs({
      ...{ lists, machine, bufs, queues, space, kva },
      ...{ bufPages, memory, release, dirty, lookAhead, work },
    })
    const transfers = new Transfers(
      { machine, threads, space, dirty, running, bufPages, release },
      strategy,
      lost,
    )
    this.bufs = bufs
    this.hash = hash
    this.queues = queues
    this.space = space
    this.dirty = dirty
    this.running = running
    this.bufPages = bufPages
    this.release = release
    this.transfers = transfers
    this.rawSpans = new RawSpans({ machine, threads, vm, hash, space }, release, transfers)
    const { rawSpans } = this
    this.blocks = new Blocks({
      ...{ machine, lists, counters, hash, space, memory },
      ...{ release, newBufs, transfers, rawSpans, work },
    })
    this.pbufs = makePbufs(parts, space, limits.nbuf)
    const { blocks, pbufs } = this
    const { xios } = parts
    const copies = new CopyCalls(machine, counters)
    this.physio =
      pbufs === null
        ? null
        : new PhysioCalls({ machine, xios, path, copies, threads, space, transfers, pbufs })
    const list = new ClusterList({ path, xios, bufPages, transfers, threads, pbufs, work }, limits.nbuf)
    const build = new ClusterBuild({ machine, counters, hash, blocks, bufPages, release, transfers, list })
    this.clusterReads = new ClusterReads(
      { machine, counters, hash, blocks, release, transfers, build },
      limits.nbuf,
    )
    this.clusterWrites = new ClusterWrites({ machine, counters, hash, space, transfers, list })
    for (const buf of bufs) queues.insertTail(buf, QUEUE_EMPTY)
    space.numfreebuffers = limits.nbuf
  }

  /** The buffer of a block, if there is one, locked or not. */
  incore(vp: Vnode, lblkno: number): Buf | null {
    return this.hash.find(vp, lblkno)
  }

  /** Whether a block is in memory: in a buffer, or in valid pages of the vnode's object. */
  inmem(vp: Vnode, lblkno: number): boolean {
    if (this.incore(vp, lblkno) !== null) return true
    if (vp.object === null) return false
    const start = lblkno * vp.blockSize
    for (let at = start; at < start + vp.blockSize;) {
      const bytes = Math.min(toPageEnd(at), start + vp.blockSize - at)
      const page = this.vm.vm_page_lookup(vp.object, Math.floor(at / PAGE_SIZE))
      if (page === NONE || !this.vm.vm_page_is_valid(page, at % PAGE_SIZE, bytes)) return false
      at += bytes
    }
    return true
  }

  /**
   * The buffer of a block, locked for the caller; all of its data is valid when B_CACHE is set.
   * @param size 1 to 64 KiB; a buffer of another size is resized, or written and made anew
   * @returns null: asleep until the buffer is released ("getblk"), or there is one to be had ("newbuf", "nbufkv", "nbufbs")
   */
  getblk(vp: Vnode, lblkno: number, size: number): Buf | null {
    return this.blocks.getblk(vp, lblkno, size, true)
  }

  /**
   * getblk, and starts reading what is not valid. `biowait` tells when the data can be used.
   * @returns null: asleep, as getblk
   */
  bread(vp: Vnode, lblkno: number, size: number): Buf | null {
    const buf = this.getblk(vp, lblkno, size)
    if (buf === null) return null
    if ((buf.b_flags & B_CACHE) === 0) this.transfers.startRead(buf)
    else buf.b_flags |= B_DONE
    return buf
  }

  /**
   * bread, and starts reading other blocks that nobody waits for, as far as they are not in memory. One for which no buffer is
   * free is left out, where the kernel would sleep with the first locked.
   * @param ahead those blocks @param sizes of each, bytes @param count how many
   * @returns null: asleep, as getblk; then nothing was started
   */
  breadn(
    vp: Vnode,
    lblkno: number,
    size: number,
    ahead: ArrayLike<number>,
    sizes: ArrayLike<number>,
    count: number,
  ): Buf | null {
    const buf = this.bread(vp, lblkno, size)
    if (buf === null) return null
    for (let i = 0; i < count; i++) {
      if (this.inmem(vp, ahead[i]!)) continue
      const next = this.blocks.getblk(vp, ahead[i]!, sizes[i]!, false)
      if (next === null) continue
      if ((next.b_flags & B_CACHE) !== 0) {
        this.brelse(next)
      } else {
        next.b_flags |= B_ASYNC
        this.transfers.startRead(next)
      }
    }
    return buf
  }

  /**
   * bread of a file's block, with those behind it that the caller is going to read, as one transfer where they follow one
   * another on the disk; and a row more, that nobody waits for, for a caller that has read in order. A block marked B_RAM starts
   * the next row when it is read from memory.
   * @param filesize bytes of the file: nothing beyond is read
   * @param size bytes of the block: the vnode's block size
   * @param totread bytes that the caller is going to read from this block on
   * @param seqcount how many blocks ahead the caller's habit reaches; 0: it does not read in order
   * @returns null: asleep, as getblk; then nothing was started
   */
  cluster_read(
    vp: Vnode,
    filesize: number,
    lblkno: number,
    size: number,
    totread: number,
    seqcount: number,
  ): Buf | null {
    return this.clusterReads.cluster_read(vp, filesize, lblkno, size, totread, seqcount)
  }

  /**
   * Starts writing the dirty blocks among `count` from `lbn` on, neighbours together, without waiting for anything.
   * @param size bytes of each
   * @returns bytes that go to the disk
   */
  cluster_wbuild(vp: Vnode, size: number, lbn: number, count: number): number {
    return this.clusterWrites.cluster_wbuild(vp, size, lbn, count)
  }

  /**
   * Waits for the transfer of a buffer that the caller has.
   * @returns OK, or what went wrong: EINTR, the device's error, EIO; or EWOULDBLOCK: asleep, call again when woken
   */
  biowait(buf: Buf): Errno {
    return this.transfers.biowait(buf)
  }

  /** Starts the transfer of a pbuf, in the direction of its B_READ. Its B_CALL does the rest. */
  startPbuf(pbuf: Buf): void {
    this.transfers.startPbuf(pbuf, false)
  }

  /** The device finished the transfer of a buffer, or of a pbuf. */
  biodone(buf: Buf, error: Errno): void {
    this.transfers.biodone(buf, error)
  }

  /**
   * Starts writing a locked buffer. A buffer with B_ASYNC, or without valid content, is the caller's no more.
   * @returns OK when there is nothing to wait for; EINPROGRESS: finish with `bwriteWait`; EWOULDBLOCK for an asynchronous write
   * that is under way: asleep ("wdrain"), finish with `waitrunningbufspace` when woken
   */
  bwrite(buf: Buf): Errno {
    const { b_flags: flags } = buf
    if ((flags & B_INVAL) !== 0) {
      this.brelse(buf)
      return OK
    }
    this.transfers.startWrite(buf)
    if ((flags & B_ASYNC) === 0) return EINPROGRESS
    return (flags & B_NOWDRAIN) !== 0 ? OK : this.waitrunningbufspace()
  }

  /** The end of a synchronous bwrite: waits, and releases the buffer. @returns as biowait; a failed write leaves it dirty */
  bwriteWait(buf: Buf): Errno {
    const error = this.biowait(buf)
    if (error !== EWOULDBLOCK) this.brelse(buf)
    return error
  }

  /** Writes without waiting for the end of it. @returns as bwrite */
  bawrite(buf: Buf): Errno {
    buf.b_flags |= B_ASYNC
    return this.bwrite(buf)
  }

  /** bawrite; the device keeps its place among other writes. @returns as bwrite */
  bowrite(buf: Buf): Errno {
    buf.b_flags |= B_ORDERED
    return this.bawrite(buf)
  }

  /** Releases a buffer whose data is to be written some time later. Starts no transfer. */
  bdwrite(buf: Buf): void {
    if ((buf.b_flags & B_INVAL) !== 0) {
      this.brelse(buf)
      return
    }
    this.machine.accounting.enter(Site.bdwrite)
    this.counters.delayedWrites++
    this.dirty.bdirty(buf)
    buf.b_flags |= B_CACHE
    this.bufPages.vfs_clean_pages(buf)
    this.release.bqrelse(buf)
    this.dirty.bd_wakeup(this.dirty.middle)
    this.machine.accounting.leave()
  }

  /** Marks a locked buffer dirty. */
  bdirty(buf: Buf): void {
    this.dirty.bdirty(buf)
  }

  /** Marks a locked buffer clean. */
  bundirty(buf: Buf): void {
    this.dirty.bundirty(buf)
  }

  /** Unlocks a buffer; its flags say what becomes of it. */
  brelse(buf: Buf): void {
    this.release.brelse(buf)
  }

  /** Unlocks a buffer that will be used again. */
  bqrelse(buf: Buf): void {
    this.release.bqrelse(buf)
  }

  /** Before a buffer is dirtied. @returns OK, or EWOULDBLOCK: asleep ("flswai") while too many are, call again when woken */
  bwillwrite(): Errno {
    return this.dirty.bwillwrite()
  }

  /** @returns OK, or EWOULDBLOCK: asleep ("wdrain") while too much is being written, call again when woken */
  waitrunningbufspace(): Errno {
    return this.running.waitrunningbufspace()
  }

  /**
   * Starts writing the first dirty buffer that may be written, for the daemon.
   * @returns false when there is none
   */
  flushbufqueues(): boolean {
    const { queues, bufs } = this
    for (let id = queues.first(QUEUE_DIRTY); id !== NONE;) {
      const buf = bufs[id]!
      if ((buf.b_flags & B_INVAL) !== 0) {
        this.lockFree(buf)
        this.brelse(buf)
        return true
      }
      if (buf.b_dep === 0 || (buf.b_flags & B_DEFERRED) !== 0) {
        this.counters.daemonWrites++
        this.vfs_bio_awrite(buf)
        return true
      }
      queues.remove(buf)
      queues.insertTail(buf, QUEUE_DIRTY)
      buf.b_flags |= B_DEFERRED
      id = queues.first(QUEUE_DIRTY)
    }
    return false
  }

  /**
   * Starts writing a dirty buffer that nobody has, without waiting for anything. Where its file system allows (B_CLUSTEROK), its
   * dirty neighbours go with it.
   * @returns bytes that go to the disk
   */
  vfs_bio_awrite(buf: Buf): number {
    return this.clusterWrites.vfs_bio_awrite(buf)
  }

  /** Shows each page that the cache holds, as often as it holds it. */
  forEachHold(visit: (pfn: number) => void): void {
    for (const buf of this.bufs) visitHolds(buf, visit)
    for (const pbuf of this.pbufs?.headers ?? []) visitHolds(pbuf, visit)
  }

  private lockFree(buf: Buf): void {
    buf.locked = true
    this.space.bremfree(buf)
  }
}

/** The buffers, with their page lists in one array. */
function makeBufs(count: number): Buf[] {
  const pages = new Int32Array(count * XIO_INTERNAL_PAGES)
  return Array.from({ length: count }, (_, id) => new Buf(id, pages, id * XIO_INTERNAL_PAGES))
}

function visitHolds({ b_xio: xio, msf }: Buf, visit: (pfn: number) => void): void {
  for (let i = 0; i < xio.npages; i++) visit(xio.page(i))
  for (let i = 0; i < msf.ownXio.npages; i++) visit(msf.ownXio.page(i))
}

function makePbufs(parts: BufferCacheParts, space: BufSpace, nbuf: number): Pbufs | null {
  const { machine, counters, path, threads, pagerMap } = parts
  if (pagerMap === undefined) return null
  return new Pbufs({ machine, counters, path, threads, space, pagerMap }, nswbufFor(nbuf), nbuf)
}
