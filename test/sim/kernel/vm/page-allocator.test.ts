import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PageHolds } from '../../../../src/sim/kernel/vm/page-holds.ts'
import { SimulationFault } from '../../../../src/sim/machine/physical-memory.ts'
import { MIB_PAGES, PAGE, allocatorOf, take } from './allocators.ts'

const GIB = 1024
const MAX = Number.MAX_SAFE_INTEGER

/** Steps of a random sequence: single pages, contiguous ranges, and frees of what is on loan. */
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('alloc' as const), domain: fc.nat(3) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('free' as const), which: fc.nat(10_000) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('contig' as const),
        count: fc.integer({ min: 1, max: 1500 }),
        low: fc.nat(48 * 1024 * 1024),
        high: fc.integer({ min: 1024 * 1024, max: 64 * 1024 * 1024 }),
        alignShift: fc.integer({ min: 0, max: 23 }),
        boundaryShift: fc.constantFrom(0, 0, 14, 16, 20, 22),
        domain: fc.nat(3),
      }),
    },
  ),
  { minLength: 200, maxLength: 400 },
)

/** Whether pages `first` to `first + count - 1` keep a contigmalloc rule. */
function keepsRule(
  first: number,
  count: number,
  rule: { low: number; high: number; align: number; boundary: number },
): boolean {
  const start = first * PAGE
  const last = (first + count) * PAGE - 1
  if (start < rule.low || last > rule.high || start % rule.align !== 0) return false
  return rule.boundary === 0 || Math.floor(start / rule.boundary) === Math.floor(last / rule.boundary)
}

describe('any sequence of calls', () => {
  it.each([
    { fragmentation: 0, domains: 1 },
    { fragmentation: 40, domains: 3 },
    { fragmentation: 100, domains: 4 },
  ])('agrees with a plain set of pages: $fragmentation %, $domains domains', ({ fragmentation, domains }) => {
    const total = 64 * MIB_PAGES
    fc.assert(
      fc.property(steps, fc.nat(), (sequence, seed) => {
        const pages = allocatorOf(64, { fragmentation, domains, seed })
        const before = pages.freePages
        const fresh = allocatorOf(64, { fragmentation, domains, seed }).chunksByOrder()
        const onLoan = new Set<number>()
        const loans: { first: number; count: number; contig: boolean }[] = []
        const lend = (first: number, count: number, contig: boolean): void => {
          for (let pfn = first; pfn < first + count; pfn++) {
            if (onLoan.has(pfn)) throw new Error(`page ${pfn} lent twice`)
            onLoan.add(pfn)
          }
          loans.push({ first, count, contig })
        }
        const giveBack = (which: number): void => {
          const [loan] = loans.splice(which % loans.length, 1)
          if (loan === undefined) return
          if (loan.contig) pages.contigfree(loan.first, loan.count)
          else pages.free(loan.first)
          for (let pfn = loan.first; pfn < loan.first + loan.count; pfn++) onLoan.delete(pfn)
        }
        for (const step of sequence) {
          if (step.kind === 'alloc') {
            const pfn = pages.alloc(step.domain % domains)
            expect(pfn).toBeGreaterThanOrEqual(16)
            expect(pfn).toBeLessThan(total)
            lend(pfn, 1, false)
          } else if (step.kind === 'free') {
            if (loans.length > 0) giveBack(step.which)
          } else {
            const { count, low, high } = step
            const align = PAGE * 2 ** Math.max(0, step.alignShift - 12)
            const boundary = step.boundaryShift === 0 ? 0 : 2 ** step.boundaryShift
            const rule = { low, high, align, boundary }
            const first = pages.contigmalloc(count, low, high, align, boundary, step.domain % domains)
            if (first >= 0) {
              expect(keepsRule(first, count, rule)).toBe(true)
              lend(first, count, true)
            } else {
              for (let at = 16; at + count <= total; at++) {
                if (!keepsRule(at, count, rule)) continue
                let page = at
                while (page < at + count && !onLoan.has(page)) page++
                if (page === at + count) throw new Error(`the range at ${at} was free`)
                at = page
              }
            }
          }
          expect(pages.freePages + pages.othersPages + onLoan.size).toBe(pages.usablePages)
        }
        while (loans.length > 0) giveBack(0)
        pages.drain()
        expect(pages.freePages).toBe(before + pages.stats.evicted + pages.stats.reclaimed)
        if (pages.stats.evicted + pages.stats.reclaimed === 0) expect(pages.chunksByOrder()).toEqual(fresh)
        const chunked = pages.chunksByOrder().reduce((sum, chunks, order) => sum + chunks * 2 ** order, 0)
        expect(chunked).toBe(pages.freePages)
      }),
      { numRuns: 40 },
    )
  })
})

describe('vm_page_alloc', () => {
  it('gives neighbouring pages from the top zone in memory that is not fragmented', () => {
    const pages = allocatorOf(8 * GIB)
    const got = take(pages, 5000)
    expect(got).toEqual(got.map((_, i) => 4 * GIB * MIB_PAGES + i))
  })

  it('gives no two neighbours, all over memory, when it is fragmented', () => {
    const pages = allocatorOf(8 * GIB, { fragmentation: 100 })
    const got = new Set(take(pages, 8192))
    expect(got.size).toBe(8192)
    expect([...got].filter((pfn) => got.has(pfn + 1))).toEqual([])
    const high = [...got].filter((pfn) => pfn >= 4 * GIB * MIB_PAGES).length
    expect(high / got.size).toBeGreaterThan(0.47)
    expect(high / got.size).toBeLessThan(0.53)
    expect(new Set([...got].map((pfn) => pfn >>> 15)).size).toBe(64)
  })

  it('gives shorter runs the more memory is fragmented', () => {
    const runLength = (fragmentation: number): number => {
      const got = take(allocatorOf(8 * GIB, { fragmentation }), 4096)
      return got.length / got.filter((pfn, i) => pfn !== (got[i - 1] ?? -2) + 1).length
    }
    const lengths = [1, 20, 50, 80, 100].map(runLength)
    expect(lengths).toEqual([...lengths].sort((a, b) => b - a))
    expect(lengths[0]).toBeGreaterThan(30)
    expect(lengths.at(-1)).toBe(1)
  })

  it('falls back to lower zones but leaves their reserve', () => {
    const pages = allocatorOf(4 * GIB + 64)
    const got = take(pages, 64 * MIB_PAGES + 10)
    expect(got.filter((pfn) => pages.kindOf(pfn) === 'normal').length).toBe(64 * MIB_PAGES)
    expect(got.slice(-10).map((pfn) => pages.kindOf(pfn))).toEqual(new Array(10).fill('dma32'))
    const small = allocatorOf(64)
    const all: number[] = []
    for (let pfn = small.alloc(); pfn >= 0; pfn = small.alloc()) all.push(pfn)
    expect(all.slice(0, 48 * MIB_PAGES).every((pfn) => small.kindOf(pfn) === 'dma32')).toBe(true)
    expect(small.kindOf(all.at(-1)!)).toBe('dma')
    const reserve = (48 * MIB_PAGES) / 256
    expect(small.freePages).toBe(reserve)
    expect(small.contigmalloc(1, 0, 0xffffff, PAGE, 0)).toBeGreaterThanOrEqual(16)
    expect(small.stats.failures).toBe(1)
  })

  it('takes the pages of others when nothing else is left, and no page twice', () => {
    const pages = allocatorOf(64, { fragmentation: 100 })
    expect(pages.othersPages).toBe(pages.usablePages / 2)
    const got = take(pages, 15_000)
    expect(got).not.toContain(-1)
    expect(new Set(got).size).toBe(15_000)
    expect(pages.stats.reclaimed).toBeGreaterThan(6_000)
  })

  it('prefers the domain asked for, then the next ones', () => {
    const pages = allocatorOf(8 * GIB, { domains: 4 })
    for (let domain = 0; domain < 4; domain++) expect(pages.domainOf(pages.alloc(domain))).toBe(domain)
    const small = allocatorOf(64, { domains: 2 })
    const share = 32 * MIB_PAGES
    const got = take(small, share + 5, 1)
    expect(got.slice(0, share).every((pfn) => small.domainOf(pfn) === 1)).toBe(true)
    expect(got.slice(share).every((pfn) => small.domainOf(pfn) === 0)).toBe(true)
  })

  it.each([1, 2, 8])('touches few pages more than are in use, over a long run on %i domains', (domains) => {
    const pages = allocatorOf(8 * GIB, { fragmentation: 100, domains })
    const inUse = Array.from({ length: 2048 }, (_, i) => pages.alloc(i % domains))
    const touched = new Set(inUse)
    for (let i = 0; i < 100_000; i++) {
      const at = (i * 31) % inUse.length
      pages.free(inUse[at]!)
      inUse[at] = pages.alloc((i * 7) % domains)
      touched.add(inUse[at])
    }
    expect(touched.size).toBeLessThanOrEqual(2048 + 256)
  })

  it('uses pages that came back before pages that nobody touched', () => {
    const pages = allocatorOf(8 * GIB, { fragmentation: 100 })
    const first = take(pages, 2000)
    for (const pfn of first) pages.free(pfn)
    const again = take(pages, 2000)
    const known = new Set(first)
    expect(again.filter((pfn) => !known.has(pfn)).length).toBeLessThanOrEqual(256)
  })

  it('is the same for the same seed and another for another', () => {
    const run = (seed: number) => take(allocatorOf(GIB, { fragmentation: 60, seed }), 500)
    expect(run(3)).toEqual(run(3))
    expect(run(3)).not.toEqual(run(4))
  })

  it('costs little host memory for 1 TiB', () => {
    const before = process.memoryUsage()
    const pages = allocatorOf(1024 * GIB, { fragmentation: 100, domains: 8 })
    const after = process.memoryUsage()
    const bytes = after.heapUsed + after.external - before.heapUsed - before.external
    expect(bytes).toBeLessThan(20 * 1024 * 1024)
    const got = take(pages, 1000, 7)
    expect(new Set(got).size).toBe(1000)
    expect(Math.min(...got)).toBeGreaterThanOrEqual(896 * GIB * MIB_PAGES)
  })
})

describe('ageing', () => {
  it('lets contiguity decay, with the counts kept', () => {
    const forgotten: number[] = []
    const pages = allocatorOf(64, { ageing: 50 }, new PageHolds(), (pfn) => forgotten.push(pfn))
    let inUse = take(pages, 2000)
    const runs = (list: number[]): number => list.filter((pfn, i) => pfn !== (list[i - 1] ?? -2) + 1).length
    expect(runs(inUse)).toBe(1)
    for (let round = 0; round < 10; round++) {
      for (const pfn of inUse) pages.free(pfn)
      pages.drain()
      inUse = take(pages, 2000)
      expect(pages.freePages + pages.othersPages + inUse.length).toBe(pages.usablePages)
    }
    expect(new Set(inUse).size).toBe(2000)
    expect(runs([...inUse].sort((a, b) => a - b))).toBeGreaterThan(100)
    expect(forgotten.length).toBe(pages.stats.aged)
    expect(pages.othersPages).toBeLessThanOrEqual(pages.usablePages / 64)
  })
})

describe('contigmalloc', () => {
  it('gives the tail of a block back', () => {
    const pages = allocatorOf(64)
    const before = pages.freePages
    const first = pages.contigmalloc(5, 0, MAX, PAGE, 0)
    expect(pages.freePages).toBe(before - 5)
    expect(pages.contigmalloc(2, 0, MAX, PAGE, 0)).toBe(first + 6)
    expect(pages.contigmalloc(1, 0, MAX, PAGE, 0)).toBe(first + 5)
  })

  it('makes others leave when fragmentation has left no range, and says how many', () => {
    const pages = allocatorOf(64, { fragmentation: 100 })
    const first = pages.contigmalloc(64, 0, 0xffffff, 65536, 0)
    expect(first % 16).toBe(0)
    expect(first + 64).toBeLessThanOrEqual(16 * MIB_PAGES)
    expect(pages.stats.evicted).toBe(32)
  })

  it('crosses from one zone to the next when only that will do', () => {
    const pages = allocatorOf(64)
    const count = 40 * MIB_PAGES
    expect(pages.contigmalloc(count, 8 * 1024 * 1024, 48 * 1024 * 1024 - 1, PAGE, 0)).toBe(8 * MIB_PAGES)
  })

  it('refuses what cannot be: beyond memory, or larger than the boundary', () => {
    const pages = allocatorOf(64)
    const before = pages.freePages
    expect(pages.contigmalloc(65 * MIB_PAGES, 0, MAX, PAGE, 0)).toBe(-1)
    expect(pages.contigmalloc(17, 0, MAX, PAGE, 65536)).toBe(-1)
    expect(pages.contigmalloc(1, 64 * 1024 * 1024, MAX, PAGE, 0)).toBe(-1)
    expect(pages.freePages).toBe(before)
  })
})

describe('wirings and holds', () => {
  it('keep a page until the last ends', () => {
    const holds = new PageHolds()
    const pages = allocatorOf(64, {}, holds)
    const pfn = pages.alloc()
    const free = pages.freePages
    pages.wire(pfn)
    expect(pages.wireCount(pfn)).toBe(2)
    expect(() => pages.free(pfn)).toThrow(SimulationFault)
    pages.unwire(pfn)
    holds.hold(pfn)
    holds.hold(pfn)
    pages.free(pfn)
    expect(pages.isPinned(pfn)).toBe(true)
    expect(pages.freePages).toBe(free)
    holds.unhold(pfn)
    expect(pages.freePages).toBe(free)
    holds.unhold(pfn)
    expect(pages.freePages).toBe(free + 1)
    expect(pages.isPinned(pfn)).toBe(false)
    expect(holds.total).toBe(0)
  })

  it('never go below zero', () => {
    const holds = new PageHolds()
    const pages = allocatorOf(64, {}, holds)
    const pfn = pages.alloc()
    expect(() => pages.unwire(pfn)).toThrow(SimulationFault)
    expect(() => pages.wire(pfn + 1)).toThrow(SimulationFault)
    expect(() => holds.unhold(pfn)).toThrow(SimulationFault)
    pages.free(pfn)
    expect(() => pages.free(pfn)).toThrow(SimulationFault)
    expect(() => pages.contigfree(pfn, 1)).toThrow(SimulationFault)
  })
})
