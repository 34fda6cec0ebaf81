import { PAGE_SIZE, SECTOR_SIZE } from '../../machine/page.ts'
import type { Buf } from '../bufcache/buf.ts'
import { B_ASYNC, B_CALL, B_ERROR, B_PAGING, B_READ } from '../bufcache/buf.ts'
import type { PbufBudget, Pbufs } from '../bufcache/pbufs.ts'
import type { Errno } from '../errno.ts'
import { EBUSY, EIO, ENOMEM, ENOSPC, EWOULDBLOCK, OK } from '../errno.ts'
import type { IoPathHooks } from '../path/io-path.ts'
import type { KernelThreads } from '../sleep-channel.ts'
import { SleepChannel, WOULD_BLOCK } from '../sleep-channel.ts'
import type { XioCalls } from '../xio.ts'
import { FirstFitArena } from './first-fit-arena.ts'
import type { PageAllocator } from './page-allocator.ts'

/** Most pages of one transfer (MAX_PAGEOUT_CLUSTER). */
export const SWAP_CLUSTER = 16
/** A run of free swap is looked for in halves, down to this, before single pages will do. */
const LEAST_RUN = 4

const NONE = -1
const PAGE_SECTORS = PAGE_SIZE / SECTOR_SIZE

/** Anonymous memory: its pages are in memory, in swap, in both, or were never touched. */
export class SwapObject {
  readonly frames: Int32Array
  /** Page of swap that holds each page's content, or will when the write under way has ended. */
  readonly blocks: Int32Array
  /** Changed since it was last written. */
  readonly dirty: Uint8Array
  /** Being read or written (PG_SWAPINPROG). */
  readonly busy: Uint8Array
  /** Its last read failed, and nobody has been told. */
  readonly failed: Uint8Array

  constructor(pages: number) {
    this.frames = new Int32Array(pages).fill(NONE)
    this.blocks = new Int32Array(pages).fill(NONE)
    this.dirty = new Uint8Array(pages)
    this.busy = new Uint8Array(pages)
    this.failed = new Uint8Array(pages)
  }
}

export interface SwapPagerParts {
  readonly threads: KernelThreads
  readonly pages: PageAllocator
  readonly xios: XioCalls
  readonly path: IoPathHooks
  readonly pbufs: Pbufs
  /** Starts a pbuf's transfer at the disk. */
  readonly start: (pbuf: Buf) => void
}

export interface SwapSpace {
  /** Sector of the disk where swap begins. */
  readonly firstSector: number
  /** Size of swap. */
  readonly pages: number
}

/**
 * The swap pager (swap_pager.c, DragonFly 2004): writes runs of anonymous pages to neighbouring places of a disk, and reads
 * them back with what lies next to them. A transfer's pages are the page list of a pbuf, which the I/O path maps or passes on.
 * Calls that would sleep put the current thread on a wait channel and say so; the thread makes the same call when woken.
 */
export class SwapPager {
  /** Transfers started, and pages that they moved. */
  readonly stats = { reads: 0, pagesRead: 0, writes: 0, pagesWritten: 0 }
  private readonly parts: SwapPagerParts
  private readonly firstSector: number
  private readonly space: FirstFitArena
  /** How many pbufs may write, and read, at one time (nsw_wcount_async, nsw_rcount). */
  private readonly writeBudget: PbufBudget
  private readonly readBudget: PbufBudget
  private readonly channel: SleepChannel
  private readonly frame = new Int32Array(1)
  /** What each pbuf under way moves. */
  private readonly objects = new Map<Buf, SwapObject>()

  constructor(parts: SwapPagerParts, space: SwapSpace, writeBudget: PbufBudget, readBudget: PbufBudget) {
    this.parts = parts
    this.firstSector = space.firstSector
    this.space = new FirstFitArena(0, space.pages)
    this.writeBudget = writeBudget
    this.readBudget = readBudget
    this.channel = new SleepChannel(parts.threads)
  }

  /** Pages of swap not in use. */
  get freeSwap(): number {
    return this.space.freePages
  }

  /**
   * Brings a page of an object into memory, for reading or writing; one about to be written gives its place in swap up.
   * @returns its frame; WOULD_BLOCK: asleep; -EIO: it could not be read; -ENOMEM: no memory
   */
  fault(object: SwapObject, index: number, write: boolean): number {
    if (object.busy[index] !== 0) return this.channel.sleep(false)
    if (object.failed[index] !== 0) {
      object.failed[index] = 0
      return -EIO
    }
    if (object.frames[index] === NONE) {
      if (object.blocks[index] !== NONE) return this.swap_pager_getpages(object, index)
      const fresh = this.parts.pages.alloc()
      if (fresh < 0) return -ENOMEM
      object.frames[index] = fresh
      object.dirty[index] = 1
    }
    if (write) {
      object.dirty[index] = 1
      this.freeSwapOf(object, index)
    }
    return object.frames[index]!
  }

  /**
   * Starts writing pages that are in memory, dirty and next to one another, as many at once as swap has places in a row, and
   * does not wait for the end.
   * @param count pages from `first` on
   * @returns OK; EBUSY for a page that is being moved or is not in memory, ENOSPC when swap is full, EWOULDBLOCK: asleep for a
   * pbuf. Of these the pages before are on their way; those are not dirty any more and a second call passes over them
   */
  swap_pager_putpages(object: SwapObject, first: number, count: number): Errno {
    for (let index = first; index < first + count;) {
      if (object.busy[index] !== 0 && object.dirty[index] === 0) {
        index++
        continue
      }
      if (object.frames[index] === NONE || object.busy[index] !== 0) return EBUSY
      if (object.dirty[index] === 0) {
        index++
        continue
      }
      let run = 1
      while (run < SWAP_CLUSTER && index + run < first + count && isWritable(object, index + run)) run++
      const pbuf = this.parts.pbufs.getpbuf(this.writeBudget)
      if (pbuf === null) return EWOULDBLOCK
      const block = this.getSwapSpace(run)
      if (block.pages === 0) {
        this.parts.pbufs.relpbuf(pbuf, this.writeBudget)
        return ENOSPC
      }
      for (let i = 0; i < block.pages; i++) {
        this.freeSwapOf(object, index + i)
        object.blocks[index + i] = block.first + i
        object.dirty[index + i] = 0
      }
      this.stats.writes++
      this.stats.pagesWritten += block.pages
      this.transfer(object, pbuf, index, block.pages, B_ASYNC)
      index += block.pages
    }
    return OK
  }

  /** Frees the memory of a page whose content is in swap. @returns false when it is not there, dirty, or being moved */
  reclaim(object: SwapObject, index: number): boolean {
    const isClean = object.dirty[index] === 0 && object.busy[index] === 0 && object.blocks[index] !== NONE
    if (!isClean || object.frames[index] === NONE) return false
    this.parts.pages.free(object.frames[index]!)
    object.frames[index] = NONE
    return true
  }

  /** Gives up an object of which nothing is being moved: its memory and its swap. */
  destroy(object: SwapObject): void {
    for (let index = 0; index < object.frames.length; index++) {
      if (object.frames[index] !== NONE) this.parts.pages.free(object.frames[index]!)
      object.frames[index] = NONE
      this.freeSwapOf(object, index)
    }
  }

  /** Reads a page, and those beside it in the object that lie beside it in swap too. @returns as fault */
  private swap_pager_getpages(object: SwapObject, index: number): number {
    const { pages, pbufs } = this.parts
    const pbuf = pbufs.getpbuf(this.readBudget)
    if (pbuf === null) return WOULD_BLOCK
    let from = index
    let to = index + 1
    while (to - from < SWAP_CLUSTER && this.continues(object, to - 1, to)) to++
    while (to - from < SWAP_CLUSTER && this.continues(object, from, from - 1)) from--
    // Without memory for its neighbours the page comes alone.
    for (let i = from; i < to; i++) {
      const at = i === from ? index : i <= index ? i - 1 : i
      object.frames[at] = pages.alloc()
      if (object.frames[at] >= 0) continue
      this.giveUp(object, from, to, at === index ? NONE : index)
      from = index
      to = index + 1
      break
    }
    if (object.frames[index] === NONE) {
      pbufs.relpbuf(pbuf, this.readBudget)
      return -ENOMEM
    }
    this.stats.reads++
    this.stats.pagesRead += to - from
    this.transfer(object, pbuf, from, to - from, B_READ)
    return this.channel.sleep(false)
  }

  /** Whether page `next` of the object is in swap only, on the same side of page `index` as in the object. */
  private continues(object: SwapObject, index: number, next: number): boolean {
    return (
      next >= 0 &&
      next < object.frames.length &&
      object.frames[next] === NONE &&
      object.blocks[next] !== NONE &&
      object.blocks[next]! - object.blocks[index]! === next - index
    )
  }

  /** Frees what pages were just given, but for page `kept`. */
  private giveUp(object: SwapObject, from: number, to: number, kept: number): void {
    for (let i = from; i < to; i++) {
      if (i === kept) continue
      if (object.frames[i]! >= 0) this.parts.pages.free(object.frames[i]!)
      object.frames[i] = NONE
    }
  }

  private transfer(object: SwapObject, pbuf: Buf, first: number, count: number, flags: number): void {
    const { xios, path } = this.parts
    const { b_xio: xio } = pbuf
    xios.xio_init(xio)
    for (let i = 0; i < count; i++) {
      this.frame[0] = object.frames[first + i]!
      xios.xio_append_pages(xio, this.frame, 1)
      object.busy[first + i] = 1
    }
    xio.bytes = count * PAGE_SIZE
    pbuf.b_flags = flags | B_PAGING | B_CALL
    pbuf.b_bcount = xio.bytes
    pbuf.b_bufsize = xio.bytes
    pbuf.b_lblkno = first
    pbuf.b_blkno = this.firstSector + object.blocks[first]! * PAGE_SECTORS
    pbuf.b_iodone = this.iodone
    path.newBuffer(pbuf)
    this.objects.set(pbuf, object)
    this.parts.start(pbuf)
  }

  /** swp_pager_async_iodone: a page that could not be written stays dirty; of one that could not be read nothing stays. */
  private readonly iodone = (pbuf: Buf): void => {
    const { xios, path, pbufs, pages } = this.parts
    const object = this.objects.get(pbuf)!
    const isRead = (pbuf.b_flags & B_READ) !== 0
    const isFailed = (pbuf.b_flags & B_ERROR) !== 0
    const first = pbuf.b_lblkno
    const { npages } = pbuf.b_xio
    this.objects.delete(pbuf)
    path.reuse(pbuf)
    xios.xio_release(pbuf.b_xio)
    for (let index = first; index < first + npages; index++) {
      object.busy[index] = 0
      if (!isFailed) continue
      if (isRead) {
        object.failed[index] = 1
        pages.free(object.frames[index]!)
        object.frames[index] = NONE
      } else {
        object.dirty[index] = 1
        this.freeSwapOf(object, index)
      }
    }
    pbufs.relpbuf(pbuf, isRead ? this.readBudget : this.writeBudget)
    this.channel.wakeup()
  }

  /** @param wanted pages in a row @returns how many of them there are, 0: swap is full; and the first */
  private getSwapSpace(wanted: number): { readonly first: number; readonly pages: number } {
    for (let pages = wanted; pages > 0; pages = pages > LEAST_RUN ? pages >> 1 : pages - 1) {
      const first = this.space.alloc(pages)
      if (first >= 0) return { first, pages }
    }
    return { first: NONE, pages: 0 }
  }

  private freeSwapOf(object: SwapObject, index: number): void {
    if (object.blocks[index] === NONE) return
    this.space.free(object.blocks[index]!, 1)
    object.blocks[index] = NONE
  }
}

function isWritable(object: SwapObject, index: number): boolean {
  return object.frames[index] !== NONE && object.busy[index] === 0 && object.dirty[index] !== 0
}
