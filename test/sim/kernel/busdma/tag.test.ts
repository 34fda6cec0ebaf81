import { describe, expect, it } from 'vitest'
import {
  BUS_DMA_ALIGNED,
  BUS_DMA_ALLOCNOW,
  BUS_DMA_ONEBPAGE,
  BUS_DMA_PRIVBZONE,
  BUS_SPACE_MAXADDR,
} from '../../../../src/sim/kernel/busdma/constants.ts'
import { EBUSY, EINVAL, ENOMEM, OK } from '../../../../src/sim/kernel/errno.ts'
import { Bench, poolOf, UNRESTRICTED } from './small-machine.ts'

describe('a tag under a parent', () => {
  it('takes over window and boundary, but not alignment and sizes', () => {
    const bench = new Bench()
    const parent = bench.tag({
      lowaddr: 0xffff00,
      highaddr: 0x1000000,
      boundary: 0x1000,
      alignment: 64,
      maxsegsz: 512,
      nsegments: 3,
    })
    const tag = bench.tag({ lowaddr: 0xffffffff, highaddr: 0x2000000, boundary: 0x10000 }, parent)
    expect(tag).toMatchObject({ lowaddr: 0xffffff, highaddr: 0x2000fff, boundary: 0x1000, alignment: 1 })
    expect(tag).toMatchObject({ maxsegsz: 0x10000, nsegments: 256, chainLength: 1 })
  })

  it('stays in the filter chain of its parent when it has a filter of its own', () => {
    const bench = new Bench()
    const parent = bench.tag({ lowaddr: 0xffffff, filter: (_arg, paddr) => paddr >= 0x2000000 })
    const child = bench.tag({ filter: (arg, paddr) => paddr === arg, filterarg: 0x1000000 }, parent)
    expect(child.chainLength).toBe(2)
    bench.busdma.preloadZone(child, [1, 2])
    const map = bench.map(child)
    bench.loadPages(map, [0x1000], 0, 4096)
    bench.loadPages(map, [0x1001], 0, 4096)
    bench.loadPages(map, [0x2000], 0, 4096)
    expect(bench.callbacks.map(({ segments }) => segments[0]?.[0])).toEqual([0x1000, 0x1001000, 0x2000])
  })
})

describe('arguments', () => {
  it.each([{ alignment: 3 }, { boundary: 0x1800 }, { nsegments: 0 }, { nsegments: 16384 }, { maxsegsz: 0 }])(
    '%o are refused',
    (args) => {
      const created = new Bench().busdma.bus_dma_tag_create(null, { ...UNRESTRICTED, ...args })
      expect(created).toEqual({ error: EINVAL, tag: null })
    },
  )

  it('bounce for alignment unless the driver promises it', () => {
    const bench = new Bench()
    expect(bench.tag({ alignment: 4 }).couldBounce).toBe(true)
    expect(bench.tag({ alignment: 4, flags: BUS_DMA_ALIGNED }).couldBounce).toBe(false)
    expect(bench.tag({ lowaddr: 0x100000000 }).couldBounce).toBe(false)
    expect(bench.tag({ lowaddr: 0xffffefff }).couldBounce).toBe(true)
    expect(bench.tag({ lowaddr: BUS_SPACE_MAXADDR }).lowaddr).toBe(BUS_SPACE_MAXADDR)
  })
})

describe('bounce zones', () => {
  it('are shared by tags that they suit, and private on request', () => {
    const bench = new Bench()
    const zoneOf = (args: object) => bench.busdma.bounceZoneOf(bench.tag({ lowaddr: 0xffffff, ...args }))
    const isa = zoneOf({})
    expect(zoneOf({ lowaddr: 0x7fffffff })).toBe(isa)
    expect(zoneOf({ alignment: 8192 })).not.toBe(isa)
    expect(zoneOf({ lowaddr: 0xfffff })).not.toBe(isa)
    expect(zoneOf({ flags: BUS_DMA_PRIVBZONE })).not.toBe(isa)
  })

  it('are filled at tag creation with BUS_DMA_ALLOCNOW, below lowaddr only', () => {
    const bench = new Bench()
    bench.machine.supply = [0x2000, 7, 8, 0x2001, 9]
    const tag = bench.tag({ lowaddr: 0xffffff, maxsize: 8193, flags: BUS_DMA_ALLOCNOW })
    expect(tag.zone?.freeList()).toEqual([7, 8, 9])
    bench.machine.supply = [10]
    expect(
      bench.tag({ lowaddr: 0xffffff, maxsize: 16384, flags: BUS_DMA_ALLOCNOW | BUS_DMA_ONEBPAGE }),
    ).toHaveProperty('zone.total', 4)
  })

  it('give pages of a private zone back when the tag fails or goes', () => {
    const bench = new Bench()
    const args = { ...UNRESTRICTED, lowaddr: 0xffffff, maxsize: 8192 }
    const flags = BUS_DMA_ALLOCNOW | BUS_DMA_PRIVBZONE
    bench.machine.supply = [7]
    expect(bench.busdma.bus_dma_tag_create(null, { ...args, flags }).error).toBe(ENOMEM)
    expect(bench.machine.freed).toEqual([7])
    bench.machine.supply = [8, 9]
    const tag = bench.tag({ ...args, flags })
    const map = bench.map(tag)
    expect(bench.busdma.bus_dma_tag_destroy(tag)).toBe(EBUSY)
    expect(bench.busdma.bus_dmamap_destroy(tag, map)).toBe(OK)
    expect(bench.busdma.bus_dma_tag_destroy(tag)).toBe(OK)
    expect(bench.machine.freed).toEqual([7, 8, 9])
  })

  it('grow with each map up to the limit', () => {
    const bench = new Bench(5)
    bench.machine.supply = [1, 2, 3, 4, 5, 6, 7]
    const tag = bench.tag({ lowaddr: 0xffffff, maxsize: 8192 })
    const totals = [0, 0, 0, 0].map(() => bench.map(tag) && poolOf(tag)[0])
    expect(totals).toEqual([2, 4, 5, 5])
  })

  it('refuse the first map when the machine has no page for it', () => {
    const bench = new Bench()
    const tag = bench.tag({ lowaddr: 0xffffff })
    expect(bench.busdma.bus_dmamap_create(tag, 0)).toEqual({ error: ENOMEM, map: null })
    expect(bench.busdma.bus_dma_tag_destroy(tag)).toBe(OK)
  })
})

describe('destruction', () => {
  it('keeps a parent that a child still asks, until the child goes', () => {
    const bench = new Bench()
    bench.machine.supply = [3]
    const parent = bench.tag({
      lowaddr: 0xffffff,
      maxsize: 4096,
      flags: BUS_DMA_ALLOCNOW | BUS_DMA_PRIVBZONE,
    })
    const child = bench.tag({ filter: () => true }, parent)
    bench.busdma.bus_dma_tag_destroy(parent)
    expect(bench.machine.freed).toEqual([])
    bench.busdma.bus_dma_tag_destroy(child)
    expect(bench.machine.freed).toEqual([3])
  })

  it('refuses a map with bounce pages', () => {
    const bench = new Bench()
    const tag = bench.tag({ lowaddr: 0xffffff })
    bench.busdma.preloadZone(tag, [1])
    const map = bench.map(tag)
    bench.loadPages(map, [0x1000], 0, 4096)
    expect(bench.busdma.bus_dmamap_destroy(tag, map)).toBe(EBUSY)
    bench.busdma.bus_dmamap_unload(tag, map)
    expect(bench.busdma.bus_dmamap_destroy(tag, map)).toBe(OK)
  })
})
