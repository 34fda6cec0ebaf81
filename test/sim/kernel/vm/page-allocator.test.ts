import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PageAllocator } from '../../../../src/sim/kernel/vm/page-allocator.ts'

/** All that is left; more than any test's memory has is too much. */
function drain(pages: PageAllocator): number[] {
  const list: number[] = []
  for (let pfn = pages.alloc(); pfn >= 0 && list.length < 40_000; pfn = pages.alloc()) list.push(pfn)
  return list
}

describe('PageAllocator', () => {
  it.each([1000, 16384, 16385, 30030])('hands out every data page of %d once', (frames) => {
    const pages = new PageAllocator(frames)
    const firstData = Math.min(Math.floor(frames / 4), 20480)
    const list = drain(pages).toSorted((a, b) => a - b)
    expect(list).toEqual(Array.from({ length: frames - firstData }, (_, i) => firstData + i))
    expect(pages.alloc()).toBe(-1)
  })

  it('spreads over all of memory from the start', () => {
    const frames = 2 * 1024 * 1024
    const pages = new PageAllocator(frames)
    const high = Array.from({ length: 1000 }, () => pages.alloc()).filter((pfn) => pfn >= frames / 2)
    expect(high.length).toBeGreaterThan(450)
    expect(high.length).toBeLessThan(550)
  })

  it('uses freed pages again, oldest first, once 256 wait', () => {
    const pages = new PageAllocator(16384)
    const list = Array.from({ length: 300 }, () => pages.alloc())
    list.slice(0, 255).forEach((pfn) => pages.free(pfn))
    const fresh = pages.alloc()
    expect(list).not.toContain(fresh)
    pages.free(list[255]!)
    expect(pages.alloc()).toBe(list[0])
  })

  it('uses freed pages at once when no other is left', () => {
    const pages = new PageAllocator(1000)
    const list = drain(pages)
    pages.free(list[10]!)
    pages.free(list[5]!)
    expect([pages.alloc(), pages.alloc(), pages.alloc()]).toEqual([list[10], list[5], -1])
  })

  it('never hands out a page twice, and wires what is on loan', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant('alloc' as const) },
      { weight: 2, arbitrary: fc.record({ free: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ low: fc.integer({ min: 1, max: 5 }) }) },
      { weight: 1, arbitrary: fc.record({ freeLow: fc.nat() }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1500, size: 'max' }), (steps) => {
        const pages = new PageAllocator(800)
        const loan: number[] = []
        const low: number[] = []
        const all = new Set<number>()
        const take = (pfn: number): void => {
          expect(all.has(pfn)).toBe(false)
          expect(pages.isWired(pfn)).toBe(true)
          all.add(pfn)
        }
        for (const each of steps) {
          if (each === 'alloc') {
            const pfn = pages.alloc()
            if (pfn < 0) {
              expect(loan.length).toBe(600)
            } else {
              loan.push(pfn)
              take(pfn)
            }
          } else if ('free' in each) {
            const [pfn] = loan.splice(each.free % Math.max(1, loan.length), 1)
            if (pfn === undefined) continue
            pages.free(pfn)
            all.delete(pfn)
            expect(pages.isWired(pfn)).toBe(false)
          } else if ('low' in each) {
            const first = pages.allocLow(each.low, 0xffffffff)
            if (first < 0) continue
            expect(first).toBeGreaterThanOrEqual(16)
            expect(first + each.low).toBeLessThanOrEqual(200)
            for (let pfn = first; pfn < first + each.low; pfn++) {
              low.push(pfn)
              take(pfn)
            }
          } else {
            const [pfn] = low.splice(each.freeLow % Math.max(1, low.length), 1)
            if (pfn === undefined) continue
            pages.freeLowPage(pfn)
            all.delete(pfn)
          }
        }
      }),
      { numRuns: 40 },
    )
  })

  it('keeps low allocations below their limit, and refuses without losing a page', () => {
    const pages = new PageAllocator(16384)
    expect(pages.allocLow(2, 0x11fff)).toBe(16)
    expect(pages.allocLow(1, 0x11fff)).toBe(-1)
    expect(pages.allocLow(1, 0x12ffe)).toBe(-1)
    expect(pages.allocLow(1, 0x12fff)).toBe(18)
    pages.freeLowPage(18)
    expect(pages.allocLow(1, 0x11fff)).toBe(-1)
    expect(pages.allocLow(1, 0x12fff)).toBe(18)
    pages.freeLowPage(17)
    pages.freeLowPage(18)
    expect(pages.allocLow(1, 0x11fff)).toBe(17)
    expect(pages.allocLow(1, 0xffffffff)).toBe(18)
    expect(pages.allocLow(1, 0xffffffff)).toBe(19)
  })
})
