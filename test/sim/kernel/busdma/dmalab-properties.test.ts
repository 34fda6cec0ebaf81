import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_PAGE } from '../../../../src/sim/kernel/busdma/bounce-zone.ts'
import { BUS_DMA_ALIGNED, BUS_SPACE_MAXADDR } from '../../../../src/sim/kernel/busdma/constants.ts'
import { dmalab } from '../../../../src/sim/kernel/busdma/dialects/dmalab.ts'
import type { BusDmamap } from '../../../../src/sim/kernel/busdma/map.ts'
import type { BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import { EFBIG, EINVAL, ENOMEM, OK, type Errno } from '../../../../src/sim/kernel/errno.ts'
import { loadOnce } from './load-once.ts'
import { randomLoad, type RandomLoad } from './random-load.ts'
import { Bench, poolOf } from './small-machine.ts'

const CASES = 100_000
const SEED = 20041220

interface Loaded {
  readonly bench: Bench
  readonly map: BusDmamap
  readonly error: Errno
  readonly nsegs: number
}

/** Runs the load; null where the tag is refused. */
function run(load: RandomLoad, tagArgs: BusDmaTagArgs, pool: number[]): Loaded | null {
  const bench = new Bench(undefined, dmalab)
  const { busdma, machine } = bench
  machine.table = load.pages
  const parent = load.parent === null ? null : busdma.bus_dma_tag_create(null, load.parent).tag
  const { tag } = busdma.bus_dma_tag_create(parent, tagArgs)
  if (tag === null || (load.parent !== null && parent === null)) return null
  if (tag.couldBounce) busdma.preloadZone(tag, pool)
  const map = bench.map(tag)
  return { bench, map, ...loadOnce(busdma, tag, map, load) }
}

function limitsOf(load: RandomLoad): BusDmaTagArgs[] {
  return load.parent === null ? [load.tag] : [load.tag, load.parent]
}

function isReachable(limits: readonly BusDmaTagArgs[], paddr: number): boolean {
  return limits.every(({ lowaddr, highaddr }) => {
    const last = (addr: number): number => (addr === BUS_SPACE_MAXADDR ? addr : addr | 0xfff)
    return paddr <= last(lowaddr) || paddr > last(highaddr)
  })
}

/** Every limit, checked segment by segment without the loader's own arithmetic. */
function checkSegments(load: RandomLoad, { map, nsegs }: Loaded): void {
  const limits = limitsOf(load)
  if (nsegs > load.tag.nsegments) throw new Error(`${nsegs} segments`)
  for (let i = 0; i < nsegs; i++) {
    const addr = map.segAddr[i] as number
    const bytes = map.segLen[i] as number
    const last = addr + bytes - 1
    const where = `segment ${i}, ${addr.toString(16)}+${bytes.toString(16)},`
    if (bytes < 1) throw new Error(`${where} is empty`)
    for (const { alignment, boundary, maxsegsz } of limits) {
      if (addr % alignment !== 0) throw new Error(`${where} is misaligned`)
      if (bytes > maxsegsz) throw new Error(`${where} is too long`)
      if (boundary > 0 && (addr - (addr % boundary)) / boundary !== (last - (last % boundary)) / boundary)
        throw new Error(`${where} crosses its boundary`)
    }
    for (let at = addr; at <= last; at += 4096) {
      if (!isReachable(limits, at)) throw new Error(`${where} is out of reach`)
    }
    if (!isReachable(limits, last)) throw new Error(`${where} ends out of reach`)
  }
}

/** The client's bytes that one bounce page stands for. */
interface Bounced {
  readonly bus: number
  readonly client: number
  readonly bytes: number
}

function bouncedBy(map: BusDmamap): Bounced[] {
  const { zone } = map.tag
  const records: Bounced[] = []
  if (zone === null) return records
  for (let page = map.bpagesHead; page !== NO_PAGE; page = zone.next[page] as number) {
    const bus = zone.busaddr(page)
    records.push({ bus, client: zone.dataPaddr[page] as number, bytes: zone.dataCount[page] as number })
  }
  return records
}

/** Walks the segments and the client's bytes side by side. Bounce pages lie below frame 0x200, client pages do not. */
function checkCoverage(load: RandomLoad, { map, nsegs }: Loaded): void {
  const records = bouncedBy(map)
  let piece = 0
  let done = 0
  for (let i = 0; i < nsegs; i++) {
    let addr = map.segAddr[i] as number
    let left = map.segLen[i] as number
    while (left > 0) {
      while (done === load.pieces[piece]?.[1]) {
        piece++
        done = 0
      }
      const [start, length] = load.pieces[piece] ?? [0, 0]
      if (length === 0) throw new Error('more bytes than were asked for')
      const at = start + done
      const expected = (load.pages[Math.floor(at / 4096)] as number) * 4096 + (at % 4096)
      let client = addr
      let extent = 4096 - (addr % 4096)
      if (addr < 0x200000) {
        const from = addr
        const record = records.find(({ bus, bytes }) => from >= bus && from < bus + bytes)
        if (record === undefined) throw new Error(`${addr.toString(16)} belongs to no bounced bytes`)
        client = record.client + addr - record.bus
        extent = record.bus + record.bytes - addr
      }
      if (client !== expected) throw new Error(`byte ${at} is not at ${addr.toString(16)}`)
      const step = Math.min(left, extent, 4096 - (at % 4096), length - done)
      addr += step
      left -= step
      done += step
    }
  }
  for (; piece < load.pieces.length; piece++, done = 0) {
    if (done !== load.pieces[piece]?.[1]) throw new Error(`bytes of piece ${piece} are missing`)
  }
}

/** Only what must bounce does: bytes out of reach, or misaligned ones. */
function checkBounces(load: RandomLoad, { map }: Loaded): void {
  const limits = limitsOf(load)
  for (const { client } of bouncedBy(map)) {
    const misaligned = limits.some(({ alignment }) => client % alignment !== 0)
    if (isReachable(limits, client) && !misaligned) throw new Error(`${client.toString(16)} need not bounce`)
  }
}

function checkPool({ bench, map, error }: Loaded, pool: number[]): void {
  const { zone } = map.tag
  if (map.pagesneeded !== 0 || map.pagesreserved !== 0) throw new Error('a need is left')
  if (error !== OK && map.bpagesCount !== 0) throw new Error('a failed load keeps bounce pages')
  if (zone === null) return
  const [total, free = 0, reserved, active = 0] = poolOf(map.tag)
  if (total !== pool.length || reserved !== 0 || free + active !== total)
    throw new Error(`pool ${total} ${free} ${reserved} ${active}`)
  if (active !== map.bpagesCount || zone.freeList().length !== free) throw new Error('pages astray')
  bench.busdma.bus_dmamap_unload(map.tag, map)
  const back = zone.freeList().sort((a, b) => a - b)
  if (zone.free !== total || back.join() !== [...pool].sort((a, b) => a - b).join())
    throw new Error('pages lost by unload')
}

/** An error must be one that the request deserves: the same load without the limit in question shows it. */
function checkError(load: RandomLoad, { error }: Loaded): void {
  if (error === EINVAL) {
    if ((load.tag.flags & BUS_DMA_ALIGNED) === 0) throw new Error('EINVAL without BUS_DMA_ALIGNED')
    return
  }
  const plenty = Array.from({ length: 500 }, (_, i) => i + 1)
  const freed = run(load, { ...load.tag, nsegments: 2000 }, error === ENOMEM ? plenty : load.pool)
  // A misaligned chunk may lie beyond the segment that was one too many.
  if (freed?.error === EINVAL && (load.tag.flags & BUS_DMA_ALIGNED) !== 0) return
  if (freed?.error !== OK) throw new Error(`error ${error}, then ${freed?.error}`)
  if (error === EFBIG && freed.nsegs <= load.tag.nsegments) throw new Error('EFBIG, but it fits')
  if (error === ENOMEM && freed.map.bpagesCount <= load.pool.length)
    throw new Error('ENOMEM, but it suffices')
}

describe('any load under dmalab', () => {
  it(`keeps every limit, covers the request, and fails only for a reason (${CASES} cases)`, () => {
    const outcomes = new Map<string, number>()
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (seed) => {
        const load = randomLoad(seed)
        const loaded = run(load, load.tag, load.pool)
        const bounced = loaded?.map.bpagesCount ? ' bounced' : ''
        const kind = loaded === null ? 'refused' : `${load.entry} ${loaded.error}${bounced}`
        outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1)
        if (loaded === null) return
        if (loaded.error === OK) {
          checkSegments(load, loaded)
          checkCoverage(load, loaded)
          checkBounces(load, loaded)
        } else {
          checkError(load, loaded)
        }
        checkPool(loaded, load.pool)
      }),
      { numRuns: CASES, seed: SEED },
    )
    // The cases reach every outcome by every entry.
    for (const entry of ['load', 'pages', 'mbuf', 'uio']) {
      for (const outcome of ['0', '0 bounced', `${EFBIG}`, `${ENOMEM}`, `${EINVAL}`]) {
        expect(outcomes.get(`${entry} ${outcome}`) ?? 0, `${entry} ${outcome}`).toBeGreaterThan(100)
      }
    }
  })
})
