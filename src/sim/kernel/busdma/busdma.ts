import { EBUSY, EINVAL, OK, type Errno } from '../errno.ts'
import type { Xio } from '../xio.ts'
import { auditZone, auditZoneAtEnd } from './bounce-audit.ts'
import { free_bounce_pages_all } from './bounce-pages.ts'
import type { BounceZone } from './bounce-zone.ts'
import { BUS_DMA_ALLOCNOW, BUS_DMA_MIN_ALLOC_COMP, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from './constants.ts'
import type { BusDmaDialect } from './dialects/dialect.ts'
import { load_direct } from './direct-pages.ts'
import {
  alloc_control_memory,
  free_control_memory,
  type DmaMemory,
  type DmaMemoryAllocated,
} from './dmamem.ts'
import { BusDmamap, type BusDmamapCallback, type BusDmamapCallback2 } from './map.ts'
import { bytesOfChain, type MbufChain } from './mbuf.ts'
import { BUSDMA_SITE_UNLOAD, type BusDmaPlatform } from './platform.ts'
import { BusDmaState } from './state.ts'
import { BusDmaTag, type BusDmaTagArgs } from './tag.ts'
import { bytesOfUio, type UioVector } from './uio-vector.ts'

/** `tag` is null when `error` is not OK. */
export interface TagCreated {
  readonly error: Errno
  readonly tag: BusDmaTag | null
}

/** `map` is null where none was made. */
export interface MapCreated {
  /** An errno, except in dragonfly-2004: see there. */
  readonly error: Errno
  readonly map: BusDmamap | null
}

/** The BUSDMA interface of one simulated kernel, in the manner of one real kernel (the dialect). */
export class BusDma {
  readonly dialect: BusDmaDialect
  private readonly state: BusDmaState
  /** Zones to check at the end. */
  private readonly audited = new Set<BounceZone>()

  /** `maxBouncePages`: most pages that map creation grows a zone to. */
  constructor(
    platform: BusDmaPlatform,
    dialect: BusDmaDialect,
    maxBouncePages: number = dialect.maxBouncePages,
  ) {
    this.dialect = dialect
    this.state = new BusDmaState(platform, maxBouncePages, dialect.deferredBy)
    const { sanitizer } = platform
    sanitizer?.atEnd(() => this.audited.forEach((zone) => auditZoneAtEnd(sanitizer, zone)))
  }

  /** Bounce pages attached to maps now. */
  get bouncePagesActive(): number {
    return this.state.bouncePagesActive
  }

  /** Most bounce pages attached at one time so far. */
  get bouncePagesActiveMax(): number {
    return this.state.bouncePagesActiveMax
  }

  /** Loads that wait for bounce pages: of the tag's zone, or of all zones in kernels with one waiting list. */
  waitingLoads(tag: BusDmaTag): number {
    return (tag.zone?.waiters ?? this.state.waiters).count
  }

  /** Deferred loads have their pages and wait for busdma_swi. */
  get softInterruptPending(): boolean {
    return !this.state.callbacks.isEmpty
  }

  /**
   * Makes a tag under `parent`. EINVAL: arguments that the kernel refuses, or on which it panics. ENOMEM: BUS_DMA_ALLOCNOW and too few
   * pages below the tag's lowaddr.
   */
  bus_dma_tag_create(parent: BusDmaTag | null, args: BusDmaTagArgs): TagCreated {
    const checked = this.dialect.checkTagArgs(this.state, args, parent)
    if (typeof checked === 'number') return { error: checked, tag: null }
    const tag = new BusDmaTag(checked)
    this.dialect.restrictTag(this.state, tag, parent)
    if (tag.couldBounce && (tag.flags & BUS_DMA_ALLOCNOW) !== 0) {
      const error = this.dialect.growForTag(this.state, tag, this.bounceZoneOf(tag))
      if (error !== OK) {
        this.release(tag)
        return { error, tag: null }
      }
    }
    return { error: OK, tag }
  }

  /** EBUSY while maps of the tag exist. Tags that other tags' filter chains need live on until those go. */
  bus_dma_tag_destroy(tag: BusDmaTag): Errno {
    if (tag.mapCount !== 0) return EBUSY
    this.release(tag)
    return OK
  }

  /** Makes a map, and grows the tag's bounce zone for it. ENOMEM: no pages for the first map of a bouncing tag. */
  bus_dmamap_create(tag: BusDmaTag, flags: number): MapCreated {
    if (tag.couldBounce) {
      const zone = this.bounceZoneOf(tag)
      const error = this.dialect.growForMap(this.state, tag, zone, flags)
      zone.mapCount++
      if (error !== OK) {
        return { error, map: this.dialect.keepsFailedMap ? new BusDmamap(tag, this.state.callbacks) : null }
      }
    }
    tag.mapCount++
    return { error: OK, map: new BusDmamap(tag, this.state.callbacks) }
  }

  /** EBUSY while the map holds bounce pages or I/O pages, or a load of it waits. */
  bus_dmamap_destroy(tag: BusDmaTag, map: BusDmamap): Errno {
    if (map.bpagesCount !== 0 || map.ioPages !== 0 || map.waiting || map.onCallbackList) return EBUSY
    if (tag.couldBounce) this.bounceZoneOf(tag).mapCount--
    tag.mapCount--
    return OK
  }

  /**
   * Loads `buflen` bytes at kernel virtual address `buf`. The outcome goes to `callback`; the result is OK once it was
   * called, EINPROGRESS when it will be called from busdma_swi, EBUSY (not called) while an earlier load of the map waits.
   */
  bus_dmamap_load(
    _tag: BusDmaTag,
    map: BusDmamap,
    buf: number,
    buflen: number,
    callback: BusDmamapCallback,
    arg: number,
    flags: number,
  ): Errno {
    if (map.waiting || map.onCallbackList) return EBUSY
    record(map, buf, buflen, callback, arg)
    return this.dialect.load(this.state, map, flags)
  }

  /**
   * As bus_dmamap_load, for a list of page frames that need no mapping: `length` bytes from byte `offset` of the first
   * page on. The list must stay as it is until the callback ran. EINVAL (callback not called): the range leaves the list.
   */
  bus_dmamap_load_pages(
    _tag: BusDmaTag,
    map: BusDmamap,
    pages: Int32Array,
    npages: number,
    offset: number,
    length: number,
    callback: BusDmamapCallback,
    arg: number,
    flags: number,
  ): Errno {
    const error = checkPages(map, npages, pages.length, offset, length)
    if (error !== OK) return error
    record(map, offset, length, callback, arg)
    if (load_direct(this.state.platform, map, pages, 0)) return OK
    map.pages = pages
    return this.dialect.load(this.state, map, flags)
  }

  /**
   * Loads the page list of an XIO, from byte `from` of its data on; nothing needs a mapping. Results and errors are those of
   * bus_dmamap_load_pages. The XIO must stay as it is until the callback ran. DragonFly never had this call, though its buffers
   * carried an XIO since July 2004: the loader that the post of December 2004 would have needed.
   */
  readonly bus_dmamap_load_xio = (
    _tag: BusDmaTag,
    map: BusDmamap,
    xio: Xio,
    from: number,
    callback: BusDmamapCallback,
    arg: number,
    flags: number,
  ): Errno => {
    const start = xio.offset + from
    const first = start >> PAGE_SHIFT
    const offset = start & PAGE_MASK
    const npages = xio.npages - first
    const length = xio.bytes - from
    const error = checkPages(map, npages, npages, offset, length)
    if (error !== OK) return error
    record(map, offset, length, callback, arg)
    if (load_direct(this.state.platform, map, xio.list, xio.first + first)) return OK
    // Only few loads need the dialect, and so the pages as an array of their own.
    map.pages = first === 0 ? xio.pages : xio.pages.subarray(first)
    return this.dialect.load(this.state, map, flags)
  }

  /**
   * Loads an mbuf chain. Returns the error that the callback received; EBUSY (not called) while a load of the map waits.
   * EINPROGRESS, in dialects that let chains wait: the callback comes later, and the chain must stay as it is until then.
   */
  bus_dmamap_load_mbuf(
    _tag: BusDmaTag,
    map: BusDmamap,
    chain: MbufChain,
    callback: BusDmamapCallback2,
    arg: number,
    flags: number,
  ): Errno {
    if (map.waiting || map.onCallbackList) return EBUSY
    map.loadedBytes = bytesOfChain(chain)
    return this.dialect.load_mbuf(this.state, map, chain, callback, arg, flags)
  }

  /** Loads the first `resid` bytes of a uio; results as of bus_dmamap_load_mbuf. */
  bus_dmamap_load_uio(
    _tag: BusDmaTag,
    map: BusDmamap,
    uio: UioVector,
    callback: BusDmamapCallback2,
    arg: number,
    flags: number,
  ): Errno {
    if (map.waiting || map.onCallbackList) return EBUSY
    map.loadedBytes = bytesOfUio(uio)
    return this.dialect.load_uio(this.state, map, uio, callback, arg, flags)
  }

  /** Copies between client data and bounce pages as `op` (BUS_DMASYNC_* bits) asks. */
  bus_dmamap_sync(_tag: BusDmaTag, map: BusDmamap, op: number): void {
    this.dialect.sync(this.state, map, op)
  }

  /** Gives the map's bounce pages or I/O pages back; copies nothing. */
  bus_dmamap_unload(_tag: BusDmaTag, map: BusDmamap): void {
    this.state.platform.charge(BUSDMA_SITE_UNLOAD, 1)
    this.dialect.unload(this.state, map)
    const { sanitizer } = this.state.platform
    if (sanitizer && map.tag.zone !== null) auditZone(sanitizer, map.tag.zone, 'bus_dmamap_unload')
  }

  /**
   * Takes control memory of tag.maxsize bytes that processor and device share: physically contiguous, within the tag's reach,
   * alignment and boundary as the device sees it. EINVAL: no bytes. ENOMEM: the machine has no such memory, or no I/O virtual
   * addresses are left.
   */
  bus_dmamem_alloc(tag: BusDmaTag): DmaMemoryAllocated {
    return alloc_control_memory(this.state.platform, tag)
  }

  /** Gives back memory of bus_dmamem_alloc. */
  bus_dmamem_free(_tag: BusDmaTag, memory: DmaMemory): void {
    free_control_memory(this.state.platform, memory)
  }

  /** The software interrupt, or the busdma thread: runs deferred loads whose pages are complete, in the order they became so. */
  busdma_swi(): void {
    for (let map = this.state.callbacks.shift(); map !== null; map = this.state.callbacks.shift()) {
      this.dialect.load(this.state, map, 0)
    }
  }

  /** The zone of a bouncing tag, assigned at its first use. */
  bounceZoneOf(tag: BusDmaTag): BounceZone {
    tag.zone ??= this.dialect.findZone(this.state, tag)
    if (this.state.platform.sanitizer) this.audited.add(tag.zone)
    return tag.zone
  }

  /** Gives the tag's zone exactly these page frames more and counts its first allocation as done. */
  preloadZone(tag: BusDmaTag, pfns: readonly number[]): void {
    const zone = this.bounceZoneOf(tag)
    for (const pfn of pfns) zone.addPage(pfn)
    tag.flags |= BUS_DMA_MIN_ALLOC_COMP
  }

  private release(tag: BusDmaTag): void {
    for (let next: BusDmaTag | null = tag; next !== null && --next.refCount === 0; next = next.parent) {
      if (next.zone?.isPrivate === true) {
        free_bounce_pages_all(this.state, next.zone)
        this.audited.delete(next.zone)
        next.zone = null
      }
    }
  }
}

/** @param room pages in the list. EBUSY while a load of the map waits; EINVAL when the range leaves the list, or nothing is in it. */
function checkPages(map: BusDmamap, npages: number, room: number, offset: number, length: number): Errno {
  if (map.waiting || map.onCallbackList) return EBUSY
  if (npages < 1 || npages > room || offset < 0 || offset >= PAGE_SIZE) return EINVAL
  return length < 0 || offset + length > npages * PAGE_SIZE ? EINVAL : OK
}

/** Notes in the map what is to be loaded; for pages, who loads them says which. */
function record(map: BusDmamap, buf: number, buflen: number, callback: BusDmamapCallback, arg: number): void {
  map.pages = null
  map.mbufs = null
  map.uio = null
  map.buf = buf
  map.buflen = buflen
  map.loadedBytes = buflen
  map.callback = callback
  map.callbackArg = arg
}
