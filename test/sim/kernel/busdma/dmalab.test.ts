import { describe, expect, it } from 'vitest'
import {
  BUS_DMA_ALIGNED,
  BUS_DMA_KEEP_PG_OFFSET,
  BUS_DMA_NOWAIT,
  BUS_DMASYNC_POSTREAD,
  BUS_DMASYNC_PREREAD,
  BUS_DMASYNC_PREWRITE,
  BUS_SPACE_MAXADDR,
} from '../../../../src/sim/kernel/busdma/constants.ts'
import { dmalab } from '../../../../src/sim/kernel/busdma/dialects/dmalab.ts'
import type { BusDmamap } from '../../../../src/sim/kernel/busdma/map.ts'
import type { BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import {
  EBUSY,
  EFAULT,
  EFBIG,
  EINPROGRESS,
  EINVAL,
  ENOMEM,
  OK,
  type Errno,
} from '../../../../src/sim/kernel/errno.ts'
import { Bench, poolOf, UNRESTRICTED } from './small-machine.ts'

const ISA = { lowaddr: 0xffffff }

function benchWith(args: Partial<BusDmaTagArgs>, pool: number[] = []) {
  const bench = new Bench(undefined, dmalab)
  const tag = bench.tag(args)
  if (tag.couldBounce) bench.busdma.preloadZone(tag, pool)
  return { bench, tag, map: bench.map(tag) }
}

function chainOf(pieces: [number, number][]) {
  return {
    packetLength: 0,
    count: pieces.length,
    data: Float64Array.from(pieces, ([at]) => at),
    len: Int32Array.from(pieces, ([, length]) => length),
  }
}

/** Loads an mbuf chain; what came back and what the callback got. */
function loadChain(bench: Bench, map: BusDmamap, pieces: [number, number][], flags = BUS_DMA_NOWAIT) {
  const calls: { nsegs: number; size: number; error: Errno; segments: number[][] }[] = []
  const done = (_arg: number, loaded: BusDmamap, nsegs: number, size: number, error: Errno): void => {
    const segments = Array.from({ length: nsegs }, (_, i) => [loaded.segAddr[i] ?? 0, loaded.segLen[i] ?? 0])
    calls.push({ nsegs, size, error, segments })
  }
  const returned = bench.busdma.bus_dmamap_load_mbuf(map.tag, map, chainOf(pieces), done, 0, flags)
  return { returned, calls }
}

describe('segments under dmalab', () => {
  it('are cut so that the next one starts aligned', () => {
    const { bench, map } = benchWith({ alignment: 512, maxsegsz: 1300 })
    bench.loadPages(map, [0x40], 0, 4096)
    expect(bench.callbacks[0]?.segments).toEqual([0, 1, 2, 3].map((i) => [0x40000 + i * 1024, 1024]))
  })

  it('bounce the misaligned start of a buffer, and go on unbounced', () => {
    const { bench, map } = benchWith({ alignment: 4 }, [0x80, 0x81])
    bench.loadPages(map, [0x300, 0x301], 1, 0x1800)
    expect(bench.callbacks[0]?.segments).toEqual([
      [0x80000, 0xfff],
      [0x301000, 0x801],
    ])
  })

  it('take a bounce page each where they are shorter than the alignment', () => {
    const { bench, map } = benchWith({ alignment: 1024, boundary: 512 }, [0x80, 0x81, 0x82])
    bench.loadPages(map, [0x300], 0, 1536)
    expect(bench.callbacks[0]?.segments).toEqual([
      [0x300000, 512],
      [0x80000, 512],
      [0x300400, 512],
    ])
  })

  it('join mbufs that lie one after the other, without bouncing the second for its alignment', () => {
    const { bench, map } = benchWith({ alignment: 64 }, [0x80])
    bench.machine.table = [0x300]
    const { returned, calls } = loadChain(bench, map, [
      [64, 101],
      [165, 0],
      [165, 200],
    ])
    expect(returned).toBe(OK)
    expect(calls).toEqual([{ nsegs: 1, size: 301, error: OK, segments: [[0x300040, 301]] }])
    expect(map.bpagesCount).toBe(0)
  })

  it('are none for an empty buffer', () => {
    const { bench, map } = benchWith({})
    bench.loadPages(map, [0x300], 0, 0)
    expect(bench.callbacks).toEqual([{ arg: 0, nsegs: 0, error: 'OK', segments: [] }])
  })
})

describe('a tag under dmalab', () => {
  it('keeps the limits of its parent, but not its count of segments', () => {
    const bench = new Bench(undefined, dmalab)
    const parent = bench.tag({ ...ISA, alignment: 64, boundary: 0x1000, maxsegsz: 0x800, nsegments: 2 })
    const tag = bench.tag({ boundary: 0x10000 }, parent)
    expect(tag).toMatchObject({ alignment: 64, boundary: 0x1000, maxsegsz: 0x800, nsegments: 256 })
    expect([tag.lowaddr, tag.highaddr]).toEqual([0xffffff, BUS_SPACE_MAXADDR])
  })

  it.each([
    [{ alignment: 8192 }],
    [{ alignment: 8192, flags: BUS_DMA_ALIGNED, ...ISA }],
    [{ alignment: 2, flags: BUS_DMA_KEEP_PG_OFFSET }],
    [{ alignment: 3 }],
    [{ boundary: 3 }],
    [{ nsegments: 0 }],
    [{ maxsegsz: 0 }],
  ])('is refused where no bounce page could deliver: %o', (args) => {
    const { busdma } = new Bench(undefined, dmalab)
    expect(busdma.bus_dma_tag_create(null, { ...UNRESTRICTED, ...args }).error).toBe(EINVAL)
  })

  it('never lets a filter of its parent pass what it excludes itself', () => {
    const bench = new Bench(undefined, dmalab)
    const parent = bench.tag({ lowaddr: 0x1ffffff, highaddr: 0x2ffffff, filter: () => false })
    const tags = [{ ...ISA, highaddr: 0x1ffffff }, {}].map((args) => bench.tag(args, parent))
    const [strict, loose] = tags.map((tag) => {
      bench.busdma.preloadZone(tag, [tags.indexOf(tag) + 1])
      return bench.map(tag)
    }) as [BusDmamap, BusDmamap]
    bench.loadPages(strict, [0x1800], 0, 4096)
    bench.loadPages(loose, [0x2800], 0, 4096)
    expect(strict.bpagesCount).toBe(1)
    expect(loose.bpagesCount).toBe(0)
  })
})

describe('a map under dmalab', () => {
  it('has a zone that can serve any one buffer of it', () => {
    const bench = new Bench(undefined, dmalab)
    const tag = bench.tag({ ...ISA, maxsize: 8192 })
    bench.machine.supply = [1, 2]
    expect(bench.busdma.bus_dmamap_create(tag, 0).error).toBe(ENOMEM)
    bench.machine.supply = [3, 4, 5, 6, 7]
    const map = bench.map(tag)
    expect(poolOf(tag)).toEqual([3, 3, 0, 0])
    expect(bench.loadPages(map, [0x1000, 0x2000, 0x3000], 100, 8192)).toBe('OK')
    expect(map.bpagesCount).toBe(3)
    bench.map(tag)
    expect(poolOf(tag)[0]).toBe(6)
  })

  it('is busy while it holds the pages of a load', () => {
    const { bench, map } = benchWith(ISA, [1, 2])
    bench.loadPages(map, [0x1000], 0, 4096)
    expect(bench.loadPages(map, [0x1000], 0, 4096)).toBe('EBUSY')
    expect(bench.callbacks.length).toBe(1)
    expect(bench.busdma.bus_dmamap_destroy(map.tag, map)).toBe(EBUSY)
  })
})

describe('a load that fails under dmalab', () => {
  it('keeps nothing, and tells the callback only', () => {
    const { bench, tag, map } = benchWith({ ...ISA, nsegments: 1 }, [1, 3, 5])
    expect(bench.loadPages(map, [0x1000, 0x1010, 0x1020], 0, 12288)).toBe('OK')
    expect(bench.callbacks).toEqual([{ arg: 0, nsegs: 0, error: 'EFBIG', segments: [] }])
    expect(map).toMatchObject({ bpagesCount: 0, pagesneeded: 0, pagesreserved: 0 })
    expect(poolOf(tag)).toEqual([3, 3, 0, 0])
  })

  it('is one of more bytes than maxsize, by whatever way', () => {
    const { bench, map } = benchWith({ maxsize: 4096 })
    bench.loadPages(map, [1, 2], 0, 4097)
    expect(bench.callbacks[0]?.error).toBe('EINVAL')
    expect(
      loadChain(bench, map, [
        [0, 4000],
        [4096, 97],
      ]).calls,
    ).toEqual([{ nsegs: 0, size: 0, error: EINVAL, segments: [] }])
  })

  it('is one that asks for more bounce pages than there are, at once', () => {
    const { bench, map } = benchWith(ISA, [1])
    bench.loadPages(map, [0x1000, 0x2000], 0, 8192)
    expect(bench.callbacks[0]?.error).toBe('ENOMEM')
    expect(bench.busdma.waitingLoads(map.tag)).toBe(0)
  })

  it('is one of a hole in the address space of a process', () => {
    const { bench, map } = benchWith({})
    const space = { pmap_extract: (uaddr: number) => (uaddr < 4096 ? 7 : -1) }
    const errors: Errno[] = []
    const [base, length] = [Float64Array.of(1), Float64Array.of(8192)]
    for (const resid of [4095, 4096]) {
      const uio = { iov: 0, iovcnt: 1, resid, base, length, space }
      const done = (_arg: number, _map: BusDmamap, _nsegs: number, _size: number, error: Errno): void => {
        errors.push(error)
      }
      bench.busdma.bus_dmamap_load_uio(map.tag, map, uio, done, 0, 0)
    }
    expect(errors).toEqual([OK, EFAULT])
  })

  it('lets the one that waits behind it run', () => {
    const { bench, tag, map } = benchWith({ ...ISA, nsegments: 1 }, [1, 3, 5])
    const [second, third] = [bench.map(tag), bench.map(tag)]
    bench.loadPages(third, [0x1000], 0, 4096, 3)
    bench.loadPages(map, [0x1010, 0x1020, 0x1030], 0, 12288, 1)
    bench.loadPages(second, [0x1040], 0, 4096, 2)
    bench.busdma.bus_dmamap_unload(tag, third)
    bench.busdma.busdma_swi()
    expect(bench.callbacks.map(({ arg, error }) => [arg, error])).toEqual([
      [3, 'OK'],
      [1, 'EFBIG'],
      [2, 'OK'],
    ])
    expect(poolOf(tag)).toEqual([3, 2, 0, 1])
  })
})

describe('a load that waits under dmalab', () => {
  it('holds nothing meanwhile, and nobody overtakes it', () => {
    const { bench, tag, map } = benchWith(ISA, [1, 2, 3])
    const [second, third] = [bench.map(tag), bench.map(tag)]
    bench.loadPages(map, [0x1000, 0x2000], 0, 8192, 1)
    expect(bench.loadPages(second, [0x1000, 0x2000], 0, 8192, 2)).toBe('EINPROGRESS')
    expect(poolOf(tag)).toEqual([3, 1, 0, 2])
    expect(bench.loadPages(third, [0x1000], 0, 4096, 3)).toBe('EINPROGRESS')
    expect(loadChain(bench, bench.map(tag), [[0, 10]]).returned).toBe(OK)
    bench.machine.table = [0x1000]
    expect(loadChain(bench, bench.map(tag), [[0, 10]]).returned).toBe(ENOMEM)
    bench.busdma.bus_dmamap_unload(tag, map)
    bench.busdma.busdma_swi()
    expect(bench.callbacks.map(({ arg }) => arg)).toEqual([1, 2, 3])
    expect(tag.zone).toMatchObject({ totalDeferred: 2, reserveFailed: 1 })
  })

  it('may be an mbuf chain, whose callback comes later', () => {
    const { bench, tag, map } = benchWith(ISA, [1])
    const first = bench.map(tag)
    bench.machine.table = [0x1000]
    bench.loadPages(first, [0x1000], 0, 4096)
    const { returned, calls } = loadChain(bench, map, [[8, 10]], 0)
    expect([returned, calls.length]).toEqual([EINPROGRESS, 0])
    bench.busdma.bus_dmamap_unload(tag, first)
    expect(loadChain(bench, map, [[0, 1]]).returned).toBe(EBUSY)
    bench.busdma.busdma_swi()
    expect(calls).toEqual([{ nsegs: 1, size: 10, error: OK, segments: [[0x1000, 10]] }])
  })

  it('gives back what it does not need any more when the mapping has changed', () => {
    const { bench, tag, map } = benchWith(ISA, [1, 2])
    const first = bench.map(tag)
    bench.loadVirtual(first, [0x1000], 0, 4096)
    bench.loadVirtual(map, [0x1000, 0x2000], 0, 8192)
    bench.busdma.bus_dmamap_unload(tag, first)
    bench.machine.table = [5, 0x2000]
    bench.busdma.busdma_swi()
    expect(bench.callbacks[1]).toMatchObject({
      error: 'OK',
      segments: [
        [0x5000, 4096],
        [0x1000, 4096],
      ],
    })
    expect(poolOf(tag)).toEqual([2, 1, 0, 1])
    expect(map).toMatchObject({ pagesneeded: 0, pagesreserved: 0 })
  })

  it('fails when it needs more than it waited for', () => {
    const { bench, tag, map } = benchWith(ISA, [1, 2])
    const first = bench.map(tag)
    bench.loadVirtual(first, [0x1000, 0x2000], 0, 8192)
    bench.loadVirtual(map, [0x1000, 5], 0, 8192)
    bench.busdma.bus_dmamap_unload(tag, first)
    bench.machine.table = [0x1000, 0x2000]
    bench.busdma.busdma_swi()
    expect(bench.callbacks[1]?.error).toBe('EFAULT')
    expect(poolOf(tag)).toEqual([2, 2, 0, 0])
  })
})

describe('bus_dmamap_sync under dmalab', () => {
  const out = [0x1000000, 0x1000, 4096]
  const back = [0x1000, 0x1000000, 4096]

  it.each([
    ['a read that may end early keeps the rest of the buffer', BUS_DMASYNC_PREREAD, [out]],
    ['a write', BUS_DMASYNC_PREWRITE, [out]],
    ['both directions in one call', BUS_DMASYNC_PREWRITE | BUS_DMASYNC_POSTREAD, [out, back]],
  ])('%s', (_name, op, copies) => {
    const { bench, tag, map } = benchWith(ISA, [1])
    bench.loadPages(map, [0x1000], 0, 4096)
    bench.busdma.bus_dmamap_sync(tag, map, op)
    expect(bench.machine.copies).toEqual(copies)
  })
})

describe('the errors of dmalab', () => {
  it('blame a driver that promised aligned buffers', () => {
    const { bench, map } = benchWith({ alignment: 4, flags: BUS_DMA_ALIGNED })
    bench.loadPages(map, [0x300], 2, 8)
    bench.loadPages(map, [0x300], 4, 8)
    expect(bench.callbacks.map(({ error }) => error)).toEqual(['EINVAL', 'OK'])
  })

  it('include too many segments of a chain', () => {
    const { bench, map } = benchWith({ nsegments: 1 })
    bench.machine.table = [5, 9]
    expect(
      loadChain(bench, map, [
        [0, 9],
        [4096, 9],
      ]).returned,
    ).toBe(EFBIG)
  })
})
