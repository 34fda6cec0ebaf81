import { describe, expect, it } from 'vitest'
import { BusDma } from '../../../../src/sim/kernel/busdma/busdma.ts'
import {
  BUS_DMA_KEEP_PG_OFFSET,
  BUS_DMASYNC_POSTREAD,
  BUS_DMASYNC_PREREAD,
  BUS_DMASYNC_PREWRITE,
} from '../../../../src/sim/kernel/busdma/constants.ts'
import { linux } from '../../../../src/sim/kernel/busdma/dialects/linux.ts'
import type { BusDmamap } from '../../../../src/sim/kernel/busdma/map.ts'
import type { BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import { EBUSY, EFAULT, EFBIG, EINVAL, ENOMEM, OK } from '../../../../src/sim/kernel/errno.ts'
import { sanitizedKernel } from '../../lab/sanitized-kernel.ts'
import { Bench, poolOf, UNRESTRICTED } from './small-machine.ts'

const ISA = { lowaddr: 0xffffff }
const MIB_PAGES = 256

/** A bench, a tag of it and a map; `supply` pages from page 0x100 on are free for pools. */
function loader(args: Partial<BusDmaTagArgs>, supply = 0, maxPages?: number) {
  const bench = new Bench(maxPages, linux)
  bench.machine.supply = run(0x100, supply)
  const tag = bench.tag(args)
  return { bench, tag, map: bench.map(tag) }
}

function run(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i)
}

/** The segments of a load of a page list, or its error, and the bytes that they cover. */
function split(args: Partial<BusDmaTagArgs>, pages: number[], offset: number, length: number) {
  const { bench, map } = loader(args)
  bench.loadPages(map, pages, offset, length)
  const [callback] = bench.callbacks
  return callback?.error === 'OK' ? [callback.segments, map.loadedBytes] : callback?.error
}

describe('a request under linux', () => {
  it('is split where the segments are used up', () => {
    const { bench, map } = loader({ nsegments: 2 })
    bench.loadPages(map, [5, 9, 13, 14, 20], 0x200, 0x4800)
    expect(map.loadedBytes).toBe(0x1e00)
    bench.loadPages(map, [13, 14, 20], 0, 0x4800 - 0x1e00)
    expect(map.loadedBytes).toBe(0x2a00)
    expect(bench.callbacks.map(({ segments }) => segments)).toEqual([
      [
        [0x5200, 0xe00],
        [0x9000, 0x1000],
      ],
      [
        [0xd000, 0x2000],
        [0x14000, 0xa00],
      ],
    ])
  })

  it('is split at the most bytes that one may have', () => {
    expect(split({ maxsize: 0x1800 }, run(8, 4), 0x100, 0x3000)).toEqual([[[0x8100, 0x1800]], 0x1800])
    expect(split({ maxsize: 0x17ff }, run(8, 4), 0x100, 0x3000)).toEqual([[[0x8100, 0x1600]], 0x1600])
    expect(split({ maxsize: 0x17ff }, run(8, 4), 0x100, 0x17ff)).toEqual([[[0x8100, 0x17ff]], 0x17ff])
  })

  it('is split at whole logical blocks, without the segments that are left over', () => {
    const twoBlocks = [
      [0x5000, 0x100],
      [0x5100, 0x100],
      [0x5200, 0x100],
      [0x5300, 0x100],
    ]
    expect(split({ nsegments: 5, maxsegsz: 0x100 }, [5], 0, 0x1000)).toEqual([twoBlocks, 0x400])
    const cut = [
      [0x5f80, 0x80],
      [0x9000, 0xf80],
    ]
    expect(split({ nsegments: 2 }, [5, 9, 13], 0xf80, 0x2000)).toEqual([cut, 0x1000])
  })

  it('fails only where not even one block fits', () => {
    expect(split({ nsegments: 2 }, [5, 9], 0xe80, 0x1000)).toEqual([
      [
        [0x5e80, 0x180],
        [0x9000, 0xe80],
      ],
      0x1000,
    ])
    expect(split({ nsegments: 1 }, [5, 9], 0xe80, 0x1000)).toBe('EFBIG')
    expect(split({ nsegments: 1 }, [5, 9], 0xe00, 0x1000)).toEqual([[[0x5e00, 0x200]], 0x200])
    expect(split({ maxsize: 511 }, [5], 0, 512)).toBe('EFBIG')
    expect(split({ maxsize: 511 }, [5], 0, 511)).toEqual([[[0x5000, 511]], 511])
  })

  it('has pieces of the segment size or up to the boundary, whichever is nearer', () => {
    const pieces = [
      [0x40700, 0x600],
      [0x40d00, 0x300],
      [0x41000, 0x600],
      [0x41600, 0x100],
    ]
    expect(split({ maxsegsz: 0x600, boundary: 0x1000 }, [0x40, 0x41], 0x700, 0x1000)).toEqual([
      pieces,
      0x1000,
    ])
  })

  it('may be empty', () => {
    expect(split({}, [5], 0, 0)).toEqual([[], 0])
  })

  it('is refused when a segment would start misaligned', () => {
    expect(split({ alignment: 4 }, [5], 2, 8)).toBe('EINVAL')
    expect(split({ alignment: 4 }, [5, 9], 4, 0x1ffc)).toEqual([
      [
        [0x5004, 0xffc],
        [0x9000, 0x1000],
      ],
      0x1ffc,
    ])
  })

  it('is not split when it is a packet, nor does a later piece fill the gap', () => {
    const { bench, tag, map } = loader({ nsegments: 2 })
    bench.machine.table = [5, 9, 13]
    const outcomes: number[][] = []
    const done = (_arg: number, _map: BusDmamap, nsegs: number, size: number, error: number): void => {
      outcomes.push([nsegs, size, error])
    }
    const chainOf = (lengths: number[]) => {
      const data = Float64Array.from(lengths, (_, i) => i * 4096)
      return { packetLength: 0, count: lengths.length, data, len: Int32Array.from(lengths) }
    }
    expect(bench.busdma.bus_dmamap_load_mbuf(tag, map, chainOf([600, 600]), done, 0, 0)).toBe(OK)
    expect(bench.busdma.bus_dmamap_load_mbuf(tag, map, chainOf([600, 600, 600]), done, 0, 0)).toBe(EFBIG)
    expect(outcomes).toEqual([
      [2, 1200, OK],
      [0, 0, EFBIG],
    ])
    const uio = {
      iov: 0,
      iovcnt: 4,
      resid: 3000,
      base: Float64Array.of(0, 4096, 8192, 4096 + 600),
      length: Float64Array.of(600, 600, 600, 1200),
      space: null,
    }
    expect(bench.busdma.bus_dmamap_load_uio(tag, map, uio, done, 0, 0)).toBe(OK)
    expect(outcomes[2]).toEqual([2, 1024, OK])
    expect(map.loadedBytes).toBe(1024)
  })

  it('fails at a hole in a process’s memory', () => {
    const { bench, tag, map } = loader({})
    const space = { pmap_extract: () => -1 }
    const uio = {
      iov: 0,
      iovcnt: 1,
      resid: 9,
      base: Float64Array.of(0),
      length: Float64Array.of(9),
      space,
    }
    let told = OK
    const done = (...[, , , , error]: [number, BusDmamap, number, number, number]): void => {
      told = error
    }
    expect(bench.busdma.bus_dmamap_load_uio(tag, map, uio, done, 0, 0)).toBe(EFAULT)
    expect(told).toBe(EFAULT)
  })

  it('keeps the limits of all its tags, and no filter', () => {
    const bench = new Bench(undefined, linux)
    const parent = bench.tag({ nsegments: 3, maxsize: 8192, maxsegsz: 1024, boundary: 2048, alignment: 8 })
    const { tag } = bench.busdma.bus_dma_tag_create(parent, UNRESTRICTED)
    expect([tag?.nsegments, tag?.maxsize, tag?.maxsegsz, tag?.boundary, tag?.alignment]).toEqual([
      3, 8192, 1024, 2048, 8,
    ])
    const filtered = bench.busdma.bus_dma_tag_create(null, { ...UNRESTRICTED, filter: () => true })
    expect(filtered.error).toBe(EINVAL)
  })
})

describe('bouncing under linux', () => {
  it('takes a whole segment when any byte of it is out of reach', () => {
    const { bench, map } = loader(ISA, MIB_PAGES)
    bench.loadPages(map, [0xffe, 0xfff, 0x1000, 0xffa], 0x300, 0x3800)
    expect(bench.callbacks[0]?.segments).toEqual([
      [0x100300, 0x2d00],
      [0xffa000, 0xb00],
    ])
    const window = loader({ ...ISA, highaddr: 0x1ffffff }, MIB_PAGES)
    window.bench.loadPages(window.map, [0xfff, 0x1fff, 0x2000, 0x2002], 0x300, 0x3800)
    expect(window.bench.callbacks[0]?.segments).toEqual([
      [0xfff300, 0xd00],
      [0x100000, 0x2000],
      [0x2002000, 0xb00],
    ])
  })

  it('has no effect on a tag whose window is empty', () => {
    const { bench, map } = loader({ lowaddr: 0xffffff, highaddr: 0xffffff }, MIB_PAGES)
    bench.loadPages(map, [0xfff, 0x1000], 0, 0x2000)
    expect(bench.callbacks[0]?.segments).toEqual([[0xfff000, 0x2000]])
  })

  it('keeps the offset in the page if the tag says so', () => {
    const { bench, map } = loader({ ...ISA, flags: BUS_DMA_KEEP_PG_OFFSET }, MIB_PAGES)
    bench.loadPages(map, [0x1000], 0xa00, 0x100)
    expect(bench.callbacks[0]?.segments).toEqual([[0x100a00, 0x100]])
  })

  it('splits what one mapping cannot hold', () => {
    const { bench, map } = loader(ISA, MIB_PAGES)
    bench.loadPages(map, run(0x1000, 100), 0, 100 * 4096)
    expect(map.loadedBytes).toBe(254 * 1024)
  })

  it('fails at once where slots are short, and keeps nothing', () => {
    const { bench, tag, map } = loader(ISA, 4, 4)
    const other = bench.map(tag)
    expect(bench.loadPages(other, [0x1000, 0x1002], 0, 0x1800)).toBe('OK')
    expect(bench.loadPages(map, [0x1004, 0x1006, 0x1008], 0, 0x3000)).toBe('ENOMEM')
    expect(bench.callbacks[1]).toMatchObject({ nsegs: 0, error: 'ENOMEM' })
    expect(poolOf(tag)).toEqual([8, 5, 0, 3])
    expect(map.bpagesCount).toBe(0)
    expect(bench.busdma.bouncePagesActive).toBe(2)
    bench.busdma.bus_dmamap_unload(tag, other)
    expect(poolOf(tag)).toEqual([8, 8, 0, 0])
    expect(bench.busdma.bouncePagesActive).toBe(0)
    expect(bench.loadPages(map, [0x1004, 0x1006, 0x1008], 0, 0x2800)).toBe('OK')
    expect(bench.loadPages(map, [0x1004], 0, 0x1000)).toBe('EBUSY')
    expect(bench.callbacks).toHaveLength(3)
    expect(bench.busdma.bus_dmamap_destroy(tag, map)).toBe(EBUSY)
  })

  it('copies when it loads, whichever way the transfer goes, and when the client or the device wrote', () => {
    const { bench, tag, map } = loader(ISA, 4)
    const { busdma, machine } = bench
    const into = [
      [0x1000e00, 0x100600, 0x200],
      [0x1001000, 0x100800, 0x800],
      [0x1001800, 0x101000, 0x200],
    ]
    const back = into.map(([client, bounce, bytes]) => [bounce, client, bytes])
    const copiesOf = (op: number): number[][] => {
      machine.copies.length = 0
      busdma.bus_dmamap_sync(tag, map, op)
      return machine.copies.slice()
    }
    let inCallback: number[][] | null = null
    let atLoad: number[][] = []
    const loaded = (): void => {
      atLoad = machine.copies.slice()
      inCallback = copiesOf(BUS_DMASYNC_PREWRITE)
    }
    const pages = Int32Array.of(0x1000, 0x1001)
    busdma.bus_dmamap_load_pages(tag, map, pages, 2, 0xe00, 0xc00, loaded, 0, 0)
    expect(atLoad).toEqual(into)
    expect(inCallback).toEqual([])
    expect(copiesOf(BUS_DMASYNC_PREWRITE)).toEqual(into)
    expect(copiesOf(BUS_DMASYNC_PREREAD)).toEqual([])
    expect(copiesOf(BUS_DMASYNC_POSTREAD)).toEqual(back)
    machine.copies.length = 0
    busdma.bus_dmamap_unload(tag, map)
    expect(machine.copies).toEqual([])
  })
})

describe('the memory of a swiotlb pool', () => {
  const pagesOfPool = (args: Partial<BusDmaTagArgs>, supply: number, maxPages?: number): number =>
    (loader(args, supply, maxPages).tag.zone?.total ?? 0) / 2

  it('is a sixteenth of what the device reaches, 64 MiB at most, in whole groups', () => {
    expect(pagesOfPool(ISA, 2000)).toBe(256)
    expect(pagesOfPool({ lowaddr: 0x7fffffff }, 40_000)).toBe(16_384)
    expect(pagesOfPool({ lowaddr: 0x7fffffff }, 40_000, 100)).toBe(64)
    expect(pagesOfPool({ lowaddr: 0x7fffffff }, 40_000, 7)).toBe(7)
  })

  it('is half as much where there is not so much in one piece', () => {
    expect(pagesOfPool(ISA, 255)).toBe(128)
    expect(pagesOfPool(ISA, 63)).toBe(32)
    expect(pagesOfPool(ISA, 1)).toBe(1)
    const bench = new Bench(undefined, linux)
    const tag = bench.tag(ISA)
    expect(bench.busdma.bus_dmamap_create(tag, 0)).toEqual({ error: ENOMEM, map: null })
  })

  it('serves every device that reaches it; one that reaches less gets a pool of its own', () => {
    const { bench, tag } = loader({ lowaddr: 0xfffffff }, 3000)
    const far = bench.tag({ lowaddr: 0x7fffffff })
    const near = bench.tag(ISA)
    bench.map(far)
    bench.map(near)
    expect(far.zone).toBe(tag.zone)
    expect(near.zone).not.toBe(tag.zone)
    expect(near.zone?.lowaddr).toBe(0xffffff)
  })

  it('comes from the machine, and the sanitizer finds what stays mapped', () => {
    const kernel = sanitizedKernel()
    const busdma = new BusDma(kernel.glue, linux)
    const { tag } = busdma.bus_dma_tag_create(null, { ...UNRESTRICTED, ...ISA })
    const { map } = busdma.bus_dmamap_create(tag!, 0)
    const frames = Int32Array.from([...kernel.take(64)].filter((pfn) => pfn >= 0x1000).slice(0, 4))
    expect(frames).toHaveLength(4)
    let segment = 0
    const loaded = (_arg: number, done: BusDmamap): void => {
      segment = done.segAddr[0] as number
    }
    const load = (): number => busdma.bus_dmamap_load_pages(tag!, map!, frames, 4, 0x10, 0x3000, loaded, 0, 0)
    expect(load()).toBe(OK)
    expect(segment % 4096).toBe(0x10)
    expect(segment).toBeLessThan(0x1000000)
    expect(kernel.counters.bytesBounced).toBe(0x3000)
    busdma.bus_dmamap_unload(tag!, map!)
    expect(kernel.sanitizer.violations).toEqual([])
    expect(load()).toBe(OK)
    kernel.sanitizer.end()
    const leaks = kernel.sanitizer.violations.filter(({ kind }) => kind.startsWith('bounce'))
    expect(leaks.map(({ kind, object }) => [kind, object])).toEqual([
      ['bounce-leak', 'bounce zone up to 0xffffff: 7 slots active, 0 reserved, 0 loads waiting'],
    ])
  })
})
