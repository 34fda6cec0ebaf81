import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { B_INVAL } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { QUEUE_EMPTYKVA } from '../../../../src/sim/kernel/bufcache/buf-queues.ts'
import type { BufferCacheLimits } from '../../../../src/sim/kernel/bufcache/limits.ts'
import { limitsForBuffers, limitsForRam } from '../../../../src/sim/kernel/bufcache/sizing.ts'
import { CacheBench, KIB } from './cache-bench.ts'

/** Which requests an exact LRU of `size` blocks serves. */
function lruHits(trace: readonly number[], size: number): boolean[] {
  const blocks = new Set<number>()
  return trace.map((block) => {
    const hit = blocks.delete(block)
    if (!hit && blocks.size === size) blocks.delete(blocks.values().next().value!)
    blocks.add(block)
    return hit
  })
}

/** bufinit's rules for so few buffers that a test fills them. */
const SMALL: BufferCacheLimits = {
  ...limitsForRam(4 * 1024 * KIB),
  nbuf: 64,
  maxbufspace: 64 * 16 * KIB,
  hibufspace: 56 * 16 * KIB,
  lobufspace: 52 * 16 * KIB,
}

describe('a cache of blocks of one size', () => {
  it.each([
    ['mapped', 4],
    ['mapped', 16],
    ['mapped', 64],
    ['direct', 4],
    ['direct', 64],
  ] as const)('hits and misses as an exact LRU does: %s path, %d KiB', (path, blockKib) => {
    const size = blockKib * KIB
    const each = path === 'mapped' ? Math.max(16 * KIB, size) : size
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.nat(20), { maxLength: 300 }),
        (buffers, trace) => {
          const limits = limitsForBuffers(buffers, each)
          const bench = new CacheBench({ path, limits, mapPages: (buffers + 1) * 16 })
          const vp = bench.vnode(size)
          expect(trace.map((block) => bench.use(vp, block, size))).toEqual(lruHits(trace, buffers))
          expect(bench.problems()).toEqual([])
          expect(bench.counters).toMatchObject({ bufdefragcnt: 0, vmCacheHits: 0 })
        },
      ),
      { numRuns: 30 },
    )
  })
})

describe('blocks of mixed sizes', () => {
  const step = fc.record({ block: fc.nat(40), kib: fc.constantFrom(8, 16, 64) })
  const traces = fc.sample(fc.array(step, { minLength: 600, maxLength: 600 }), { seed: 7, numRuns: 3 })

  it.each(['mapped', 'direct'] as const)('on the %s path keep the limits of space', (path) => {
    for (const trace of traces) {
      const bench = new CacheBench({ path, limits: SMALL, mapPages: 64 * 4 })
      const files = { 8: bench.vnode(8 * KIB), 16: bench.vnode(16 * KIB), 64: bench.vnode(64 * KIB) }
      for (const { block, kib } of trace) {
        bench.use(files[kib], block, kib * KIB)
        expect(bench.cache.space.bufspace).toBeLessThan(SMALL.hibufspace + 64 * KIB)
      }
      expect(bench.problems()).toEqual([])
      const { bufdefragcnt, bufreusecnt, buffreekvacnt } = bench.counters
      if (path === 'mapped') {
        expect(bufdefragcnt).toBeGreaterThan(0)
        expect(bufdefragcnt).toBe(bench.bufferMap.stats.failures)
        expect(buffreekvacnt).toBeGreaterThan(bufdefragcnt)
        const reserved = bench.cache.bufs.filter((buf) => buf.b_kvasize > 0).length
        expect(bufreusecnt - buffreekvacnt).toBe(reserved)
      } else {
        expect([bufdefragcnt, bufreusecnt, buffreekvacnt, bench.bufferMap.stats.searches]).toEqual([
          0, 0, 0, 0,
        ])
      }
    }
  })
})

describe('getnewbuf', () => {
  it('takes one buffer after another apart until a hole is large enough', () => {
    const limits = { ...limitsForBuffers(8, 16 * KIB), hibufspace: 1024 * KIB, lobufspace: 64 * KIB }
    const bench = new CacheBench({ limits, mapPages: 16 })
    const vp = bench.vnode(16 * KIB)
    for (const block of [0, 1, 2, 3]) bench.use(vp, block, 16 * KIB)
    expect(bench.bufferMap.freePages).toBe(0)
    const large = bench.get(vp, 9, 64 * KIB)
    // The map is four buffers large: each of the four had to give its range up before there was a hole.
    expect([large.b_kvasize, bench.counters.bufdefragcnt]).toEqual([64 * KIB, 3])
    expect(bench.counters.buffreekvacnt).toBe(4)
  })

  it('prefers a buffer with address space and no data, and enters the same addresses again', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(16 * KIB)
    const buf = bench.get(vp, 1, 16 * KIB)
    const kva = buf.b_kvabase
    buf.b_flags |= B_INVAL
    bench.cache.brelse(buf)
    expect([buf.b_qindex, bench.counters.kvaBytes]).toEqual([QUEUE_EMPTYKVA, 0])
    const next = bench.get(vp, 2, 12 * KIB)
    expect([next, next.b_kvabase, bench.counters.bufreusecnt]).toEqual([buf, kva, 1])
  })

  it('sleeps for space when all of it is locked, and for address space when none can be freed', () => {
    const limits = { ...limitsForBuffers(8, 16 * KIB), lobufspace: 0, hibufspace: 32 * KIB }
    const bench = new CacheBench({ limits })
    const vp = bench.vnode(16 * KIB)
    const [one, two] = [bench.get(vp, 1, 16 * KIB), bench.as(1)]
    expect([two.cache.getblk(vp, 2, 16 * KIB), bench.waitsFor()]).toEqual([null, 'newbuf'])
    bench.cache.brelse(one)
    expect(bench.woken).toEqual([1])
    const full = new CacheBench({ limits: limitsForBuffers(8, 16 * KIB), mapPages: 4 })
    const locked = full.get(full.vnode(16 * KIB), 1, 16 * KIB)
    expect([full.as(2).cache.getblk(vp, 2, 16 * KIB), full.waitsFor()]).toEqual([null, 'nbufkv'])
    full.cache.brelse(locked)
    expect(full.woken).toEqual([2])
  })

  it('gives up space above the limit until it is below the lower one', () => {
    const limits = { ...limitsForBuffers(12, 16 * KIB), hibufspace: 8 * 16 * KIB, lobufspace: 4 * 16 * KIB }
    const bench = new CacheBench({ limits, mapPages: 12 * 4 })
    const vp = bench.vnode(16 * KIB)
    const large = bench.vnode(64 * KIB)
    for (const block of [0, 1, 2, 3]) bench.use(vp, block, 16 * KIB)
    bench.use(large, 0, 64 * KIB)
    bench.use(large, 1, 64 * KIB)
    expect(bench.cache.space.bufspace).toBeGreaterThanOrEqual(limits.hibufspace)
    bench.use(vp, 9, 16 * KIB)
    expect(bench.cache.space.bufspace).toBeLessThanOrEqual(limits.lobufspace + 16 * KIB)
  })
})
