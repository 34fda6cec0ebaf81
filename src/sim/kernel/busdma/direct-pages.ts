import { OK } from '../errno.ts'
import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from './constants.ts'
import { segment_end } from './dialects/segment-end.ts'
import type { BusDmamap } from './map.ts'
import {
  BUSDMA_SITE_LOAD,
  BUSDMA_SITE_PAGE_STEP,
  BUSDMA_SITE_SEGMENT,
  type BusDmaPlatform,
} from './platform.ts'
import { LAST_PAGE, lastPageOf, type BusDmaTag, type PageListSegments } from './tag.ts'

/** Places in the array of limits. */
const MAXSEGSZ = 0
const BOUNDARY = 1
const BOUNDARY_INVERSE = 2
/** A cut moves back to a multiple of it. */
const GRANULE = 3

/**
 * What a tag asks of a page list so that its segments can be made run by run, with whole page numbers, rather than chunk by
 * chunk. Only few loads bounce, and for the others most dialects agree: neighbouring pages join, and a run is cut where a limit
 * of the tag demands. They differ in where they cut, which is what a dialect tells here.
 */
export class DirectPages implements PageListSegments {
  /** No page above it, so that none bounces; -1: never. */
  private readonly lastPage: number
  /** Bits of the first byte's offset that must be clear, so that the first chunk is aligned as all others are. */
  private readonly offsetMask: number
  private readonly maxsize: number
  private readonly nsegments: number
  /** In an array, which makes them plain numbers to a compiled loop: see BusDmaTag. */
  private readonly limits: Float64Array

  /** For a tag whose limits are final. `granule`: power of two. `maxsegsz`: most bytes of a segment. */
  constructor(tag: BusDmaTag, granule: number, maxsegsz: number) {
    let alignment = tag.alignment
    let lastPage = LAST_PAGE
    if (tag.couldBounce) {
      for (let next: BusDmaTag | null = tag; next !== null; next = next.parent) {
        alignment = Math.max(alignment, next.alignment)
        lastPage = Math.min(lastPage, lastPageOf(next))
      }
    }
    const { boundary } = tag
    const cutsPages = maxsegsz < granule || (boundary !== 0 && boundary < granule)
    this.lastPage = alignment > PAGE_SIZE || cutsPages ? -1 : lastPage
    this.offsetMask = Math.min(alignment, PAGE_SIZE) - 1
    this.nsegments = tag.nsegments
    this.maxsize = tag.maxsize
    this.nsegments = tag.nsegments
    this.limits = Float64Array.of(maxsegsz, boundary, tag.boundaryInverse, granule)
  }

  /**
   * Makes the segments of `length` bytes from byte `offset` of the page at place `first` on. Returns how many they are; 0, with segments
   * that mean nothing: there are no bytes, one may bounce, or the segments are more than the tag allows.
   */
  segments(
    segAddr: Float64Array,
    segLen: Float64Array,
    pages: Int32Array,
    first: number,
    offset: number,
    length: number,
  ): number {
    if (length === 0 || length > this.maxsize || (offset & this.offsetMask) !== 0) return 0
    const { lastPage, nsegments } = this
    const maxsegsz = this.limits[MAXSEGSZ] as number
    const boundary = this.limits[BOUNDARY] as number
    const boundaryInverse = this.limits[BOUNDARY_INVERSE] as number
    const mayCut = boundary !== 0 || length > maxsegsz
    const lastByte = offset + length - 1
    const last = lastByte >>> PAGE_SHIFT
    const unused = PAGE_MASK - (lastByte & PAGE_MASK)
    let page = pages[first] as number
    let start = page * PAGE_SIZE + (offset & PAGE_MASK)
    let seg = 0
    for (let place = first + 1; place <= first + last; place++) {
      const next = pages[place] as number
      if (next !== page + 1) {
        if (page > lastPage || seg === nsegments) return 0
        const end = (page + 1) * PAGE_SIZE
        segAddr[seg] = start
        segLen[seg] = end - start
        seg++
        if (mayCut && end > segment_end(start, maxsegsz, boundary, boundaryInverse)) {
          seg = this.cut(segAddr, segLen, seg, end)
          if (seg === 0) return 0
        }
        start = next * PAGE_SIZE
      }
      page = next
    }
    if (page > lastPage || seg === nsegments) return 0
    const end = (page + 1) * PAGE_SIZE - unused
    segAddr[seg] = start
    segLen[seg] = end - start
    seg++
    const isLong = mayCut && end > segment_end(start, maxsegsz, boundary, boundaryInverse)
    return isLong ? this.cut(segAddr, segLen, seg, end) : seg
  }

  /** Cuts the last segment, which ends at `end`, until the rest fits. Returns how many segments there are then, 0: too many. */
  private cut(segAddr: Float64Array, segLen: Float64Array, segs: number, end: number): number {
    const { nsegments } = this
    const maxsegsz = this.limits[MAXSEGSZ] as number
    const boundary = this.limits[BOUNDARY] as number
    const boundaryInverse = this.limits[BOUNDARY_INVERSE] as number
    const granule = this.limits[GRANULE] as number
    let seg = segs
    let start = segAddr[seg - 1] as number
    let limit = segment_end(start, maxsegsz, boundary, boundaryInverse)
    while (end > limit) {
      if (seg === nsegments) return 0
      const at = limit - (limit % granule)
      segLen[seg - 1] = at - start
      start = at
      segAddr[seg] = start
      segLen[seg] = end - start
      seg++
      limit = segment_end(start, maxsegsz, boundary, boundaryInverse)
    }
    return seg
  }
}

/**
 * Loads what is recorded in the map of the pages from place `first` on, where nothing about it needs the dialect's own loader: charges what that
 * would and calls the callback. False: the dialect has to load it, and nothing happened yet.
 */
export function load_direct(
  platform: BusDmaPlatform,
  map: BusDmamap,
  pages: Int32Array,
  first: number,
): boolean {
  const { direct } = map.tag
  const { buf, buflen } = map
  if (direct === null || map.pagesneeded !== 0 || map.bpagesCount !== 0) return false
  const nsegs = direct.segments(map.segAddr, map.segLen, pages, first, buf, buflen)
  if (nsegs === 0) return false
  map.nsegs = nsegs
  const steps = (buf + buflen + PAGE_MASK) >>> PAGE_SHIFT
  platform.charge(BUSDMA_SITE_LOAD, 1)
  // The pages are counted before segments are built, where they can bounce.
  platform.charge(BUSDMA_SITE_PAGE_STEP, map.canBounce ? 2 * steps : steps)
  platform.charge(BUSDMA_SITE_SEGMENT, nsegs)
  const { callback } = map
  if (callback !== null) callback(map.callbackArg, map, nsegs, OK)
  return true
}
