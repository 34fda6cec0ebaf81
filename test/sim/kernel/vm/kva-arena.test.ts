import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FirstFitArena } from '../../../../src/sim/kernel/vm/first-fit-arena.ts'
import type { KvaArena } from '../../../../src/sim/kernel/vm/kva-arena.ts'
import { fragmentationOf } from '../../../../src/sim/kernel/vm/kva-arena.ts'
import { VmemArena } from '../../../../src/sim/kernel/vm/vmem-arena.ts'
import { SimulationFault } from '../../../../src/sim/machine/physical-memory.ts'

const START = 37
const PAGES = 1000

const steps = fc.array(
  fc.oneof(
    fc.record({
      pages: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 200 })),
      align: fc.constantFrom<number | 'length'>(1, 1, 4, 'length'),
    }),
    fc.record({ free: fc.nat(1000) }),
  ),
  { minLength: 200, maxLength: 400 },
)

/** First page of the lowest hole in which an aligned range fits, by looking at each page; -1 when there is none. */
function lowestFit(taken: Uint8Array, pages: number, align: number): number {
  for (let at = 0; at + pages <= PAGES; at++) {
    if ((START + at) % align === 0 && taken.subarray(at, at + pages).every((page) => page === 0))
      return START + at
  }
  return -1
}

const kinds: readonly [string, () => KvaArena][] = [
  ['first fit', () => new FirstFitArena(START, PAGES)],
  ['vmem, instant fit', () => new VmemArena(START, PAGES)],
  ['vmem, best fit', () => new VmemArena(START, PAGES, 'best-fit')],
]

describe.each(kinds)('the %s arena', (name, make) => {
  it('agrees with a plain map of pages', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const arena = make()
        const taken = new Uint8Array(PAGES)
        const ranges: [number, number][] = []
        let failures = 0
        for (const step of sequence) {
          if ('free' in step) {
            const [range] = ranges.splice(step.free % Math.max(1, ranges.length), 1)
            if (range === undefined) continue
            arena.free(...range)
            taken.fill(0, range[0] - START, range[0] - START + range[1])
          } else {
            const align = step.align === 'length' ? step.pages : step.align
            const first = arena.alloc(step.pages, align)
            if (name === 'first fit') expect(first).toBe(lowestFit(taken, step.pages, align))
            if (first < 0) {
              failures++
              expect(arena.largestFree).toBeLessThan(step.pages + align - 1)
              continue
            }
            expect(first % align).toBe(0)
            expect(first).toBeGreaterThanOrEqual(START)
            expect(first + step.pages).toBeLessThanOrEqual(START + PAGES)
            const cells = taken.subarray(first - START, first - START + step.pages)
            expect(cells.every((page) => page === 0)).toBe(true)
            cells.fill(1)
            ranges.push([first, step.pages])
          }
          expect(arena.freePages).toBe(taken.filter((page) => page === 0).length)
        }
        expect(arena.stats.failures).toBe(failures)
        expect([...arena.map(PAGES)]).toEqual([...taken])
        for (const range of ranges) arena.free(...range)
        if (arena instanceof VmemArena) arena.reap()
        expect(arena.largestFree).toBe(PAGES)
        expect(fragmentationOf(arena)).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  it('refuses to free what is not allocated', () => {
    const arena = make()
    const first = arena.alloc(8)
    const large = arena.alloc(40)
    arena.free(first, 8)
    expect(() => arena.free(first, 8)).toThrow(SimulationFault)
    arena.free(large, 40)
    expect(() => arena.free(large, 40)).toThrow(SimulationFault)
    expect(() => arena.free(START + PAGES, 1)).toThrow(SimulationFault)
    expect(arena.freePages).toBe(PAGES)
  })

  it('measures fragmentation and draws what is allocated', () => {
    const arena = make()
    const ranges = Array.from({ length: 40 }, () => arena.alloc(25))
    expect(arena.alloc(25)).toBe(-1)
    expect(arena.stats.failures).toBe(1)
    expect([...arena.map(10)].every((share) => share > 0.999)).toBe(true)
    ranges
      .sort((a, b) => a - b)
      .forEach((first, i) => {
        if (i % 2 === 0) arena.free(first, 25)
      })
    expect(arena.freePages).toBe(500)
    expect(arena.largestFree).toBe(25)
    expect(fragmentationOf(arena)).toBeCloseTo(0.95)
    expect([...arena.map(20)].every((share) => Math.abs(share - 0.5) < 1e-9)).toBe(true)
  })
})

describe('the first fit', () => {
  it('rounds up to a multiple of a length that is no power of two', () => {
    const arena = new FirstFitArena(10, 100)
    expect(arena.alloc(12, 12)).toBe(12)
    expect(arena.alloc(12, 12)).toBe(24)
    expect(arena.alloc(2)).toBe(10)
  })

  it('counts the holes that it walks', () => {
    const arena = new FirstFitArena(0, 100)
    for (let i = 0; i < 50; i++) arena.alloc(2)
    for (let i = 0; i < 50; i += 2) arena.free(i * 2, 2)
    const before = arena.stats.steps
    expect(arena.alloc(3)).toBe(-1)
    expect(arena.stats.steps - before).toBe(25)
  })
})

describe('the vmem', () => {
  it('takes small ranges from slabs, side by side, and keeps one slab when all are free', () => {
    const arena = new VmemArena(0, 1024)
    const firsts = Array.from({ length: 16 }, () => arena.alloc(4))
    expect(firsts).toEqual(firsts.map((_, i) => firsts[0]! + i * 4))
    for (const first of firsts) arena.free(first, 4)
    expect(arena.freePages).toBe(1024)
    expect(arena.largestFree).toBe(960)
    expect(arena.reap()).toBe(1)
    expect(arena.largestFree).toBe(1024)
  })

  it('gives idle slabs up before it fails', () => {
    const arena = new VmemArena(0, 128)
    arena.free(arena.alloc(4), 4)
    arena.free(arena.alloc(5), 5)
    expect(arena.alloc(128)).toBe(0)
    expect(arena.stats.failures).toBe(0)
  })

  it('takes the smallest hole that suffices when it fits best', () => {
    const arena = new VmemArena(0, 1000, 'best-fit')
    const [a, , c] = [arena.alloc(90), arena.alloc(20), arena.alloc(70), arena.alloc(20)]
    arena.free(a, 90)
    arena.free(c, 70)
    expect(arena.alloc(65)).toBe(c)
    expect(arena.alloc(80)).toBe(a)
  })

  it('looks at few holes, however many there are', () => {
    const arena = new VmemArena(0, 100_000)
    const firsts = Array.from({ length: 2000 }, () => arena.alloc(40))
    firsts.forEach((first, i) => {
      if (i % 2 === 0) arena.free(first, 40)
    })
    const before = arena.stats.steps
    for (let i = 0; i < 100; i++) arena.alloc(50)
    expect(arena.stats.steps - before).toBeLessThanOrEqual(200)
  })
})
