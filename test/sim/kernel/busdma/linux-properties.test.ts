import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../../../src/sim/engine/random.ts'
import { BusDma } from '../../../../src/sim/kernel/busdma/busdma.ts'
import {
  BUS_DMA_KEEP_PG_OFFSET,
  BUS_DMASYNC_POSTREAD,
  BUS_DMASYNC_PREREAD,
} from '../../../../src/sim/kernel/busdma/constants.ts'
import { linux } from '../../../../src/sim/kernel/busdma/dialects/linux.ts'
import type { BusDmamap } from '../../../../src/sim/kernel/busdma/map.ts'
import type { BusDmaTag, BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import { EFBIG, EINVAL, ENOMEM, OK, type Errno } from '../../../../src/sim/kernel/errno.ts'
import { ByteMachine } from './byte-machine.ts'
import { randomLoad, type RandomLoad } from './random-load.ts'
import { poolOf } from './small-machine.ts'

const CASES = 4000
const SEED = 20240611
const BLOCK = 512

/** [offset, length] of what is still to be loaded. */
type Pieces = [number, number][]

/** One kernel, one request, and a driver that loads it part by part. */
class Transfer {
  readonly load: RandomLoad
  readonly machine = new ByteMachine()
  readonly busdma: BusDma
  readonly tag: BusDmaTag
  readonly map: BusDmamap
  readonly limits: BusDmaTagArgs
  nsegs = 0
  error: Errno = OK
  parts = 0
  bounced = 0

  constructor(load: RandomLoad, tag: BusDmaTag, map: BusDmamap, machine: ByteMachine, busdma: BusDma) {
    this.load = load
    this.machine = machine
    this.busdma = busdma
    this.tag = tag
    this.map = map
    this.limits = combined(load)
  }

  paddrOf(at: number): number {
    return (this.load.pages[Math.floor(at / 4096)] as number) * 4096 + (at % 4096)
  }

  /** Loads the pieces in the manner of the entry; returns the result. */
  request(pieces: Pieces): Errno {
    const { busdma, tag, map, load, machine } = this
    let calls = 0
    const done = (_arg: number, _map: BusDmamap, nsegs: number, error: Errno): void => {
      calls++
      this.nsegs = nsegs
      this.error = error
    }
    const done2 = (arg: number, loaded: BusDmamap, nsegs: number, size: number, error: Errno): void => {
      if (size !== (error === OK ? loaded.loadedBytes : 0)) throw new Error(`told of ${size} bytes`)
      done(arg, loaded, nsegs, error)
    }
    machine.table = load.pages
    const [offset = 0, length = 0] = pieces[0] ?? []
    const base = Float64Array.from(pieces, ([at]) => at)
    const lengths = pieces.map(([, bytes]) => bytes)
    const iovcnt = pieces.length
    let result: Errno
    switch (load.entry) {
      case 'load':
        result = busdma.bus_dmamap_load(tag, map, offset, length, done, 0, 0)
        break
      case 'pages': {
        const list = Int32Array.from(load.pages.slice(Math.floor(offset / 4096)))
        if (list.length === 0) list.fill(0)
        const { length: npages } = list
        result = busdma.bus_dmamap_load_pages(tag, map, list, npages, offset % 4096, length, done, 0, 0)
        break
      }
      case 'mbuf': {
        const chain = { packetLength: 1, count: iovcnt, data: base, len: Int32Array.from(lengths) }
        result = busdma.bus_dmamap_load_mbuf(tag, map, chain, done2, 0, 0)
        break
      }
      case 'uio': {
        const space = { pmap_extract: (uaddr: number) => load.pages[Math.floor(uaddr / 4096)] ?? -1 }
        const resid = bytesOf(pieces)
        const uio = { iov: 0, iovcnt, resid, base, length: Float64Array.from(lengths), space }
        result = busdma.bus_dmamap_load_uio(tag, map, uio, done2, 0, 0)
      }
    }
    if (calls !== 1) throw new Error(`${calls} callbacks`)
    return result
  }
}

function combined({ tag, parent }: RandomLoad): BusDmaTagArgs {
  if (parent === null) return tag
  return {
    ...tag,
    alignment: Math.max(tag.alignment, parent.alignment),
    boundary: Math.min(tag.boundary || Infinity, parent.boundary || Infinity) % Infinity || 0,
    lowaddr: Math.min(tag.lowaddr, parent.lowaddr),
    highaddr: Math.max(tag.highaddr, parent.highaddr),
    maxsize: Math.min(tag.maxsize, parent.maxsize),
    nsegments: Math.min(tag.nsegments, parent.nsegments),
    maxsegsz: Math.min(tag.maxsegsz, parent.maxsegsz),
  }
}

function bytesOf(pieces: Pieces): number {
  return pieces.reduce((sum, [, length]) => sum + length, 0)
}

/** The bytes of the pieces in order, by their offset in the region. */
function* bytesIn(pieces: Pieces): Generator<number> {
  for (const [offset, length] of pieces) for (let i = 0; i < length; i++) yield offset + i
}

function without(pieces: Pieces, bytes: number): Pieces {
  let skip = bytes
  return pieces.flatMap(([offset, length]) => {
    const cut = Math.min(skip, length)
    skip -= cut
    return cut === length ? [] : [[offset + cut, length - cut] as [number, number]]
  })
}

/** Segments that the first `bytes` bytes need, one too many at most, counted byte by byte; -1 where one starts misaligned. */
function segmentsOf(transfer: Transfer, pieces: Pieces, bytes: number): number {
  const { boundary, maxsegsz, alignment, nsegments } = transfer.limits
  let segments = 0
  let length = 0
  let last = -1
  let count = 0
  for (const at of bytesIn(pieces)) {
    if (count++ === bytes) break
    const paddr = transfer.paddrOf(at)
    const starts = paddr !== last + 1 || length === maxsegsz || (boundary > 0 && paddr % boundary === 0)
    if (segments === 0 || starts) {
      if (segments === nsegments) return nsegments + 1
      if (paddr % alignment !== 0) return -1
      segments++
      length = 0
    }
    length++
    last = paddr
  }
  return segments
}

/** Most bytes of one request, from the tag and the pool. */
function mostBytes({ limits, tag }: Transfer): number {
  if (tag.zone === null) return limits.maxsize
  const keeps = (limits.flags & BUS_DMA_KEEP_PG_OFFSET) !== 0 ? 4096 : 0
  const block = Math.max(2048, limits.alignment, keeps)
  const group = Math.min(tag.zone.total, 128) * 2048
  return Math.min(limits.maxsize, Math.max(group - block, 2048))
}

function checkSegments({ map, nsegs, limits, tag }: Transfer): void {
  if (nsegs > limits.nsegments) throw new Error(`${nsegs} segments`)
  let total = 0
  for (let i = 0; i < nsegs; i++) {
    const addr = map.segAddr[i] as number
    const bytes = map.segLen[i] as number
    const last = addr + bytes - 1
    const where = `segment ${i}, ${addr.toString(16)}+${bytes.toString(16)},`
    total += bytes
    if (bytes < 1) throw new Error(`${where} is empty`)
    if (bytes > limits.maxsegsz) throw new Error(`${where} is too long`)
    if (addr % limits.alignment !== 0) throw new Error(`${where} is misaligned`)
    const { boundary } = limits
    if (boundary > 0 && Math.floor(addr / boundary) !== Math.floor(last / boundary))
      throw new Error(`${where} crosses its boundary`)
    for (const at of [addr, last]) {
      if (tag.lowaddr < tag.highaddr && at > tag.lowaddr && at <= tag.highaddr)
        throw new Error(`${where} is out of reach`)
    }
  }
  if (total !== map.loadedBytes) throw new Error(`${total} bytes in segments, ${map.loadedBytes} loaded`)
}

/** Bus addresses of the loaded bytes, in order. */
function* busBytes({ map, nsegs }: Transfer): Generator<number> {
  for (let i = 0; i < nsegs; i++) {
    for (let at = 0; at < (map.segLen[i] as number); at++) yield (map.segAddr[i] as number) + at
  }
}

/** The device reads what the client wrote; then it writes a part of it anew. */
function checkBytes(transfer: Transfer, pieces: Pieces, random: Random): void {
  const { machine, map, busdma, tag } = transfer
  const client = bytesIn(pieces)
  const homes: number[] = []
  for (const bus of busBytes(transfer)) {
    const home = transfer.paddrOf(client.next().value as number)
    if (machine.read(bus) !== machine.read(home)) throw new Error(`the device reads a wrong byte at ${bus}`)
    homes.push(home)
  }
  const before = homes.map((paddr) => machine.read(paddr))
  const written = random.below(homes.length + 1)
  busdma.bus_dmamap_sync(tag, map, BUS_DMASYNC_PREREAD)
  let count = 0
  for (const bus of busBytes(transfer)) if (count < written) machine.write(bus, count++ % 251)
  busdma.bus_dmamap_sync(tag, map, BUS_DMASYNC_POSTREAD)
  homes.forEach((paddr, i) => {
    const expected = i < written ? i % 251 : before[i]
    if (machine.read(paddr) !== expected)
      throw new Error(`byte ${i} of ${homes.length}, ${written} written, is wrong`)
  })
}

/** Loading more, or anything at all, was not possible. */
function checkShortness(transfer: Transfer, pieces: Pieces, loaded: number): void {
  const wanted = bytesOf(pieces)
  if (loaded === wanted) return
  const more = transfer.load.entry === 'mbuf' ? wanted : Math.min(loaded + BLOCK, wanted)
  const needed = segmentsOf(transfer, pieces, more)
  const fits = needed <= transfer.limits.nsegments && more <= mostBytes(transfer)
  if (fits && (needed >= 0 || loaded > 0))
    throw new Error(`${loaded} of ${wanted} loaded, ${more} would need ${needed} segments`)
}

function checkPool({ tag, busdma }: Transfer): void {
  const { zone } = tag
  if (zone === null) return
  const [total = 0, free, reserved, active] = poolOf(tag)
  if (free !== total || reserved !== 0 || active !== 0 || zone.freeList().length !== total)
    throw new Error(`pool ${total} ${free} ${reserved} ${active}`)
  if (busdma.bouncePagesActive !== 0) throw new Error(`${busdma.bouncePagesActive} pages active`)
}

/** Null where the tag or its map is refused, or where a page comes twice, so that its bytes have no one owner. */
function transferOf(load: RandomLoad, random: Random): Transfer | null {
  if (new Set(load.pages).size < load.pages.length) return null
  const machine = new ByteMachine()
  machine.supply = Array.from({ length: random.below(0x180) }, (_, i) => 1 + i)
  const busdma = new BusDma(machine, linux, 1 + random.below(random.below(2) === 0 ? 4 : 200))
  const parent = load.parent === null ? null : busdma.bus_dma_tag_create(null, load.parent).tag
  const { tag } = busdma.bus_dma_tag_create(parent, load.tag)
  if (tag === null || (load.parent !== null && parent === null)) return null
  const { map } = busdma.bus_dmamap_create(tag, 0)
  if (map === null) return null
  for (const pfn of load.pages)
    for (let i = 0; i < 4096; i++) machine.write(pfn * 4096 + i, random.below(256))
  return new Transfer(load, tag, map, machine, busdma)
}

/** Runs the request to its end or its first error; returns how it went. */
function runTransfer(transfer: Transfer, random: Random): string {
  const { load, map, busdma, tag } = transfer
  let left: Pieces = load.pieces
  do {
    const result = transfer.request(left)
    const { error } = transfer
    const isBlockRequest = load.entry === 'load' || load.entry === 'pages'
    if (result !== (isBlockRequest && error !== ENOMEM ? OK : error)) throw new Error(`result ${result}`)
    if (error !== OK) {
      if (transfer.nsegs !== 0) throw new Error('an error with segments')
      if (error === EFBIG) checkShortness(transfer, left, 0)
      if (error === EINVAL && segmentsOf(transfer, left, bytesOf(left)) >= 0) throw new Error('EINVAL')
      if (error === ENOMEM && tag.zone === null) throw new Error('ENOMEM without a pool')
      checkPool(transfer)
      return `${load.entry} ${error}`
    }
    const loaded = map.loadedBytes
    if (loaded < bytesOf(left) && (loaded === 0 || loaded % BLOCK !== 0))
      throw new Error(`split at ${loaded}`)
    checkSegments(transfer)
    checkShortness(transfer, left, loaded)
    checkBytes(transfer, left, random)
    transfer.bounced += map.bpagesCount
    busdma.bus_dmamap_unload(tag, map)
    checkPool(transfer)
    left = without(left, loaded)
    transfer.parts++
  } while (left.length > 0 && bytesOf(left) > 0)
  const kind = transfer.parts > 1 ? ' split' : ''
  return `${load.entry} 0${kind}${transfer.bounced > 0 ? ' bounced' : ''}`
}

describe('any load under linux', () => {
  it(`covers the request part by part, keeps every limit, and moves every byte (${CASES} cases)`, () => {
    const outcomes = new Map<string, number>()
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (seed) => {
        const random = new Random(seed, 1)
        const drawn = randomLoad(seed)
        const maxsize = [1048576, 1048576, 65536, 8192, 3000, 512, 300][random.below(7)] as number
        const transfer = transferOf({ ...drawn, tag: { ...drawn.tag, maxsize } }, random)
        const kind = transfer === null ? 'none' : runTransfer(transfer, random)
        outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1)
      }),
      { numRuns: CASES, seed: SEED },
    )
    for (const entry of ['load', 'pages', 'mbuf', 'uio']) {
      const splits = entry === 'mbuf' ? [] : ['0 split', '0 split bounced']
      for (const outcome of ['0', '0 bounced', ...splits, `${EFBIG}`, `${EINVAL}`, `${ENOMEM}`]) {
        expect(outcomes.get(`${entry} ${outcome}`) ?? 0, `${entry} ${outcome}`).toBeGreaterThan(5)
      }
    }
  })
})
