import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KvaArena } from '../../../../src/sim/kernel/vm/kva-arena.ts'

describe('KvaArena', () => {
  it('takes the lowest hole that is large enough', () => {
    const arena = new KvaArena(10, 20)
    expect([arena.alloc(4), arena.alloc(4), arena.alloc(4)]).toEqual([10, 14, 18])
    arena.free(10, 4)
    expect([arena.alloc(5), arena.alloc(3), arena.alloc(1)]).toEqual([22, 10, 13])
    expect(arena.freePages).toBe(3)
    expect(arena.alloc(4)).toBe(-1)
    expect(arena.alloc(3)).toBe(27)
    expect([arena.freePages, arena.alloc(1)]).toEqual([0, -1])
  })

  it('leaves the pages before an aligned range free', () => {
    const arena = new KvaArena(3, 30)
    expect(arena.alloc(8, 8)).toBe(8)
    expect(arena.freePages).toBe(22)
    expect(arena.alloc(5)).toBe(3)
  })

  it('joins holes that touch, on either side and on both', () => {
    const arena = new KvaArena(0, 30)
    for (let i = 0; i < 3; i++) arena.alloc(10)
    arena.free(0, 10)
    arena.free(20, 10)
    expect(arena.alloc(11)).toBe(-1)
    arena.free(10, 10)
    expect(arena.alloc(30)).toBe(0)
  })

  it('agrees with a bitmap: first fit, aligned, no overlap, no page lost', () => {
    const PAGES = 60
    const START = 7
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom(1, 2, 4, 8)) },
      { weight: 2, arbitrary: fc.nat() },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const arena = new KvaArena(START, PAGES)
        const used = Array.from({ length: PAGES }, () => false)
        const ranges: (readonly [first: number, count: number])[] = []
        const mark = (first: number, count: number, value: boolean): void => {
          used.fill(value, first - START, first - START + count)
        }
        for (const each of steps) {
          if (typeof each === 'number') {
            const [range] = ranges.splice(each % Math.max(1, ranges.length), 1)
            if (range === undefined) continue
            arena.free(...range)
            mark(...range, false)
          } else {
            const [count, align] = each
            const fits = Array.from({ length: PAGES - count + 1 }, (_, i) => START + i).find(
              (first) =>
                first % align === 0 && !used.slice(first - START, first - START + count).includes(true),
            )
            expect(arena.alloc(count, align)).toBe(fits ?? -1)
            if (fits === undefined) continue
            ranges.push([fits, count])
            mark(fits, count, true)
          }
          expect(arena.freePages).toBe(used.filter((page) => !page).length)
        }
        for (const range of ranges) arena.free(...range)
        expect(arena.alloc(PAGES)).toBe(START)
      }),
    )
  })
})
