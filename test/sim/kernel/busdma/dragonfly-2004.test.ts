import { describe, expect, it } from 'vitest'
import { BUS_DMA_ALLOCNOW, BUS_DMA_NOWAIT } from '../../../../src/sim/kernel/busdma/constants.ts'
import { dragonfly2004 } from '../../../../src/sim/kernel/busdma/dialects/dragonfly-2004.ts'
import type { BusDmamap } from '../../../../src/sim/kernel/busdma/map.ts'
import { EINPROGRESS, EINVAL, ENOMEM, OK, type Errno } from '../../../../src/sim/kernel/errno.ts'
import { Bench, poolOf, UNRESTRICTED } from './small-machine.ts'

const ISA = { lowaddr: 0xffffff, maxsize: 8192 }
const HIGH = { lowaddr: 0x7fffffff, maxsize: 8192 }

function bench2004(): Bench {
  return new Bench(undefined, dragonfly2004)
}

describe('the one pool of dragonfly-2004', () => {
  it('hands a page fetched for one device to another that cannot reach it', () => {
    const bench = bench2004()
    bench.machine.supply = [0x2000, 0x2001]
    bench.tag({ ...HIGH, flags: BUS_DMA_ALLOCNOW })
    const isa = bench.tag({ ...ISA, flags: BUS_DMA_ALLOCNOW })
    bench.loadPages(bench.map(isa), [0x1000], 0, 4096)
    expect(bench.callbacks[0]?.segments).toEqual([[0x2000000, 4096]])
  })

  it('grows below the limit of the tag that asks', () => {
    const bench = bench2004()
    bench.machine.supply = [0x2000, 7]
    const args = { ...UNRESTRICTED, ...ISA, flags: BUS_DMA_ALLOCNOW }
    expect(bench.busdma.bus_dma_tag_create(null, args).error).toBe(ENOMEM)
    expect(poolOf(bench.tag({}))).toEqual([1, 1, 0, 0])
  })

  it('returns the pages it grew by as if they were an error of map creation', () => {
    const bench = bench2004()
    bench.machine.supply = [1, 2, 3]
    const tag = bench.tag(ISA)
    const created = bench.busdma.bus_dmamap_create(tag, 0)
    expect(created.error).toBe(2)
    expect(created.map).not.toBeNull()
    expect(tag.mapCount).toBe(0)
    expect(bench.busdma.bus_dmamap_create(tag, 0).error).toBe(1)
    expect(bench.busdma.bus_dmamap_create(tag, 0).error).toBe(OK)
  })

  it('takes all that the machine has when it has outgrown the limit of a tag', () => {
    const bench = new Bench(2, dragonfly2004)
    bench.busdma.preloadZone(bench.tag({}), [1, 2, 3])
    bench.machine.supply = [4, 5, 6, 7, 8]
    expect(bench.busdma.bus_dmamap_create(bench.tag(ISA), 0).error).toBe(5)
  })
})

describe('a tag of dragonfly-2004', () => {
  it('takes the looser boundary of itself and its parent', () => {
    const bench = bench2004()
    const parent = bench.tag({ boundary: 0x10000 })
    expect(bench.tag({ boundary: 0x1000 }, parent).boundary).toBe(0x10000)
  })
})

describe('bus_dmamap_load of dragonfly-2004', () => {
  it('ignores BUS_DMA_NOWAIT', () => {
    const bench = bench2004()
    const tag = bench.tag(ISA)
    bench.busdma.preloadZone(tag, [])
    bench.machine.table = [0x1000]
    const error = bench.busdma.bus_dmamap_load(tag, bench.map(tag), 0, 10, bench.loaded, 0, BUS_DMA_NOWAIT)
    expect(error).toBe(EINPROGRESS)
    expect(bench.busdma.waitingLoads(tag)).toBe(1)
  })

  it('keeps its need after EFBIG, so that the next load does not count and bounces too little', () => {
    const bench = bench2004()
    const tag = bench.tag({ ...ISA, nsegments: 2 })
    bench.busdma.preloadZone(tag, [1, 3, 5, 7])
    const map = bench.map(tag)
    bench.loadPages(map, [0x1000, 0x1010, 0x1020, 0x1030], 0, 16384)
    bench.busdma.bus_dmamap_unload(tag, map)
    expect(map).toMatchObject({ bpagesCount: 0, pagesneeded: 1, pagesreserved: 1 })
    bench.loadPages(map, [0x1000, 0x1010], 0, 8192)
    expect(bench.callbacks[1]?.segments).toHaveLength(2)
    expect(bench.callbacks[1]?.segments[1]).toEqual([0x1010000, 4096])
  })

  it('asks its filter at the start of the page when it counts', () => {
    const bench = bench2004()
    const tag = bench.tag({ ...ISA, filter: (_arg, paddr) => paddr % 4096 !== 0 })
    bench.busdma.preloadZone(tag, [1])
    bench.loadPages(bench.map(tag), [0x1000], 8, 100)
    expect(bench.callbacks[0]?.segments).toEqual([[0x1000008, 100]])
  })
})

describe('the chains of dragonfly-2004', () => {
  function loadMbufs(pieces: [number, number][], packetLength: number, maxsize = 65536) {
    const bench = bench2004()
    bench.machine.table = [0x40, 0x41]
    const tag = bench.tag({ maxsize })
    const map = bench.map(tag)
    let segments: number[][] = []
    const done = (_arg: number, loaded: BusDmamap, nsegs: number): void => {
      segments = Array.from({ length: nsegs }, (_, i) => [loaded.segAddr[i] ?? 0, loaded.segLen[i] ?? 0])
    }
    const data = Float64Array.from(pieces, ([at]) => at)
    const len = Int32Array.from(pieces, ([, bytes]) => bytes)
    const chain = { packetLength, count: pieces.length, data, len }
    const error = bench.busdma.bus_dmamap_load_mbuf(tag, map, chain, done, 0, 0)
    return { error, segments }
  }

  it('lose their first segment to an empty first mbuf', () => {
    const pieces: [number, number][] = [
      [0, 0],
      [16, 20],
      [36, 4],
    ]
    expect(loadMbufs(pieces, 24).segments).toEqual([
      [0, 0],
      [0x40010, 24],
    ])
  })

  it('compare the header of a packet with maxsize unsigned', () => {
    expect(loadMbufs([[0, 8]], -1).error).toBe(EINVAL)
    expect(loadMbufs([[0, 8]], -1, 0xffffffff).error).toBe(OK)
    expect(loadMbufs([[0, 8]], 9, 8).error).toBe(EINVAL)
  })

  it('may be a uio of a process, of which only what is wanted is loaded', () => {
    const bench = bench2004()
    const tag = bench.tag({})
    const map = bench.map(tag)
    const seen: number[][] = []
    const done = (_arg: number, loaded: BusDmamap, nsegs: number, size: number, error: Errno): void => {
      seen.push([nsegs, size, error, loaded.segAddr[0] ?? 0, loaded.segLen[0] ?? 0])
    }
    const pieces = { iov: 1, iovcnt: 2, base: Float64Array.of(9, 16, 0), length: Float64Array.of(9, 8, 8) }
    const space = { pmap_extract: () => 0x77 }
    bench.busdma.bus_dmamap_load_uio(tag, map, { ...pieces, resid: 8, space }, done, 0, 0)
    bench.busdma.bus_dmamap_load_uio(tag, map, { ...pieces, resid: 8, space: null }, done, 0, 0)
    expect(seen[0]).toEqual([1, 8, OK, 0x77010, 8])
    expect(seen[1]?.slice(0, 3)).toEqual([0, 0, EINVAL])
  })
})
