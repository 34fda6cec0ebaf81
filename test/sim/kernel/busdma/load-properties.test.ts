import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_PAGE } from '../../../../src/sim/kernel/busdma/bounce-zone.ts'
import { BUS_DMA_KEEP_PG_OFFSET } from '../../../../src/sim/kernel/busdma/constants.ts'
import type { BusDmamap } from '../../../../src/sim/kernel/busdma/map.ts'
import { Bench, poolOf } from './small-machine.ts'

const LOWADDR = 0xffffff

/** Requests over runs of neighbouring and scattered pages, below and above the limit of a 24-bit device. */
const request = fc
  .record({
    runs: fc.array(fc.tuple(fc.integer({ min: 0x200, max: 0x3000 }), fc.integer({ min: 1, max: 4 })), {
      minLength: 1,
      maxLength: 6,
    }),
    offset: fc.integer({ min: 0, max: 4095 }),
    trim: fc.integer({ min: 0, max: 4095 }),
    alignment: fc.constantFrom(1, 2, 512),
    boundary: fc.constantFrom(0, 0x800, 0x1000, 0x10000),
    maxsegsz: fc.constantFrom(0x600, 0x1000, 0x1800, 0x10000),
    keepOffset: fc.boolean(),
  })
  .map(({ runs, offset, trim, ...tag }) => {
    const pages = runs.flatMap(([first, count]) => Array.from({ length: count }, (_, i) => first + i))
    return { ...tag, pages, offset, length: Math.max(1, pages.length * 4096 - offset - trim) }
  })

/** Bus address of a bounced byte to physical address of the client's byte. */
function clientBytes(map: BusDmamap): Map<number, number> {
  const bytes = new Map<number, number>()
  const zone = map.tag.zone
  if (zone === null) return bytes
  for (let page = map.bpagesHead; page !== NO_PAGE; page = zone.next[page] ?? NO_PAGE) {
    for (let i = 0; i < (zone.dataCount[page] ?? 0); i++) {
      bytes.set(zone.busaddr(page) + i, (zone.dataPaddr[page] ?? 0) + i)
    }
  }
  return bytes
}

describe('any load', () => {
  it('covers exactly the bytes of the request, in order, within the limits of the tag', () => {
    fc.assert(
      fc.property(request, ({ pages, offset, length, keepOffset, ...limits }) => {
        const bench = new Bench()
        const tag = bench.tag({
          ...limits,
          lowaddr: LOWADDR,
          nsegments: 1024,
          flags: keepOffset ? BUS_DMA_KEEP_PG_OFFSET : 0,
        })
        bench.busdma.preloadZone(
          tag,
          Array.from({ length: pages.length }, (_, i) => 0x100 + i),
        )
        const map = bench.map(tag)
        expect(bench.loadPages(map, pages, offset, length)).toBe('OK')

        const bounced = clientBytes(map)
        let at = offset
        for (const [addr = 0, bytes = 0] of bench.callbacks[0]?.segments ?? []) {
          expect(bytes).toBeGreaterThan(0)
          expect(bytes).toBeLessThanOrEqual(limits.maxsegsz)
          expect(addr + bytes - 1).toBeLessThanOrEqual(LOWADDR)
          if (limits.boundary > 0) {
            const window = Math.floor(addr / limits.boundary)
            expect(Math.floor((addr + bytes - 1) / limits.boundary)).toBe(window)
          }
          for (let i = 0; i < bytes; i++, at++) {
            const client = (pages[Math.floor(at / 4096)] ?? 0) * 4096 + (at % 4096)
            if ((bounced.get(addr + i) ?? addr + i) !== client) {
              throw new Error(`byte ${at} of the request is not at bus address ${addr + i}`)
            }
          }
        }
        expect(at - offset).toBe(length)
      }),
      { numRuns: 60 },
    )
  })

  it('is the same through a mapping and through the page list', () => {
    fc.assert(
      fc.property(request, ({ pages, offset, length, keepOffset: _keepOffset, ...limits }) => {
        const results = (['loadVirtual', 'loadPages'] as const).map((entry) => {
          const bench = new Bench()
          const tag = bench.tag({ ...limits, lowaddr: LOWADDR, nsegments: 24 })
          bench.busdma.preloadZone(tag, [1, 2, 3, 4, 5, 6, 7, 8])
          const returned = bench[entry](bench.map(tag), pages, offset, length)
          return { returned, callbacks: bench.callbacks, pool: poolOf(tag) }
        })
        expect(results[1]).toEqual(results[0])
      }),
    )
  })
})

describe('any order of loads, unloads and soft interrupts', () => {
  it('conserves bounce pages, answers each load once, and leaves nothing behind', () => {
    const step = fc.record({
      map: fc.integer({ min: 0, max: 3 }),
      act: fc.constantFrom('load', 'unload', 'swi'),
      pages: fc.array(fc.integer({ min: 0x800, max: 0x2000 }), { minLength: 1, maxLength: 5 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const bench = new Bench()
        const tag = bench.tag({ lowaddr: LOWADDR })
        bench.busdma.preloadZone(tag, [1, 2, 3, 4, 5, 6])
        const maps = [0, 1, 2, 3].map(() => bench.map(tag))
        const zone = tag.zone
        let loads = 0
        const check = (): void => {
          const [total = 0, free = 0, reserved = 0, active = 0] = poolOf(tag)
          expect(free + reserved + active).toBe(total)
          expect(active).toBe(maps.reduce((sum, map) => sum + map.bpagesCount, 0))
          expect(active).toBe(bench.busdma.bouncePagesActive)
          expect(zone?.freeList().length).toBe(free + reserved)
        }
        for (const { map: number, act, pages } of steps) {
          const map = maps[number]
          if (map === undefined) continue
          const idle = !map.waiting && !map.onCallbackList
          if (act === 'load' && idle && map.bpagesCount === 0) {
            loads++
            bench.loadPages(map, pages, 0, pages.length * 4096, number)
          } else if (act === 'unload' && idle) {
            bench.busdma.bus_dmamap_unload(tag, map)
          } else if (act === 'swi') {
            bench.busdma.busdma_swi()
          }
          check()
        }
        for (let round = 0; round < 5; round++) {
          bench.busdma.busdma_swi()
          for (const map of maps) bench.busdma.bus_dmamap_unload(tag, map)
          check()
        }
        expect(bench.callbacks.length).toBe(loads)
        expect(poolOf(tag)).toEqual([6, 6, 0, 0])
        expect(zone?.freeList().sort()).toEqual([1, 2, 3, 4, 5, 6])
        expect(maps.map((map) => bench.busdma.bus_dmamap_destroy(tag, map))).toEqual([0, 0, 0, 0])
        expect(bench.busdma.bus_dma_tag_destroy(tag)).toBe(0)
      }),
    )
  })
})
