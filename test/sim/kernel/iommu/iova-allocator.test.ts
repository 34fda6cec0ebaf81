import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IovaAllocator } from '../../../../src/sim/kernel/iommu/iova-allocator.ts'
import { IO_PAGES } from '../../../../src/sim/machine/io-page-table.ts'

const LAST = IO_PAGES - 1
const LAST_32BIT = 0xfffff

describe('IovaAllocator', () => {
  it('goes down from the limit, each range at a multiple of its rounded size', () => {
    const iovas = new IovaAllocator(1)
    expect(iovas.alloc(1, LAST, 1, 0)).toBe(LAST)
    expect(iovas.alloc(1, LAST_32BIT, 1, 0)).toBe(0xfffff)
    expect(iovas.alloc(3, LAST_32BIT, 1, 0)).toBe(0xffff8)
    expect(iovas.alloc(33, LAST_32BIT, 1, 0)).toBe(0xfffc0)
    expect(iovas.alloc(16, 4095, 1, 0)).toBe(4080)
    expect(iovas.alloc(2, 4095, 64, 0)).toBe(4032)
    expect(iovas.taken).toBe(1 + 1 + 3 + 33 + 16 + 2)
  })

  it('never gives page 0 or the window of interrupt messages', () => {
    const iovas = new IovaAllocator(1)
    const low = Array.from({ length: 8 }, () => iovas.alloc(1, 7, 1, 0))
    expect(low).toEqual([7, 6, 5, 4, 3, 2, 1, -1])
    expect(iovas.alloc(0x100, 0xfeeff, 1, 0)).toBe(0xfed00)
    expect(iovas.stats.failures).toBe(1)
    expect([iovas.alloc(IO_PAGES, LAST, 1, 0), iovas.alloc(2 ** 40, LAST, 1, 0)]).toEqual([-1, -1])
  })

  it('takes a freed range of up to 32 pages from a magazine of the processor, without a search', () => {
    const iovas = new IovaAllocator(2)
    for (const pages of [1, 5, 8, 32]) {
      const first = iovas.alloc(pages, LAST_32BIT, 1, 0)
      const searches = iovas.stats.searches
      iovas.free(first, pages, 0)
      expect(iovas.alloc(pages, LAST_32BIT, 1, 0)).toBe(first)
      expect([iovas.stats.searches, iovas.steps]).toEqual([searches, 0])
    }
    const large = iovas.alloc(33, LAST_32BIT, 1, 0)
    iovas.free(large, 33, 0)
    expect(iovas.alloc(33, LAST_32BIT, 1, 0)).toBe(large)
    expect(iovas.stats.cached).toBe(4)
    // Five pages were rounded up: eight fit. Another processor has its own magazines.
    iovas.free(large, 33, 0)
    const eight = iovas.alloc(5, LAST_32BIT, 1, 1)
    iovas.free(eight, 5, 0)
    const cached = iovas.stats.cached
    expect(iovas.alloc(8, LAST_32BIT, 1, 1)).not.toBe(eight)
    expect(iovas.alloc(8, LAST_32BIT, 1, 0)).toBe(eight)
    expect(iovas.stats.cached).toBe(cached + 1)
  })

  it('passes over what a magazine has above the limit', () => {
    const iovas = new IovaAllocator(1)
    const high = iovas.alloc(2, LAST_32BIT, 1, 0)
    const low = iovas.alloc(2, 4095, 1, 0)
    iovas.free(low, 2, 0)
    iovas.free(high, 2, 0)
    expect(iovas.alloc(2, low + 1, 1, 0)).toBe(low)
    expect(iovas.alloc(2, high, 1, 0)).not.toBe(high)
    expect(iovas.alloc(2, high + 1, 1, 0)).toBe(high)
  })

  it('hands magazines from processor to processor through the depot, and overflows into the tree', () => {
    const iovas = new IovaAllocator(2)
    const count = 127 * 40
    const ranges = Array.from({ length: count }, () => iovas.alloc(1, LAST, 1, 0))
    for (const first of ranges) iovas.free(first, 1, 0)
    const { cached } = iovas.stats
    const again = Array.from({ length: count }, () => iovas.alloc(1, LAST, 1, 1))
    expect(iovas.stats.cached - cached).toBe(127 * 32)
    expect(new Set(again).size).toBe(count)
    for (const first of again) iovas.free(first, 1, 1)
    expect(iovas.drain()).toBe(new IovaAllocator(1).drain())
  })

  it('empties the magazines before it gives up', () => {
    const iovas = new IovaAllocator(3)
    const ranges = Array.from({ length: 63 }, () => iovas.alloc(1, 63, 1, 0))
    ranges.forEach((first, i) => iovas.free(first, 1, i % 3))
    expect(iovas.alloc(32, 63, 1, 0)).toBe(32)
    expect(iovas.alloc(32, 63, 1, 0)).toBe(-1)
    expect(iovas.alloc(16, 63, 1, 0)).toBe(16)
  })

  it('refuses a free of what is not on loan', () => {
    const iovas = new IovaAllocator(1)
    const first = iovas.alloc(4, LAST, 1, 0)
    expect(() => iovas.free(first, 3, 0)).toThrow('which are not on loan')
    expect(() => iovas.free(first + 1, 4, 0)).toThrow('which are not on loan')
    iovas.free(first, 4, 0)
    expect(() => iovas.free(first, 4, 0)).toThrow(`free of I/O pages 0x${first.toString(16)}+4`)
  })

  it('gives ranges that do not meet, within their limits, and gets all of them back', () => {
    const step = fc.record({
      free: fc.boolean(),
      pick: fc.nat(),
      pages: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 100 })),
      last: fc.constantFrom(255, 1023, 0xfeeff, LAST_32BIT, LAST),
      align: fc.constantFrom(1, 1, 1, 16, 128),
      cpu: fc.nat(2),
    })
    const all = new IovaAllocator(1).drain()
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const iovas = new IovaAllocator(3)
        const owner = new Map<number, number>()
        const loans: [number, number][] = []
        const giveBack = (index: number, cpu: number): void => {
          const [[first, pages]] = loans.splice(index, 1) as [[number, number]]
          for (let page = first; page < first + pages; page++) owner.delete(page)
          iovas.free(first, pages, cpu)
        }
        for (const { free, pick, pages, last, align, cpu } of steps) {
          if (free && loans.length > 0) {
            giveBack(pick % loans.length, cpu)
            continue
          }
          const first = iovas.alloc(pages, last, align, cpu)
          if (first < 0) continue
          let size = 1
          while (size < pages) size *= 2
          if (first % Math.max(size, align) !== 0) throw new Error(`${first} is misaligned`)
          if (first < 1 || first + pages - 1 > last) throw new Error(`${first}+${pages} beyond ${last}`)
          if (first < 0xfef00 && first + pages > 0xfee00) throw new Error(`${first}: interrupts`)
          for (let page = first; page < first + pages; page++) {
            if (owner.has(page)) throw new Error(`${page} has two owners`)
            owner.set(page, first)
          }
          loans.push([first, pages])
          if (iovas.taken !== owner.size) throw new Error(`${iovas.taken} pages on loan`)
        }
        while (loans.length > 0) giveBack(0, loans.length % 3)
        expect([iovas.taken, iovas.drain()]).toEqual([0, all])
      }),
      { numRuns: 500, seed: 20041220 },
    )
  })
})
