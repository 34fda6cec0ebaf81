import type { BusDma } from '../busdma/busdma.ts'
import { BUS_DMA_WAITOK } from '../busdma/constants.ts'
import type { BusDmamap } from '../busdma/map.ts'
import type { BusDmaTag } from '../busdma/tag.ts'
import type { Errno } from '../errno.ts'
import { EINPROGRESS, OK } from '../errno.ts'
import type { Xio } from '../xio.ts'

/** Whose page list is loaded: an msf_buf. */
export interface DmaOwner {
  readonly xio: Xio | null
  dma: DmaBinding | null
}

/** Told once a deferred load has its bounce pages, or has failed after all. */
export type DmaReady<Owner extends DmaOwner> = (owner: Owner, error: Errno) => void

/** One msf_buf's load under one tag: a map and its outcome. Kept and used again by the next msf_buf. */
export class DmaBinding {
  readonly tag: BusDmaTag
  /** Segments are in `map.segAddr` and `map.segLen`, `nsegs` of them. */
  readonly map: BusDmamap
  readonly index: number
  owner: DmaOwner | null = null
  ready: DmaReady<DmaOwner> | null = null
  nsegs = 0
  /** EINPROGRESS until the callback ran. */
  state: Errno = OK

  constructor(tag: BusDmaTag, map: BusDmamap, index: number) {
    this.tag = tag
    this.map = map
    this.index = index
  }
}

/** The maps that msf_bufs are loaded with, a stack of idle ones for each tag. */
export class DmaBindings {
  private readonly busdma: BusDma
  private readonly all: DmaBinding[] = []
  private readonly idle = new Map<BusDmaTag, DmaBinding[]>()

  constructor(busdma: BusDma) {
    this.busdma = busdma
  }

  /** @returns a binding for a tag, or an errno: ENOMEM when the tag's first map cannot have its bounce pages */
  take(tag: BusDmaTag): DmaBinding | Errno {
    const binding = this.idleOf(tag).pop()
    if (binding !== undefined) return binding
    const { error, map } = this.busdma.bus_dmamap_create(tag, BUS_DMA_WAITOK)
    if (map === null) return error
    const made = new DmaBinding(tag, map, this.all.length)
    this.all.push(made)
    return made
  }

  /** Loads a page list. @returns OK, EFBIG, or EINPROGRESS: `ready` is told later */
  load<Owner extends DmaOwner>(binding: DmaBinding, owner: Owner, ready: DmaReady<Owner>): Errno {
    const xio = owner.xio!
    binding.owner = owner
    // `ready` is only ever told of `owner`, which is stored beside it.
    binding.ready = ready as unknown as DmaReady<DmaOwner>
    binding.state = EINPROGRESS
    const error = this.busdma.bus_dmamap_load_pages(
      binding.tag,
      binding.map,
      xio.pages,
      xio.npages,
      xio.offset,
      xio.bytes,
      this.loaded,
      binding.index,
      BUS_DMA_WAITOK,
    )
    if (error === EINPROGRESS) return error
    binding.ready = null
    return error === OK ? binding.state : error
  }

  sync(binding: DmaBinding, op: number): void {
    this.busdma.bus_dmamap_sync(binding.tag, binding.map, op)
  }

  /** Ends a load that is not waiting and keeps the map for the next msf_buf. */
  release(binding: DmaBinding): void {
    this.busdma.bus_dmamap_unload(binding.tag, binding.map)
    binding.owner = null
    binding.nsegs = 0
    binding.state = OK
    this.idleOf(binding.tag).push(binding)
  }

  private readonly loaded = (index: number, _map: BusDmamap, nsegs: number, error: Errno): void => {
    const binding = this.all[index]!
    binding.state = error
    binding.nsegs = error === OK ? nsegs : 0
    const { owner, ready } = binding
    binding.ready = null
    // During bus_dmamap_load_pages itself the outcome is its result; `dma` is set only once a load was deferred.
    if (owner?.dma !== binding || ready === null) return
    if (error !== OK) {
      owner.dma = null
      this.release(binding)
    }
    ready(owner, error)
  }

  private idleOf(tag: BusDmaTag): DmaBinding[] {
    let idle = this.idle.get(tag)
    if (idle === undefined) {
      idle = []
      this.idle.set(tag, idle)
    }
    return idle
  }
}
