import { describe, expect, it } from 'vitest'
import { BusDma } from '../../../../src/sim/kernel/busdma/busdma.ts'
import { iommu } from '../../../../src/sim/kernel/busdma/dialects/iommu.ts'
import type { BusDmamap } from '../../../../src/sim/kernel/busdma/map.ts'
import {
  BUSDMA_SITE_LOAD,
  BUSDMA_SITE_PAGE_STEP,
  BUSDMA_SITE_SEGMENT,
  BUSDMA_SITE_SYNC,
  BUSDMA_SITE_UNLOAD,
} from '../../../../src/sim/kernel/busdma/platform.ts'
import type { BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import { EBUSY, EFAULT, EFBIG, EINVAL, ENOMEM, OK, type Errno } from '../../../../src/sim/kernel/errno.ts'
import { IommuBench } from './iommu-bench.ts'
import { loadOnce } from './load-once.ts'
import type { RandomLoad } from './random-load.ts'
import { SmallMachine, UNRESTRICTED } from './small-machine.ts'

const TOP = 0x1_0000_0000

interface Shape {
  readonly entry: RandomLoad['entry']
  readonly pages: number[]
  readonly pieces: [number, number][]
}

/** Loads on a fresh machine. */
function loaded(shape: Shape, args: Partial<BusDmaTagArgs> = {}) {
  const bench = new IommuBench('strict')
  bench.platform.table = shape.pages
  const tag = bench.tag(args)
  const map = bench.mapOf(tag)
  const { error } = loadOnce(bench.busdma, tag, map, shape)
  return { bench, tag, map, error, segments: bench.segments(map) }
}

const SCATTERED = [900, 7, 88, 5000, 3]

describe('a load behind an IOMMU', () => {
  it.each(['load', 'pages', 'uio', 'mbuf'] as const)(
    'makes one segment of scattered pages, with the offset of the first: %s',
    (entry) => {
      const { bench, segments } = loaded({ entry, pages: SCATTERED, pieces: [[0x123, 4 * 4096]] })
      const base = TOP - 8 * 4096
      expect(segments).toEqual([[base + 0x123, 4 * 4096]])
      expect(SCATTERED.map((_, i) => bench.frame(base / 4096 + i))).toEqual(SCATTERED)
      expect(bench.frame(base / 4096 + 5)).toBe(-1)
    },
  )

  it('cuts the range by boundary and by segment size, and counts what is left', () => {
    const shape = { entry: 'pages', pages: SCATTERED, pieces: [[0x800, 4 * 4096]] } satisfies Shape
    const base = TOP - 8 * 4096
    expect(loaded(shape, { boundary: 8192 }).segments).toEqual([
      [base + 0x800, 0x1800],
      [base + 0x2000, 0x2000],
      [base + 0x4000, 0x800],
    ])
    expect(loaded(shape, { maxsegsz: 6144 }).segments).toEqual([
      [base + 0x800, 0x1800],
      [base + 0x2000, 0x1800],
      [base + 0x3800, 0x1000],
    ])
    expect(loaded(shape, { boundary: 8192, nsegments: 3 }).error).toBe(OK)
    expect(loaded(shape, { boundary: 8192, nsegments: 2 }).error).toBe(EFBIG)
  })

  it('gives each piece of a chain pages of its own, unless it goes on where the last one ended', () => {
    const pieces: [number, number][] = [
      [0x100, 0x200],
      [0x300, 0x1100],
      [0, 0],
      [0x2800, 0x800],
      [0x3000, 0x10],
      [0x20, 0x30],
    ]
    const { bench, segments, map } = loaded({ entry: 'mbuf', pages: SCATTERED, pieces })
    const first = TOP / 4096 - 8
    expect(segments).toEqual([
      [first * 4096 + 0x100, 0x1300],
      [first * 4096 + 0x2800, 0x810],
      [first * 4096 + 0x4020, 0x30],
    ])
    expect(map.ioPages).toBe(5)
    expect([0, 1, 2, 3, 4].map((i) => bench.frame(first + i))).toEqual([900, 7, 88, 5000, 900])
  })

  it.each([0xffffff, 0x7fff])('stays below lowaddr 0x%x and never bounces', (lowaddr) => {
    const { tag, segments, error } = loaded(
      { entry: 'pages', pages: [0x80000, 0x90000], pieces: [[0, 8192]] },
      { lowaddr },
    )
    expect([error, tag.couldBounce]).toEqual([OK, false])
    expect(segments).toEqual([[lowaddr + 1 - 8192, 8192]])
  })

  it('takes over the window of the parent, and no empty one', () => {
    const bench = new IommuBench('strict')
    const parent = bench.tag({ lowaddr: 0xffffff })
    expect(bench.tag({}, parent).lowaddr).toBe(0xffffff)
    expect(bench.tag({ lowaddr: 0xffff }, parent).lowaddr).toBe(0xffff)
    expect(bench.tag({ lowaddr: 0xffffffff }, parent).lowaddr).toBe(0xffffff)
    expect(bench.tag({ lowaddr: 0xffff }, bench.tag({})).lowaddr).toBe(0xffff)
    const tag = bench.tag({ lowaddr: 0, highaddr: 0 })
    expect(loadOnce(bench.busdma, tag, bench.mapOf(tag), pagesOf(1)).error).toBe(OK)
  })

  it('answers ENOMEM without a range, EFAULT for a hole, EINVAL for size and alignment; and keeps nothing', () => {
    const small = { lowaddr: 0x3fff }
    const cases: [Shape, Partial<BusDmaTagArgs>, Errno][] = [
      [pagesOf(5), small, ENOMEM],
      [{ entry: 'uio', pages: [4, -1, 6], pieces: [[0, 3 * 4096]] }, {}, EFAULT],
      [pagesOf(2), { maxsize: 8191 }, EINVAL],
      [{ entry: 'load', pages: [4], pieces: [[2, 16]] }, { alignment: 4 }, EINVAL],
      [pagesOf(2), { nsegments: 1, maxsegsz: 4096 }, EFBIG],
    ]
    for (const [shape, args, expected] of cases) {
      const { bench, tag, map, error } = loaded(shape, args)
      expect(error).toBe(expected)
      expect([map.nsegs, bench.pagesKept, bench.iommu.table.entries]).toEqual([0, 0, 0])
      expect(loadOnce(bench.busdma, tag, map, { ...pagesOf(1), pieces: [[0, 64]] }).error).toBe(OK)
      bench.busdma.bus_dmamap_unload(tag, map)
      expect(bench.violations()).toEqual([])
    }
  })

  it('aligns the range itself where the tag wants more than a page', () => {
    const { segments } = loaded(pagesOf(3), { alignment: 65536 })
    expect(segments).toEqual([[TOP - 65536, 3 * 4096]])
  })

  it('of no bytes has no segment and takes no range', () => {
    const { error, segments, bench } = loaded({ entry: 'pages', pages: [4], pieces: [[0, 0]] })
    expect([error, segments, bench.pagesKept]).toEqual([OK, [], 0])
  })

  it('is refused while the map has the range of another, and the map cannot go', () => {
    const { bench, tag, map } = loaded(pagesOf(2))
    const before = bench.segments(map)
    const busy = (_arg: number, _map: BusDmamap, _nsegs: number, error: Errno): void => {
      throw new Error(`called with ${error}`)
    }
    const pages = Int32Array.of(1)
    const { busdma } = bench
    const chain = { packetLength: 1, count: 1, data: Float64Array.of(0), len: Int32Array.of(1) }
    const uio = {
      iov: 0,
      iovcnt: 1,
      resid: 1,
      base: Float64Array.of(0),
      length: Float64Array.of(1),
      space: null,
    }
    const busy2 = (): void => busy(0, map, 0, OK)
    expect(busdma.bus_dmamap_load(tag, map, 0, 64, busy, 0, 0)).toBe(EBUSY)
    expect(busdma.bus_dmamap_load_pages(tag, map, pages, 1, 0, 64, busy, 0, 0)).toBe(EBUSY)
    expect(busdma.bus_dmamap_load_mbuf(tag, map, chain, busy2, 0, 0)).toBe(EBUSY)
    expect(busdma.bus_dmamap_load_uio(tag, map, uio, busy2, 0, 0)).toBe(EBUSY)
    expect(bench.segments(map)).toEqual(before)
    expect(busdma.bus_dmamap_destroy(tag, map)).toBe(EBUSY)
    busdma.bus_dmamap_unload(tag, map)
    busdma.bus_dmamap_unload(tag, map)
    expect(busdma.bus_dmamap_destroy(tag, map)).toBe(OK)
    expect(bench.violations()).toEqual([])
  })

  it('spends its time on load, pages, segments, sync and unload, and in the domain', () => {
    const { bench, tag, map } = loaded(pagesOf(3), { maxsegsz: 8192 })
    bench.busdma.bus_dmamap_sync(tag, map, 1)
    bench.busdma.bus_dmamap_unload(tag, map)
    expect([...bench.platform.charges].sort(([a], [b]) => a - b)).toEqual([
      [BUSDMA_SITE_LOAD, 1],
      [BUSDMA_SITE_PAGE_STEP, 3],
      [BUSDMA_SITE_SEGMENT, 2],
      [BUSDMA_SITE_UNLOAD, 1],
      [BUSDMA_SITE_SYNC, 1],
    ])
    expect(Object.keys(bench.times()).sort()).toEqual([
      'iommu map',
      'iommu unmap',
      'iotlb invalidate',
      'iova alloc',
      'iova free',
    ])
    expect(bench.platform.copies).toEqual([])
  })

  it('needs an IOMMU, and no filter', () => {
    const busdma = new BusDma(new SmallMachine(), iommu)
    expect(() => busdma.bus_dma_tag_create(null, UNRESTRICTED)).toThrow('on a machine without an IOMMU')
    const behind = new IommuBench('strict').busdma
    expect(behind.bus_dma_tag_create(null, { ...UNRESTRICTED, filter: () => true }).error).toBe(EINVAL)
    expect(behind.bus_dma_tag_create(null, { ...UNRESTRICTED, boundary: 3 }).error).toBe(EINVAL)
  })
})

function pagesOf(count: number): Shape {
  const pages = Array.from({ length: count }, (_, i) => 50 + 7 * i)
  return { entry: 'pages', pages, pieces: [[0, count * 4096]] }
}
