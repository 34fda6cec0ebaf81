import { describe, expect, it } from 'vitest'
import {
  BUS_DMA_ALLOCNOW,
  BUS_DMA_KEEP_PG_OFFSET,
  BUS_DMA_NOWAIT,
  BUS_DMASYNC_POSTREAD,
  BUS_DMASYNC_PREWRITE,
} from '../../../../src/sim/kernel/busdma/constants.ts'
import type { BusDmaDialect } from '../../../../src/sim/kernel/busdma/dialects/dialect.ts'
import { freebsd10_4 } from '../../../../src/sim/kernel/busdma/dialects/freebsd-10.4.ts'
import { freebsdMain } from '../../../../src/sim/kernel/busdma/dialects/freebsd-main.ts'
import type { BusDmamap } from '../../../../src/sim/kernel/busdma/map.ts'
import type { BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import { EINVAL, ENOMEM, OK, type Errno } from '../../../../src/sim/kernel/errno.ts'
import { Bench, poolOf, UNRESTRICTED } from './small-machine.ts'

const ISA = { lowaddr: 0xffffff }

function benchOf(dialect: BusDmaDialect, args: Partial<BusDmaTagArgs>, pool: number[]) {
  const bench = new Bench(undefined, dialect)
  const tag = bench.tag(args)
  bench.busdma.preloadZone(tag, pool)
  return { bench, tag, map: bench.map(tag) }
}

describe.each([
  ['freebsd-10.4', freebsd10_4],
  ['freebsd-main', freebsdMain],
])('%s', (_name, dialect) => {
  it('refuses a segment size of 0, and fits it to the boundary', () => {
    const bench = new Bench(undefined, dialect)
    const refused = bench.busdma.bus_dma_tag_create(null, { ...UNRESTRICTED, maxsegsz: 0 })
    expect(refused).toEqual({ error: EINVAL, tag: null })
    expect(bench.tag({ boundary: 4096 }).maxsegsz).toBe(4096)
  })

  it('lets a child bounce because its parent can', () => {
    const bench = new Bench(undefined, dialect)
    expect(bench.tag({}, bench.tag({ alignment: 4 })).couldBounce).toBe(true)
    expect(bench.tag({}, bench.tag({})).couldBounce).toBe(false)
  })

  it('tells a shortage twice under BUS_DMA_NOWAIT', () => {
    const { bench, tag, map } = benchOf(dialect, ISA, [])
    bench.machine.table = [0x1000]
    const { busdma } = bench
    expect(busdma.bus_dmamap_load(tag, map, 0, 8, bench.loaded, 0, BUS_DMA_NOWAIT)).toBe(ENOMEM)
    expect(bench.callbacks).toEqual([{ arg: 0, nsegs: 0, error: 'ENOMEM', segments: [] }])
    expect(map.pagesneeded).toBe(dialect === freebsd10_4 ? 1 : 0)
  })

  it('keeps pages and need of a load that failed with EFBIG, the need even when unloaded', () => {
    const { bench, map } = benchOf(dialect, { ...ISA, nsegments: 1 }, [1, 3, 5, 7])
    bench.loadPages(map, [0x1000, 0x1010, 0x1020, 0x1030], 0, 16384)
    expect(bench.callbacks[0]).toMatchObject({ error: 'EFBIG', nsegs: 0 })
    expect(map.bpagesCount).toBeGreaterThan(0)
    const other = benchOf(dialect, { ...ISA, nsegments: 1 }, [1, 3, 5, 7])
    other.bench.loadVirtual(other.map, [0x1000, 0x1010, 0x1020], 0, 12288)
    other.bench.busdma.bus_dmamap_unload(other.tag, other.map)
    expect(other.map).toMatchObject({ bpagesCount: 0, pagesneeded: 1, pagesreserved: 1 })
  })

  it('counts too few pages where segments are shorter than a page, and then uses unreachable addresses', () => {
    const { bench, map } = benchOf(dialect, { ...ISA, maxsegsz: 1024 }, [1, 2, 3, 4])
    bench.loadVirtual(map, [0x1000], 0, 2048)
    expect(bench.callbacks[0]?.segments).toEqual([
      [0x1000, 1024],
      [0x1000400, 1024],
    ])
  })

  it('moves bytes that cross into the next page, and past the end of a bounce page that keeps the offset', () => {
    const { bench, tag, map } = benchOf(dialect, { alignment: 4 }, [0x80])
    bench.loadVirtual(map, [0x300, 0x500], 1, 0x1000)
    bench.busdma.bus_dmamap_sync(tag, map, BUS_DMASYNC_PREWRITE | BUS_DMASYNC_POSTREAD)
    expect(bench.machine.copies).toEqual([
      [0x300001, 0x80000, 0xfff],
      [0x500000, 0x80fff, 1],
    ])
    const keeping = benchOf(dialect, { alignment: 4, flags: BUS_DMA_KEEP_PG_OFFSET }, [0x80])
    keeping.bench.loadVirtual(keeping.map, [0x300, 0x500], 1, 0x1000)
    keeping.bench.busdma.bus_dmamap_sync(keeping.tag, keeping.map, BUS_DMASYNC_POSTREAD)
    expect(keeping.bench.machine.copies).toEqual([
      [0x80001, 0x300001, 0xfff],
      [0x81000, 0x500000, 1],
    ])
  })

  it('loads chains without waiting, whatever their header says of maxsize', () => {
    const { bench, tag, map } = benchOf(dialect, { ...ISA, maxsize: 8 }, [1])
    bench.machine.table = [0x1000, 0x1001]
    const seen: number[][] = []
    const done = (_arg: number, _map: BusDmamap, nsegs: number, size: number, error: Errno): void => {
      seen.push([nsegs, size, error])
    }
    const data = Float64Array.of(0, 4096)
    const len = Int32Array.of(100, 10)
    const one = { packetLength: 100, count: 1, data, len }
    expect(bench.busdma.bus_dmamap_load_mbuf(tag, map, one, done, 0, 0)).toBe(OK)
    bench.busdma.bus_dmamap_unload(tag, map)
    expect(bench.busdma.bus_dmamap_load_mbuf(tag, map, { ...one, count: 2 }, done, 0, 0)).toBe(ENOMEM)
    bench.busdma.bus_dmamap_unload(tag, map)
    const user = bench.map(bench.tag({}))
    const length = Float64Array.of(0, 10)
    const space = { pmap_extract: () => 5 }
    const uio = { iov: 0, iovcnt: 2, resid: 4, base: data, length, space }
    expect(bench.busdma.bus_dmamap_load_uio(user.tag, user, uio, done, 0, 0)).toBe(OK)
    expect([user.segAddr[0], user.segLen[0]]).toEqual([0x5000, 4])
    expect(seen).toEqual([
      [1, 100, OK],
      [0, 0, ENOMEM],
      [1, 4, OK],
    ])
  })

  it('grows a zone by the whole pages of maxsize, also beyond the first map of another tag', () => {
    const bench = new Bench(undefined, dialect)
    bench.machine.supply = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    const tag = bench.tag({ ...ISA, maxsize: 8191 + 4096, nsegments: 1, flags: BUS_DMA_ALLOCNOW })
    expect(poolOf(tag)).toEqual([2, 2, 0, 0])
    bench.map(tag)
    expect(poolOf(tag)[0]).toBe(2)
    bench.map(tag)
    expect(poolOf(tag)[0]).toBe(dialect === freebsd10_4 ? 4 : 3)
  })
})

describe('a boundary that is inherited, and smaller than a chunk that starts on it', () => {
  it.each([
    ['freebsd-10.4', freebsd10_4, 'OK'],
    ['freebsd-main', freebsdMain, 'EFBIG'],
  ])('%s: %s', (_name, dialect, error) => {
    const bench = new Bench(undefined, dialect)
    const map = bench.map(bench.tag({}, bench.tag({ boundary: 1024 })))
    bench.loadPages(map, [5], 0, 4096)
    expect(bench.callbacks[0]?.error).toBe(error)
  })
})

describe('free bounce pages', () => {
  it.each([
    ['freebsd-10.4 reuses last in, first out', freebsd10_4, [3, 2, 1, 4]],
    ['freebsd-main reuses first in, first out', freebsdMain, [4, 1, 2, 3]],
  ])('%s', (_name, dialect, list) => {
    const { bench, tag, map } = benchOf(dialect, ISA, [1, 2, 3, 4])
    bench.loadPages(map, [0x1000, 0x1010, 0x1020], 0, 12288)
    bench.busdma.bus_dmamap_unload(tag, map)
    expect(tag.zone?.freeList()).toEqual(list)
  })
})

describe('waiting loads', () => {
  it.each([
    ['freebsd-10.4: all on one list, where the first holds up those of other zones', freebsd10_4, 2, []],
    ['freebsd-main: on a list for each zone', freebsdMain, 1, [2]],
  ])('%s', (_name, dialect, waiting, served) => {
    const { bench, tag, map } = benchOf(dialect, ISA, [1])
    const lower = bench.tag({ lowaddr: 0xfffff })
    bench.busdma.preloadZone(lower, [2])
    const [first, second, holder] = [bench.map(lower), bench.map(tag), bench.map(lower)]
    bench.loadPages(map, [0x1000], 0, 4096, 9)
    bench.loadPages(holder, [0x1000], 0, 4096, 9)
    bench.loadPages(first, [0x1000], 0, 4096, 1)
    bench.loadPages(second, [0x1000], 0, 4096, 2)
    expect(bench.busdma.waitingLoads(tag)).toBe(waiting)
    bench.busdma.bus_dmamap_unload(tag, map)
    bench.busdma.busdma_swi()
    expect(bench.callbacks.map(({ arg }) => arg).slice(2)).toEqual(served)
  })

  it('are served by freebsd-main as far as the pages go, and run by a thread', () => {
    const { bench, tag, map } = benchOf(freebsdMain, ISA, [1, 2])
    bench.loadPages(map, [0x1000, 0x1010], 0, 8192)
    for (const arg of [1, 2, 3]) bench.loadPages(bench.map(tag), [0x1000], 0, 4096, arg)
    bench.busdma.bus_dmamap_unload(tag, map)
    expect(bench.machine).toMatchObject({ threadWakeups: 2, softInterrupts: 0 })
    bench.busdma.busdma_swi()
    expect(bench.callbacks.map(({ arg }) => arg)).toEqual([0, 1, 2])
  })
})

describe('filters', () => {
  it('are gone from freebsd-main', () => {
    const args = { ...UNRESTRICTED, filter: () => true }
    expect(new Bench(undefined, freebsdMain).busdma.bus_dma_tag_create(null, args).error).toBe(EINVAL)
  })

  it('alone make a child of freebsd-10.4 one that can bounce', () => {
    const bench = new Bench(undefined, freebsd10_4)
    const filter = (): boolean => true
    expect(bench.tag({ filter }).couldBounce).toBe(false)
    expect(bench.tag({ filter }, bench.tag({})).couldBounce).toBe(true)
  })
})

describe('freebsd-10.4', () => {
  it('reserves page by page, so that too many segments leave no reservation behind', () => {
    const { bench, tag, map } = benchOf(freebsd10_4, { ...ISA, nsegments: 1 }, [1, 3, 5, 7])
    bench.loadPages(map, [0x2000, 0x3000, 0x4000], 0, 3 * 4096)
    expect(bench.callbacks[0]?.error).toBe('EFBIG')
    expect(poolOf(tag)).toEqual([4, 2, 0, 2])
  })

  it('keeps the pages it has when a load runs short in the middle', () => {
    const { bench, tag, map } = benchOf(freebsd10_4, ISA, [1, 3])
    expect(bench.loadPages(map, [0x2000, 0x3000, 0x4000], 0, 3 * 4096)).toBe('EINPROGRESS')
    expect(poolOf(tag)).toEqual([2, 0, 0, 2])
  })

  it('leaves a record too long that the boundary cut', () => {
    const bench = new Bench(undefined, freebsd10_4)
    const narrow = bench.tag({ ...ISA, maxsegsz: 0x1000 }, bench.tag({ boundary: 0x400 }))
    bench.busdma.preloadZone(narrow, [0x80, 0x81])
    const cut = bench.map(narrow)
    bench.loadVirtual(cut, [0x1000], 0, 0x800)
    bench.busdma.bus_dmamap_sync(narrow, cut, BUS_DMASYNC_POSTREAD)
    expect(bench.machine.copies).toEqual([[0x80000, 0x1000000, 0x800]])
    expect(bench.callbacks[0]?.segments[0]).toEqual([0x80000, 0x400])
  })

  it('leaves a map behind whose creation failed', () => {
    const bench = new Bench(undefined, freebsd10_4)
    const created = bench.busdma.bus_dmamap_create(bench.tag(ISA), 0)
    expect(created.error).toBe(ENOMEM)
    expect(created.map).not.toBeNull()
  })

  it('attaches more pages for the same bytes when a page list had to wait in the middle', () => {
    const { bench, tag, map } = benchOf(freebsd10_4, ISA, [1, 2, 3])
    const holder = bench.map(tag)
    bench.loadPages(holder, [0x1000, 0x1010], 0, 8192, 9)
    expect(bench.loadPages(map, [0x1000, 0x1010], 0, 8192)).toBe('EINPROGRESS')
    expect(map.bpagesCount).toBe(1)
    bench.busdma.bus_dmamap_unload(tag, holder)
    bench.busdma.busdma_swi()
    expect(map.bpagesCount).toBe(3)
    expect(bench.callbacks[1]?.error).toBe('OK')
  })
})
