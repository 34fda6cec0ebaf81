import { describe, expect, it } from 'vitest'
import { BUS_DMA_KEEP_PG_OFFSET } from '../../../../src/sim/kernel/busdma/constants.ts'
import type { BusDmamap } from '../../../../src/sim/kernel/busdma/map.ts'
import type { BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import { EOPNOTSUPP, OK, type Errno } from '../../../../src/sim/kernel/errno.ts'
import { Bench } from './small-machine.ts'

function contiguous(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i)
}

interface Case {
  readonly name: string
  readonly tag: Partial<BusDmaTagArgs>
  readonly pages: number[]
  readonly offset: number
  readonly length: number
  readonly pool?: number[]
  readonly segments: number[][]
}

const ISA = { lowaddr: 0xffffff, highaddr: 0xffffffff }

const cases: Case[] = [
  {
    name: 'fills each segment to the largest size',
    tag: { maxsegsz: 0x1800 },
    pages: contiguous(0x100, 6),
    offset: 0,
    length: 0x6000,
    segments: [0x100000, 0x101800, 0x103000, 0x104800].map((addr) => [addr, 0x1800]),
  },
  {
    name: 'cuts at 64 KiB boundaries for an IDE controller',
    tag: { alignment: 2, boundary: 0x10000, maxsegsz: 0x10000 },
    pages: contiguous(0x1f, 18),
    offset: 0x800,
    length: 0x11000,
    pool: [],
    segments: [
      [0x1f800, 0x800],
      [0x20000, 0x10000],
      [0x30000, 0x800],
    ],
  },
  {
    name: 'bounces only what lies above lowaddr, and joins adjacent bounce pages',
    tag: ISA,
    pages: [0xff0, 0x1000, 0x1001],
    offset: 0x200,
    length: 0x2000,
    pool: [0x80, 0x81],
    segments: [
      [0xff0200, 0xe00],
      [0x80000, 0x1200],
    ],
  },
  {
    name: 'keeps the page offset when the tag asks for it',
    tag: { ...ISA, flags: BUS_DMA_KEEP_PG_OFFSET },
    pages: [0x1000, 0x1005],
    offset: 0x200,
    length: 0x1000,
    pool: [0x80, 0x81],
    segments: [[0x80200, 0x1000]],
  },
  {
    name: 'cuts by size within a boundary window',
    tag: { maxsegsz: 0x600, boundary: 0x1000 },
    pages: [0x40, 0x41],
    offset: 0x700,
    length: 0x1000,
    segments: [
      [0x40700, 0x600],
      [0x40d00, 0x300],
      [0x41000, 0x600],
      [0x41600, 0x100],
    ],
  },
  {
    name: 'bounces a chunk that starts misaligned, and no other',
    tag: { alignment: 4 },
    pages: [0x300, 0x301],
    offset: 1,
    length: 0x1800,
    pool: [0x80, 0x81],
    segments: [
      [0x80000, 0xfff],
      [0x301000, 0x801],
    ],
  },
  {
    name: 'gives an empty segment for an empty buffer, on a boundary too',
    tag: { boundary: 0x1000 },
    pages: [0x40],
    offset: 0,
    length: 0,
    segments: [[0x40000, 0]],
  },
]

describe('segments', () => {
  for (const { name, tag: args, pages, offset, length, pool, segments } of cases) {
    it.each(['loadVirtual', 'loadPages'] as const)(`${name} (%s)`, (entry) => {
      const bench = new Bench()
      const tag = bench.tag(args)
      if (pool !== undefined) bench.busdma.preloadZone(tag, pool)
      const map = bench.map(tag)
      expect(bench[entry](map, pages, offset, length, 7)).toBe('OK')
      expect(bench.callbacks).toEqual([{ arg: 7, nsegs: segments.length, error: 'OK', segments }])
    })
  }

  it('counts one segment too many when scattered pages do not fit', () => {
    const bench = new Bench()
    const map = bench.map(bench.tag({ nsegments: 2 }))
    expect(bench.loadPages(map, [5, 9, 13], 0, 0x3000)).toBe('OK')
    expect(bench.callbacks).toEqual([{ arg: 0, nsegs: 3, error: 'EFBIG', segments: [] }])
  })

  it('counts the allowed segments when a cut does not fit', () => {
    const bench = new Bench()
    const map = bench.map(bench.tag({ nsegments: 2, maxsegsz: 0x1000 }))
    expect(bench.loadPages(map, [5, 6, 7], 0, 0x3000)).toBe('OK')
    expect(bench.callbacks).toEqual([{ arg: 0, nsegs: 2, error: 'EFBIG', segments: [] }])
  })

  it('refuses a range that leaves the page list', () => {
    const bench = new Bench()
    const map = bench.map(bench.tag({}))
    expect(bench.loadPages(map, [5], 1, 4096)).toBe('EINVAL')
    expect(bench.loadPages(map, [5, 6], 4096, 1)).toBe('EINVAL')
    expect(bench.callbacks).toEqual([])
  })
})

describe('accounting', () => {
  it('charges the counting pass, the building pass and the segments', () => {
    const bench = new Bench()
    const tag = bench.tag(ISA)
    bench.busdma.preloadZone(tag, [0x80])
    const map = bench.map(tag)
    bench.loadPages(map, [5, 9, 0x1000], 0, 0x3000)
    bench.busdma.bus_dmamap_unload(tag, map)
    expect([...bench.machine.charges].sort()).toEqual([
      [0, 1],
      [1, 6],
      [2, 3],
      [3, 1],
      [4, 1],
      [5, 1],
    ])
  })
})

describe('a uio', () => {
  it('of one piece is loaded, of more is not, for the kernel would write its segments to the wrong places', () => {
    const bench = new Bench()
    const tag = bench.tag(ISA)
    bench.busdma.preloadZone(tag, [0x80])
    const map = bench.map(tag)
    bench.machine.table = [0x40, 0x1000]
    const seen: number[][] = []
    const done = (_arg: number, loaded: BusDmamap, nsegs: number, size: number, error: Errno): void => {
      seen.push([nsegs, size, error, ...loaded.segAddr.slice(0, nsegs)])
    }
    const uio = { iov: 0, iovcnt: 2, base: Float64Array.of(4000, 0), length: Float64Array.of(200, 8) }
    for (const resid of [200, 201, 0]) {
      bench.busdma.bus_dmamap_load_uio(tag, map, { ...uio, resid, space: null }, done, 0, 0)
      bench.busdma.bus_dmamap_unload(tag, map)
    }
    expect(seen).toEqual([
      [2, 200, OK, 0x40fa0, 0x80000],
      [0, 0, EOPNOTSUPP],
      [1, 0, OK, 0],
    ])
  })
})
