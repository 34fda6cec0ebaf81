import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { B_CACHE, B_DELWRI, B_RELBUF } from '../../../../src/sim/kernel/bufcache/buf.ts'
import type { Buf } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { limitsForBuffers } from '../../../../src/sim/kernel/bufcache/sizing.ts'
import type { Vnode } from '../../../../src/sim/kernel/bufcache/vnode.ts'
import { EIO, OK } from '../../../../src/sim/kernel/errno.ts'
import { CacheBench, KIB } from './cache-bench.ts'

const ACTS = ['read', 'overwrite', 'update', 'delay', 'async', 'failing', 'give pages back', 'flush'] as const

const step = fc.record({
  act: fc.constantFrom(...ACTS),
  block: fc.nat(9),
  /** KiB; a block of a vnode has 16, so that sizes change and pages are shared by nobody else. */
  kib: fc.constantFrom(1, 2, 4, 6, 8, 16),
  shared: fc.boolean(),
  value: fc.integer({ min: 1, max: 1e6 }),
})

/** A buffer with room for `bytes`, whatever has to be written first. */
function obtain(bench: CacheBench, vp: Vnode, block: number, bytes: number, content: boolean): Buf {
  for (let tries = 0; tries < 5; tries++) {
    const buf = content ? bench.cache.bread(vp, block, bytes) : bench.cache.getblk(vp, block, bytes)
    bench.endAll()
    if (buf !== null) return buf
  }
  throw new Error(`asleep for ${bench.waitsFor()}`)
}

describe.each([
  ['mapped', false],
  ['mapped', true],
  ['direct', false],
  ['direct', true],
] as const)('random operations on the %s path, page cache %s', (path, keep) => {
  it('never lose or invent a byte', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 150 }), (steps) => {
        const limits = limitsForBuffers(6, 16 * KIB)
        const bench = new CacheBench({ path, keep, limits, maxPages: 40 })
        const shared = bench.vnode(16 * KIB)
        const apart = bench.vnode(16 * KIB, false)
        // Each vnode has its own half of the disk.
        const start = (vp: Vnode, block: number): number => (vp === shared ? 0 : 10_000) + block * 32
        apart.bmap = (lblkno) => 10_000 + lblkno * 32
        const truth = new Map<number, number>()
        const expected = (vp: Vnode, block: number, count: number): number[] =>
          Array.from({ length: count }, (_, i) => truth.get(start(vp, block) + i) ?? 0)
        for (const { act, block, kib, shared: isShared, value } of steps) {
          const vp = isShared ? shared : apart
          const { cache } = bench
          // Only who throws data away, or makes more of it, asks for dirty data in another size.
          const there = cache.incore(vp, block)
          const isDirty = there !== null && (there.b_flags & B_DELWRI) !== 0
          const bytes = isDirty ? there.b_bcount : kib * KIB
          if (act === 'flush') {
            while (cache.flushbufqueues()) bench.endAll()
            continue
          }
          const buf = obtain(bench, vp, block, bytes, act !== 'overwrite')
          if (act !== 'overwrite') {
            expect(cache.biowait(buf)).toBe(OK)
            expect(bench.words(buf)).toEqual(expected(vp, block, bytes / 512))
          }
          if (act === 'read' || act === 'give pages back') {
            if (act === 'give pages back' && isShared) buf.b_flags |= B_RELBUF
            cache.brelse(buf)
          } else {
            bench.fill(buf, value)
            for (let i = 0; i < bytes / 512; i++) truth.set(start(vp, block) + i, value)
            if (act === 'delay') cache.bdwrite(buf)
            else if (act === 'async') cache.bawrite(buf)
            else cache.bwrite(buf)
            if (act === 'async') bench.endAll()
            if (act === 'update' || act === 'overwrite') bench.end()
            if (act === 'failing') bench.end(EIO)
            if (act === 'update' || act === 'overwrite' || act === 'failing') cache.bwriteWait(buf)
            expect(buf.locked).toBe(false)
            expect(buf.b_flags & B_CACHE).toBe(B_CACHE)
          }
          expect(bench.problems()).toEqual([])
          if (cache.dirty.numdirtybuffers >= 4) {
            while (cache.flushbufqueues()) bench.endAll()
          }
        }
        while (bench.cache.flushbufqueues()) bench.endAll()
        expect(bench.cache.dirty.numdirtybuffers).toBe(0)
        for (const [sector, value] of truth) expect(bench.disk.get(sector)).toBe(value)
      }),
      { numRuns: 60 },
    )
  })
})
