import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { B_CLUSTEROK } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { limitsForBuffers } from '../../../../src/sim/kernel/bufcache/sizing.ts'
import type { Vnode } from '../../../../src/sim/kernel/bufcache/vnode.ts'
import { EIO, OK } from '../../../../src/sim/kernel/errno.ts'
import { CacheBench, KIB } from './cache-bench.ts'

const BLOCKS = 24

const step = fc.record({
  act: fc.constantFrom('read', 'read', 'write', 'write', 'flush', 'fail a flush' as const),
  block: fc.nat(BLOCKS - 1),
  blocks: fc.integer({ min: 1, max: 12 }),
  seqcount: fc.nat(12),
  value: fc.integer({ min: 1, max: 1e6 }),
})

const plan = fc.record({
  steps: fc.array(step, { minLength: 20, maxLength: 80 }),
  kib: fc.constantFrom(1, 2, 4, 6, 8, 16),
  /** After how many blocks the file goes on elsewhere on the disk. */
  piece: fc.constantFrom(3, 7, BLOCKS),
  keep: fc.boolean(),
})

type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never

interface Kind {
  readonly path: 'mapped' | 'direct'
  readonly clustered: boolean
}

/** What a run read, and what it left on the disk. */
function outcome({ steps, kib, piece, keep }: Plan, { path, clustered }: Kind): unknown {
  const size = kib * KIB
  const bench = new CacheBench({ path, keep, pbufs: true, limits: limitsForBuffers(16, 16 * KIB) })
  const vp: Vnode = bench.vnode(size)
  vp.bmap = (lblkno) => (lblkno + Math.floor(lblkno / piece) * 5) * (size / 512)
  vp.runAfter = (lblkno) => piece - 1 - (lblkno % piece)
  for (let sector = 0; sector < 5000; sector++) bench.disk.set(sector, 7e6 + sector)
  const seen: number[] = []
  const settle = (): void => {
    bench.endAll()
    expect(bench.problems()).toEqual([])
  }
  const flush = (): void => {
    while (bench.cache.flushbufqueues()) bench.endAll()
  }
  for (const { act, block, blocks, seqcount, value } of steps) {
    const { cache } = bench
    if (act === 'flush') flush()
    if (act === 'fail a flush' && cache.flushbufqueues()) {
      while (bench.started.length > 0) bench.end(EIO)
      flush()
    }
    if (act === 'read') {
      const buf = clustered
        ? cache.cluster_read(vp, BLOCKS * size, block, size, blocks * size, seqcount)
        : cache.bread(vp, block, size)
      bench.endAll()
      expect(cache.biowait(buf!)).toBe(OK)
      seen.push(...bench.words(buf!))
      cache.bqrelse(buf!)
    }
    if (act === 'write') {
      const buf = bench.get(vp, block, size)
      bench.fill(buf, value)
      if (clustered) buf.b_flags |= B_CLUSTEROK
      cache.bdwrite(buf)
      if (cache.dirty.numdirtybuffers > 8) flush()
    }
    settle()
  }
  flush()
  settle()
  return { seen, disk: [...bench.disk].toSorted(([a], [b]) => a - b) }
}

describe('clusters', () => {
  it('change neither what is read nor what is on the disk in the end', () => {
    fc.assert(
      fc.property(plan, (chosen) => {
        const alone = outcome(chosen, { path: 'direct', clustered: false })
        expect(outcome(chosen, { path: 'direct', clustered: true })).toEqual(alone)
        expect(outcome(chosen, { path: 'mapped', clustered: true })).toEqual(alone)
      }),
      { numRuns: 40 },
    )
  })
})
