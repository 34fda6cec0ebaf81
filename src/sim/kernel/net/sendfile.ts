import type { Machine } from '../../machine/machine.ts'
import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { MAXBSIZE } from '../bufcache/limits.ts'
import { Site } from '../call-sites.ts'
import type { Errno } from '../errno.ts'
import { ENOBUFS, EWOULDBLOCK, OK } from '../errno.ts'
import type { KernelThreads } from '../sleep-channel.ts'
import { AFTER_WAKEUP, FIRST_CALL, SleepChannel } from '../sleep-channel.ts'
import type { PageHolds } from '../vm/page-holds.ts'
import type { Xio } from '../xio.ts'
import type { FileStorage } from './file-storage.ts'
import { FRAME_HEADER_BYTES, FrameHeader } from './frame-header.ts'
import type { ExtFree, Mbuf } from './mbuf.ts'
import type { MbufPool } from './mbuf-pool.ts'
import type { NicDriver } from './nic-driver.ts'

/** Pages of the largest block, which need not begin at the start of one. */
const MOST_PAGES = MAXBSIZE / PAGE_SIZE + 1
const NONE = -1

/** One connection: what it still has to send, the pages that it has at hand and the frame that it makes. */
class Stream {
  /** Byte of the file that is sent next, and how many are left of the whole. */
  offset = 0
  left = 0
  readonly pages = new Int32Array(MOST_PAGES)
  npages = 0
  /** Bytes of the pages: those not in a frame yet begin at `from`. */
  from = 0
  end = 0
  /** The piece of storage in use, of which page it is the first, and where it ends. */
  storage = NONE
  storageFrom = 0
  storageEnd = 0
  asleepForStorage = false
  packet: Mbuf | null = null
  /** Bytes that the frame still lacks. */
  lacks = 0
}

/** Sees what goes into frames. */
export interface SendfileWatcher {
  /** Bytes of the file go into a frame whose data begins at `frameOffset` of the file. */
  appended(stream: number, frame: number, frameOffset: number, offset: number, bytes: number): void
}

export interface SendfileParts {
  readonly machine: Machine
  readonly threads: KernelThreads
  readonly holds: PageHolds
  readonly mbufs: MbufPool
  readonly storage: FileStorage
  readonly driver: NicDriver
  readonly watcher: SendfileWatcher
}

/**
 * Sends pages of a file as frames (the part of kern_sendfile below the read, and a protocol that never waits for the other
 * end). The pages of a block are held, made the storage of mbufs, and cut into frames of one size. What a frame refers to
 * stays in place until the adapter has sent it.
 */
export class Sendfile {
  private readonly parts: SendfileParts
  private readonly streams: Stream[]
  private readonly payload: number
  private readonly room: SleepChannel
  private readonly header = new FrameHeader()
  private readonly frameOffsets: number[] = []
  private readonly spareFrames: number[] = []
  private inFlight = 0
  private idle: (() => void) | null = null
  private readonly frameFreed: ExtFree = (frame) => this.ended(frame)

  /** @param streams connections, each of the thread with its number @param mtu most bytes of a frame after its Ethernet header */
  constructor(parts: SendfileParts, streams: number, mtu: number) {
    this.parts = parts
    this.streams = Array.from({ length: streams }, () => new Stream())
    this.payload = framePayload(mtu)
    this.room = new SleepChannel(parts.threads)
    parts.driver.room = () => this.room.wakeup()
  }

  /** Frames begun and not freed. */
  get framesInFlight(): number {
    return this.inFlight
  }

  /** A thread wants `bytes` bytes of the file sent, from byte `offset` on. */
  open(thread: number, offset: number, bytes: number): void {
    const stream = this.streams[thread]!
    stream.offset = offset
    stream.left = bytes
  }

  /**
   * Takes the pages of the next `bytes` bytes, which must be valid, and holds them: their buffer may go. The thread calls
   * `push` until all of them are on their way.
   * @param list the block's pages @param from where the bytes begin, from the start of its data
   */
  give(thread: number, list: Xio, from: number, bytes: number): void {
    const { machine, holds } = this.parts
    const stream = this.streams[thread]!
    const start = list.offset + from
    const first = start >> PAGE_SHIFT
    stream.npages = ((start + bytes + PAGE_MASK) >> PAGE_SHIFT) - first
    stream.from = start & PAGE_MASK
    stream.end = stream.from + bytes
    for (let i = 0; i < stream.npages; i++) {
      const pfn = list.page(first + i)
      holds.hold(pfn)
      stream.pages[i] = pfn
    }
    machine.charge(Site.sendfile, stream.npages * machine.cost.xioPerPage)
  }

  /**
   * Makes frames of what was given and hands each to the adapter's driver when it is full, or the last.
   * @returns OK: all of it is in frames; EWOULDBLOCK: asleep, for room in the ring or for an sf_buf; else what a frame was
   * dropped for, after which the stream has nothing any more
   */
  push(thread: number): Errno {
    const stream = this.streams[thread]!
    for (;;) {
      if (stream.packet !== null && stream.lacks === 0) {
        const error = this.transmit(stream, stream.packet)
        if (error !== OK) return error
      }
      if (stream.from === stream.end) {
        this.releasePages(stream)
        return OK
      }
      if (!this.takeStorage(stream)) return EWOULDBLOCK
      const packet = stream.packet ?? this.beginFrame(stream)
      this.appendPiece(thread, stream, packet)
    }
  }

  /** Gives up what the stream has not sent. */
  abort(thread: number): void {
    const stream = this.streams[thread]!
    if (stream.packet !== null) this.parts.mbufs.m_freem(stream.packet)
    stream.packet = null
    this.releasePages(stream)
    stream.left = 0
  }

  /** Calls `done` once no frame is on its way. */
  whenIdle(done: () => void): void {
    if (this.inFlight === 0) done()
    else this.idle = done
  }

  private transmit(stream: Stream, packet: Mbuf): Errno {
    const error = this.parts.driver.nic_encap(packet)
    if (error === ENOBUFS) {
      this.room.sleep(false)
      return EWOULDBLOCK
    }
    stream.packet = null
    if (error !== OK) {
      this.releasePages(stream)
      stream.left = 0
    }
    return error
  }

  private takeStorage(stream: Stream): boolean {
    if (stream.storage !== NONE) return true
    const { storage } = this.parts
    const first = stream.from >> PAGE_SHIFT
    const count = Math.min(stream.npages - first, storage.mostPages)
    const reason = stream.asleepForStorage ? AFTER_WAKEUP : FIRST_CALL
    const taken = storage.take(stream.pages, first, count, reason)
    stream.asleepForStorage = taken < 0
    if (taken < 0) return false
    stream.storage = taken
    stream.storageFrom = first * PAGE_SIZE
    stream.storageEnd = Math.min(stream.end, (first + count) * PAGE_SIZE)
    return true
  }

  private beginFrame(stream: Stream): Mbuf {
    const { mbufs } = this.parts
    const packet = mbufs.m_gethdr()
    const frame = this.spareFrames.pop() ?? this.frameOffsets.length
    this.frameOffsets[frame] = stream.offset
    this.inFlight++
    packet.tag = frame
    packet.tagFree = this.frameFreed
    if (mbufs.m_getcl(packet, FRAME_HEADER_BYTES) < 0) throw new SimulationFault('no mbuf cluster is free')
    stream.lacks = Math.min(this.payload, stream.left)
    this.header.set(frame, stream.offset, stream.lacks)
    mbufs.m_copyback(packet, 0, this.header.bytes)
    stream.packet = packet
    return packet
  }

  private appendPiece(thread: number, stream: Stream, packet: Mbuf): void {
    const { storage, watcher } = this.parts
    const bytes = Math.min(
      stream.lacks,
      stream.storageEnd - stream.from,
      PAGE_SIZE - (stream.from & PAGE_MASK),
    )
    storage.append(packet, stream.storage, stream.from - stream.storageFrom, bytes)
    watcher.appended(thread, packet.tag, this.frameOffsets[packet.tag]!, stream.offset, bytes)
    stream.from += bytes
    stream.offset += bytes
    stream.left -= bytes
    stream.lacks -= bytes
    if (stream.from === stream.storageEnd) this.dropStorage(stream)
  }

  private dropStorage(stream: Stream): void {
    if (stream.storage === NONE) return
    this.parts.storage.drop(stream.storage)
    stream.storage = NONE
  }

  private releasePages(stream: Stream): void {
    this.dropStorage(stream)
    for (let i = 0; i < stream.npages; i++) this.parts.holds.unhold(stream.pages[i]!)
    stream.npages = 0
    stream.from = 0
    stream.end = 0
  }

  private ended(frame: number): void {
    this.spareFrames.push(frame)
    this.inFlight--
    if (this.inFlight > 0 || this.idle === null) return
    const { idle } = this
    this.idle = null
    idle()
  }
}

/** Bytes of a file in a frame of the link, the last of a request left aside: a multiple of 4. */
export function framePayload(mtu: number): number {
  const most = mtu - (FRAME_HEADER_BYTES - 14)
  return most - (most % 4)
}
