import type { BounceZone } from './bounce-zone.ts'
import { BUS_DMA_COULD_BOUNCE, BUS_SPACE_MAXADDR, lastByteOfPage, PAGE_SIZE } from './constants.ts'

/** A driver's own test: may the device not reach `paddr`? Called with the tag's filterarg. */
export type BusDmaFilter = (filterarg: number, paddr: number) => boolean

/** Arguments of bus_dma_tag_create. Sizes and addresses in bytes. */
export interface BusDmaTagArgs {
  /** Power of two; 0 means 1. */
  readonly alignment: number
  /** No segment crosses a multiple of it: power of two, or 0 for none. */
  readonly boundary: number
  /** The device reaches addresses up to here ... */
  readonly lowaddr: number
  /** ... and those above here; both are rounded up to the last byte of their page. */
  readonly highaddr: number
  readonly maxsize: number
  readonly nsegments: number
  readonly maxsegsz: number
  /** BUS_DMA_* flags. */
  readonly flags: number
  readonly filter?: BusDmaFilter | undefined
  readonly filterarg?: number | undefined
}

/** Places in a tag's array of limits. */
const ALIGNMENT = 0
const ALIGNMENT_INVERSE = 1
const BOUNDARY = 2
const BOUNDARY_INVERSE = 3
const MAXSEGSZ = 4
const LOWADDR = 5
const HIGHADDR = 6
const LIMITS = 7

/** Makes the segments of a page list where nothing bounces; see DirectPages. */
export interface PageListSegments {
  /** Fills the two arrays with addresses and bytes, of the pages from place `first` on. Returns how many segments there are; 0: the dialect has to load it. */
  segments(
    segAddr: Float64Array,
    segLen: Float64Array,
    pages: Int32Array,
    first: number,
    offset: number,
    length: number,
  ): number
}

/** The DMA limits of a device, after its parents' limits were applied. */
export class BusDmaTag {
  /** Next tag of the filter chain; not always the parent given at creation. */
  parent: BusDmaTag | null = null
  /**
   * The limits that loaders look at for each page. In an array of float64 they are plain numbers to a compiled loop, which
   * need not find out at each use whether a property holds a small integer or a number object.
   */
  private readonly limits: Float64Array
  readonly maxsize: number
  readonly nsegments: number
  flags: number
  filter: BusDmaFilter | null
  filterarg: number
  zone: BounceZone | null = null
  /** For loads of page lists that need no more; set once the limits are final, null where the dialect knows no such loads. */
  direct: PageListSegments | null = null
  mapCount = 0
  /** Itself and the tags whose filter chain goes through it. */
  refCount = 1

  constructor(args: BusDmaTagArgs) {
    this.limits = new Float64Array(LIMITS)
    this.limits[ALIGNMENT] = args.alignment
    this.limits[ALIGNMENT_INVERSE] = 1 / args.alignment
    this.limits[MAXSEGSZ] = args.maxsegsz
    this.setBoundary(args.boundary)
    this.lowaddr = lastByteOfPage(args.lowaddr)
    this.highaddr = lastByteOfPage(args.highaddr)
    this.maxsize = args.maxsize
    this.nsegments = args.nsegments
    this.flags = args.flags
    this.filter = args.filter ?? null
    this.filterarg = args.filterarg ?? 0
  }

  get couldBounce(): boolean {
    return (this.flags & BUS_DMA_COULD_BOUNCE) !== 0
  }

  /** Tags in the filter chain, itself included. */
  get chainLength(): number {
    let length = 1
    for (let tag = this.parent; tag !== null; tag = tag.parent) length++
    return length
  }

  get alignment(): number {
    return this.limits[ALIGNMENT] as number
  }

  get alignmentInverse(): number {
    return this.limits[ALIGNMENT_INVERSE] as number
  }

  get boundary(): number {
    return this.limits[BOUNDARY] as number
  }

  /** 1 / boundary, or 0 for none: address times it, rounded down, numbers the boundary window. Exact for powers of two. */
  get boundaryInverse(): number {
    return this.limits[BOUNDARY_INVERSE] as number
  }

  setBoundary(boundary: number): void {
    this.limits[BOUNDARY] = boundary
    this.limits[BOUNDARY_INVERSE] = boundary === 0 ? 0 : 1 / boundary
  }

  get maxsegsz(): number {
    return this.limits[MAXSEGSZ] as number
  }

  get lowaddr(): number {
    return this.limits[LOWADDR] as number
  }

  set lowaddr(lowaddr: number) {
    this.limits[LOWADDR] = lowaddr
  }

  get highaddr(): number {
    return this.limits[HIGHADDR] as number
  }

  set highaddr(highaddr: number) {
    this.limits[HIGHADDR] = highaddr
  }
}

/** Whether `value` is a power of two that float64 holds exactly. */
export function isPowerOfTwo(value: number): boolean {
  if (!(value >= 1 && value <= Number.MAX_SAFE_INTEGER)) return false
  let power = value
  while (power > 1) power /= 2
  return power === 1
}

/** Highest address of the memory that a device reaches from address 0 on without a hole. An empty window excludes nothing. */
export function reachOf(tag: BusDmaTag): number {
  return tag.lowaddr < tag.highaddr ? tag.lowaddr : BUS_SPACE_MAXADDR
}

/** The highest page number: it fits 31 bits. */
export const LAST_PAGE = 0x7fffffff

/** The last page that lies within `reachOf` as a whole, or LAST_PAGE. */
export function lastPageOf(tag: BusDmaTag): number {
  return Math.min(Math.floor((reachOf(tag) + 1) / PAGE_SIZE) - 1, LAST_PAGE)
}

/** Alignment in pages, at least one. */
export function pageAlignmentOf(tag: BusDmaTag): number {
  return Math.max(1, tag.alignment / PAGE_SIZE)
}
