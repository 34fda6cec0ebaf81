import { NO_PAGE } from './bounce-zone.ts'
import type { CallbackEntry, CallbackList } from './callback-list.ts'
import type { Errno } from '../errno.ts'
import type { MbufChain } from './mbuf.ts'
import type { BusDmaTag } from './tag.ts'
import type { UioVector } from './uio-vector.ts'
import type { BounceWaiter, WaitedPool } from './waiting-list.ts'

/**
 * Receives the outcome of a load. On success the segments are `map.segAddr[i]`, `map.segLen[i]` for i < nsegs, and
 * stay valid until the map is loaded again. On an error they mean nothing, whatever nsegs says.
 */
export type BusDmamapCallback = (arg: number, map: BusDmamap, nsegs: number, error: Errno) => void

/** As BusDmamapCallback, for mbuf chains and uios: `mapsize` is the packet's length, or the uio's bytes. */
export type BusDmamapCallback2 = (
  arg: number,
  map: BusDmamap,
  nsegs: number,
  mapsize: number,
  error: Errno,
) => void

/** One transfer's way to the device: the request while it waits, its segments and its bounce pages. */
export class BusDmamap implements BounceWaiter, CallbackEntry<BusDmamap> {
  readonly tag: BusDmaTag
  /** False where the kernel hands out a null map, because the tag never bounces. */
  readonly canBounce: boolean

  /** Bus address and bytes of each segment. */
  readonly segAddr: Float64Array
  readonly segLen: Float64Array
  /** Segments built so far, or one more than the tag allows. */
  nsegs = 0
  /** Holds nextPaddr: a property would get a number object for each address. */
  private readonly lastEnd = new Float64Array(1)

  /** The page list of the request; null for a virtual buffer. */
  pages: Int32Array | null = null
  /** Virtual address of the buffer, or offset into the page list. */
  buf = 0
  buflen = 0
  /**
   * How many bytes of the request, from its first on, the segments of a successful load cover: all of them, except in the
   * dialect `linux`, which splits a request where the others fail with EFBIG. The driver then loads what is left, from
   * that byte on, as a request of its own. BUSDMA sets it at each load, and the driver reads it in the callback.
   */
  loadedBytes = 0
  /** The request, where it is an mbuf chain or a uio that may have to wait. */
  mbufs: MbufChain | null = null
  uio: UioVector | null = null
  callback: BusDmamapCallback | null = null
  callback2: BusDmamapCallback2 | null = null
  callbackArg = 0

  /** Bounce pages in the order of the data, as handles of the tag's zone. */
  bpagesHead = NO_PAGE
  bpagesTail = NO_PAGE
  bpagesCount = 0

  /** I/O virtual address range of the load, in pages; none when `ioPages` is 0. */
  ioPage = 0
  ioPages = 0

  pagesneeded = 0
  pagesreserved = 0
  waiting = false
  waitPool: WaitedPool | null = null
  waitNext: BounceWaiter | null = null
  onCallbackList = false
  callbackNext: BusDmamap | null = null
  private readonly callbacks: CallbackList<BusDmamap>

  constructor(tag: BusDmaTag, callbacks: CallbackList<BusDmamap>) {
    this.tag = tag
    this.canBounce = tag.couldBounce
    this.segAddr = new Float64Array(tag.nsegments)
    this.segLen = new Float64Array(tag.nsegments)
    this.callbacks = callbacks
  }

  /** Address after the last chunk, to join the next one. */
  get nextPaddr(): number {
    return this.lastEnd[0] as number
  }

  set nextPaddr(paddr: number) {
    this.lastEnd[0] = paddr
  }

  readyToRun(): void {
    this.callbacks.add(this)
  }
}
