import { BusDma, type TagCreated } from '../../../kernel/busdma/busdma.ts'
import { PAGE_MASK, PAGE_SIZE } from '../../../kernel/busdma/constants.ts'
import type { BusDmaDialect } from '../../../kernel/busdma/dialects/dialect.ts'
import type { BusDmamap } from '../../../kernel/busdma/map.ts'
import type { MbufChain } from '../../../kernel/busdma/mbuf.ts'
import type { BusDmaTag } from '../../../kernel/busdma/tag.ts'
import type { UioVector } from '../../../kernel/busdma/uio-vector.ts'
import { errnoName, OK, type Errno } from '../../../kernel/errno.ts'
import { differenceOf, NotModelled, type Difference } from '../outcome.ts'
import { listOf, numberOf, numbersOf, objectOf, stringOf, type VectorObject } from '../vector-fields.ts'
import { bouncesOf, poolOf, segmentsOf } from './load-results.ts'
import { VectorMachine } from './vector-machine.ts'
import { effectiveTagOf, flagsOf, tagArgsOf } from './vector-tag.ts'

const CLIENT = 0

/** `violates` and `overrunsBouncePage` comment on the result and are not part of it. */
const COMMENTS = ['violates', 'overrunsBouncePage']
const ONLY_IF_EXPECTED = ['effectiveTag', 'freeListAfterUnload']

/** Runs a vector of one load on a fresh machine; null when the result is the expected one. */
export function runSingleLoad(dialect: BusDmaDialect, vector: VectorObject): Difference | null {
  const machine = new VectorMachine(numberOf(vector.ramPages, 'ramPages'))
  const busdma = new BusDma(machine, dialect)
  const expect = objectOf(vector.expect, 'expect')
  const { error: tagError, tag } = createTags(busdma, objectOf(vector.tag, 'tag'))
  if (tag === null) return differenceOf(expect, { error: errnoName(tagError) })
  if (tag.couldBounce) busdma.preloadZone(tag, numbersOf(vector.bouncePfns, 'bouncePfns'))
  const { error, map } = busdma.bus_dmamap_create(tag, 0)
  if (map === null) return differenceOf(expect, { error: errnoName(error) })

  const pages = numbersOf(vector.pages, 'pages')
  const call = new LoadCall()
  call.run(busdma, machine, tag, map, pages, vector)
  const got: Record<string, unknown> = {
    error: errnoName(call.callbackSegments === null ? call.returned : call.error),
    returned: errnoName(call.returned),
    callbackSegments: call.callbackSegments,
    segments: call.segments,
    mapSize: call.mapSize,
    bouncePagesUsed: map.bpagesCount,
    bounces: bounceRecords(map, pages, vector),
    pool: poolOf(tag.zone),
    pagesNeeded: map.pagesneeded,
    pagesReserved: map.pagesreserved,
    effectiveTag: effectiveTagOf(tag),
  }
  busdma.bus_dmamap_unload(tag, map)
  got.freeListAfterUnload = tag.zone?.freeList()
  return differenceOf(expect, got, ONLY_IF_EXPECTED, COMMENTS)
}

/** Creates the ancestors, outermost first, then the tag itself. */
function createTags(busdma: BusDma, args: VectorObject): TagCreated {
  let parent: BusDmaTag | null = null
  for (const item of listOf(args.parents, 'tag.parents')) {
    const created = busdma.bus_dma_tag_create(parent, tagArgsOf(objectOf(item, 'tag.parents')))
    if (created.tag === null) return created
    parent = created.tag
  }
  return busdma.bus_dma_tag_create(parent, tagArgsOf(args))
}

/** One load through the entry point that the vector names, and what its callback received. */
class LoadCall {
  returned: Errno = OK
  error: Errno = OK
  callbackSegments: number | null = null
  segments: [number, number][] = []
  mapSize = 0

  run(
    busdma: BusDma,
    machine: VectorMachine,
    tag: BusDmaTag,
    map: BusDmamap,
    pages: number[],
    vector: VectorObject,
  ): void {
    const base = machine.mapRegion(CLIENT, pages)
    const flags = flagsOf(vector.flags, 'flags')
    const done = (_arg: number, loaded: BusDmamap, nsegs: number, error: Errno): void => {
      this.error = error
      this.callbackSegments = nsegs
      if (error === OK) this.segments = segmentsOf(loaded, nsegs)
    }
    const doneChain = (arg: number, loaded: BusDmamap, nsegs: number, size: number, error: Errno): void => {
      this.mapSize = size
      done(arg, loaded, nsegs, error)
    }
    switch (vector.via) {
      case 'load': {
        const buf = base + numberOf(vector.offset, 'offset')
        this.returned = busdma.bus_dmamap_load(
          tag,
          map,
          buf,
          numberOf(vector.length, 'length'),
          done,
          0,
          flags,
        )
        return
      }
      case 'pages': {
        const list = Int32Array.from(pages)
        const offset = numberOf(vector.offset, 'offset')
        const length = numberOf(vector.length, 'length')
        this.returned = busdma.bus_dmamap_load_pages(
          tag,
          map,
          list,
          list.length,
          offset,
          length,
          done,
          0,
          flags,
        )
        return
      }
      case 'mbuf':
        this.returned = busdma.bus_dmamap_load_mbuf(tag, map, chainOf(vector, base), doneChain, 0, flags)
        return
      case 'uio': {
        const uio = uioOf(vector, base, machine)
        this.returned = busdma.bus_dmamap_load_uio(tag, map, uio, doneChain, 0, flags)
        return
      }
      default:
        throw new NotModelled(`entry point ${stringOf(vector.via, 'via')} is not modelled yet`)
    }
  }
}

function chainOf(vector: VectorObject, base: number): MbufChain {
  const pieces = piecesOf(vector)
  return {
    // The header keeps it in 32 bits, with a sign.
    packetLength: numberOf(vector.packetLength, 'packetLength') | 0,
    count: pieces.length,
    data: Float64Array.from(pieces, ([offset]) => base + (offset ?? 0)),
    len: Int32Array.from(pieces, ([, length]) => length ?? 0),
  }
}

/** The chain as a uio of user addresses. */
function uioOf(vector: VectorObject, base: number, machine: VectorMachine): UioVector {
  const pieces = piecesOf(vector)
  return {
    iov: 0,
    iovcnt: pieces.length,
    resid: numberOf(vector.resid, 'resid'),
    base: Float64Array.from(pieces, ([offset]) => base + (offset ?? 0)),
    length: Float64Array.from(pieces, ([, length]) => length ?? 0),
    space: machine.userPages,
  }
}

/**
 * Bounce records as [offset of the client data from the start of the first page, length, bus address]; without the
 * offset for a page list.
 */
function bounceRecords(map: BusDmamap, pages: readonly number[], vector: VectorObject): number[][] {
  if (vector.via === 'pages') return bouncesOf(map).map(({ bytes, busaddr }) => [bytes, busaddr])
  // Records follow the data, so a page frame that occurs twice is found in its turn.
  const chunks = pageChunks(vector)
  let from = 0
  return bouncesOf(map).map(({ clientPaddr, bytes, busaddr }) => {
    for (; chunks[0] !== undefined; chunks.shift()) {
      const [start, end] = chunks[0]
      const pfn = pages[Math.floor(start / PAGE_SIZE)] ?? 0
      const offset = start - (start & PAGE_MASK) + clientPaddr - pfn * PAGE_SIZE
      if (offset >= Math.max(start, from) && offset < end) {
        from = offset + 1
        return [offset, bytes, busaddr]
      }
    }
    return [-1, bytes, busaddr]
  })
}

/** First and last offset (exclusive, but one at least) of each page chunk of the request, in loading order. */
function pageChunks(vector: VectorObject): [number, number][] {
  const whole = [numberOf(vector.offset, 'offset'), numberOf(vector.length, 'length')]
  const pieces = vector.pieces === undefined ? [whole] : piecesOf(vector)
  const chunks: [number, number][] = []
  for (const [start = 0, length = 0] of pieces) {
    let at = start
    do {
      const end = Math.min(at + PAGE_SIZE - (at & PAGE_MASK), start + length)
      chunks.push([at, Math.max(end, at + 1)])
      at = end
    } while (at < start + length)
  }
  return chunks
}

/** [offset, length] of each element of a chain. */
function piecesOf(vector: VectorObject): number[][] {
  return listOf(vector.pieces, 'pieces').map((piece) => numbersOf(piece, 'pieces'))
}
