import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EIO, ENOSPC, EWOULDBLOCK, OK } from '../../../../src/sim/kernel/errno.ts'
import { PbufBudget } from '../../../../src/sim/kernel/bufcache/pbufs.ts'
import { WOULD_BLOCK } from '../../../../src/sim/kernel/sleep-channel.ts'
import { SwapObject, SwapPager } from '../../../../src/sim/kernel/vm/swap-pager.ts'
import { CacheBench } from '../bufcache/cache-bench.ts'

const FIRST_SECTOR = 800
const PATHS = ['mapped', 'direct'] as const

/** Each page holds one word in each sector, which the bench's disk keeps. */
class SwapBench extends CacheBench {
  readonly pager: SwapPager
  readonly object = new SwapObject(64)

  constructor(path: 'mapped' | 'direct', swapPages = 64, writers = 4) {
    super({ path, pbufs: true })
    const { threads, pages, xios, cache } = this
    const start = (pbuf: Parameters<typeof cache.startPbuf>[0]): void => cache.startPbuf(pbuf)
    this.pager = new SwapPager(
      { threads, pages, xios, path: this.path, pbufs: cache.pbufs!, start },
      { firstSector: FIRST_SECTOR, pages: swapPages },
      new PbufBudget(writers, threads),
      new PbufBudget(2, threads),
    )
  }

  /** Writes to a page, which is in memory. */
  store(index: number, value: number): void {
    const pfn = this.pager.fault(this.object, index, true)
    for (let at = 0; at < 4096; at += 512) this.machine.memory.write32(pfn * 4096 + at, value + at)
  }

  /** The page's words, read in if need be; what they are when all is well. */
  page(index: number): { words: number[]; due: (value: number) => number[] } {
    let pfn = this.pager.fault(this.object, index, false)
    if (pfn === WOULD_BLOCK) {
      this.endAll()
      pfn = this.pager.fault(this.object, index, false)
    }
    const offsets = Array.from({ length: 8 }, (_, i) => i * 512)
    return {
      words: offsets.map((at) => this.machine.memory.read32(pfn * 4096 + at)),
      due: (value) => offsets.map((at) => value + at),
    }
  }

  /** Writes pages out and frees their memory. */
  swapOut(first: number, count: number): void {
    expect(this.pager.swap_pager_putpages(this.object, first, count)).toBe(OK)
    this.endAll()
    for (let i = first; i < first + count; i++) expect(this.pager.reclaim(this.object, i)).toBe(true)
  }
}

describe.each(PATHS)('swapping on the path %s', (path) => {
  it('writes pages in runs, frees them, and reads them back in runs', () => {
    const bench = new SwapBench(path)
    const free = bench.pages.freePages
    for (let i = 0; i < 20; i++) bench.store(i, i * 10_000)
    bench.swapOut(0, 20)
    expect(bench.log).toEqual([`write ${FIRST_SECTOR}+65536`, `write ${FIRST_SECTOR + 128}+16384`])
    expect(bench.pages.freePages).toBe(free)
    const { words, due } = bench.page(5)
    expect(words).toEqual(due(50_000))
    expect(bench.log[2]).toBe(`read ${FIRST_SECTOR + 32}+65536`)
    // Pages 4 to 19 came with one read.
    for (let i = 6; i < 20; i++) {
      const page = bench.page(i)
      expect(page.words).toEqual(page.due(i * 10_000))
    }
    expect(bench.pager.stats).toEqual({ writes: 2, pagesWritten: 20, reads: 1, pagesRead: 16 })
    expect(bench.problems()).toEqual([])
    expect(bench.counters.kvaMaps).toBe(path === 'mapped' ? 3 : 0)
    bench.pager.destroy(bench.object)
    expect(bench.pages.freePages).toBe(free)
    expect(bench.pager.freeSwap).toBe(64)
  })

  it('keeps a page dirty whose write failed, and gives its swap back', () => {
    const bench = new SwapBench(path)
    bench.store(0, 7)
    bench.pager.swap_pager_putpages(bench.object, 0, 1)
    bench.end(EIO)
    expect(bench.pager.reclaim(bench.object, 0)).toBe(false)
    expect(bench.pager.freeSwap).toBe(64)
    expect(bench.page(0).words[0]).toBe(7)
    bench.swapOut(0, 1)
    expect(bench.page(0).words[0]).toBe(7)
  })

  it('tells whoever waits for a page that it cannot be read, and tries again when asked again', () => {
    const bench = new SwapBench(path)
    bench.store(3, 9)
    bench.swapOut(3, 1)
    const free = bench.pages.freePages
    expect(bench.pager.fault(bench.object, 3, false)).toBe(WOULD_BLOCK)
    bench.end(EIO)
    expect(bench.pager.fault(bench.object, 3, false)).toBe(-EIO)
    expect(bench.pages.freePages).toBe(free)
    expect(bench.page(3).words[0]).toBe(9)
    expect(bench.problems()).toEqual([])
  })

  it('sleeps for a page that is being written, and for a pbuf when too many write', () => {
    const bench = new SwapBench(path, 64, 1)
    for (let i = 0; i < 32; i++) bench.store(i, i)
    expect(bench.as(1).pager.swap_pager_putpages(bench.object, 0, 32)).toBe(EWOULDBLOCK)
    expect(bench.as(2).pager.fault(bench.object, 4, true)).toBe(WOULD_BLOCK)
    bench.end()
    expect(new Set(bench.woken)).toEqual(new Set([1, 2]))
    expect(bench.as(1).pager.swap_pager_putpages(bench.object, 0, 32)).toBe(OK)
    bench.endAll()
    expect(bench.pager.stats).toMatchObject({ writes: 2, pagesWritten: 32 })
  })
})

it('uses what is left of swap in shorter runs, and says when it is full', () => {
  const bench = new SwapBench('direct', 10)
  for (let i = 0; i < 12; i++) bench.store(i, i)
  expect(bench.pager.swap_pager_putpages(bench.object, 0, 12)).toBe(ENOSPC)
  bench.endAll()
  expect(bench.pager.stats.pagesWritten).toBe(10)
  expect(bench.pager.freeSwap).toBe(0)
  // A page that is written to again needs its place no more.
  bench.store(2, 5)
  expect(bench.pager.freeSwap).toBe(1)
  expect(bench.problems()).toEqual([])
})

it('gives every page back as it was, whatever was written, swapped out and read in which order', () => {
  const step = fc.record({
    kind: fc.constantFrom('set', 'out', 'get'),
    page: fc.integer({ min: 0, max: 63 }),
    count: fc.integer({ min: 1, max: 24 }),
  })
  fc.assert(
    fc.property(fc.constantFrom(...PATHS), fc.array(step, { maxLength: 40 }), (path, steps) => {
      const bench = new SwapBench(path)
      const values = new Map<number, number>()
      steps.forEach(({ kind, page, count }, step) => {
        for (let i = page; i < Math.min(64, page + count); i++) {
          if (kind === 'set') {
            if (values.has(i)) bench.page(i)
            bench.store(i, step * 100_000 + i)
            values.set(i, step * 100_000 + i)
          } else if (kind === 'out') {
            if (bench.object.frames[i]! < 0) continue
            expect(bench.pager.swap_pager_putpages(bench.object, i, 1)).toBe(OK)
            bench.endAll()
            expect(bench.pager.reclaim(bench.object, i)).toBe(true)
          } else if (values.has(i)) {
            const { words, due } = bench.page(i)
            expect(words).toEqual(due(values.get(i)!))
          }
        }
      })
      expect(bench.problems()).toEqual([])
    }),
    { numRuns: 40 },
  )
})
