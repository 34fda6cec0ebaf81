import { describe, expect, it } from 'vitest'
import { B_CLUSTEROK, B_DELWRI, B_LOCKED } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { limitsForBuffers } from '../../../../src/sim/kernel/bufcache/sizing.ts'
import type { Vnode } from '../../../../src/sim/kernel/bufcache/vnode.ts'
import { EIO } from '../../../../src/sim/kernel/errno.ts'
import type { CacheOptions } from './cache-bench.ts'
import { CacheBench, KIB } from './cache-bench.ts'

const BLOCK = 16 * KIB

function make(options: Partial<CacheOptions> = {}): CacheBench {
  return new CacheBench({ pbufs: true, limits: limitsForBuffers(128, BLOCK), ...options })
}

/** Leaves a block dirty, filled with its number. */
function dirty(bench: CacheBench, vp: Vnode, block: number, size = vp.blockSize, ok = true): void {
  const buf = bench.get(vp, block, size)
  bench.fill(buf, 100 + block)
  if (ok) buf.b_flags |= B_CLUSTEROK
  bench.cache.bdwrite(buf)
}

function flush(bench: CacheBench): void {
  while (bench.cache.flushbufqueues()) bench.endAll()
}

describe.each(['mapped', 'direct'] as const)('delayed writes on the %s path', (path) => {
  it('go to the disk with their neighbours on both sides', () => {
    const bench = make({ path })
    const vp = bench.vnode(BLOCK)
    for (const block of [3, 2, 4, 1, 7]) dirty(bench, vp, block)
    flush(bench)
    expect(bench.log).toEqual([`write 32+${4 * BLOCK}`, `write 224+${BLOCK}`])
    for (const block of [1, 2, 3, 4, 7]) expect(bench.disk.get(block * 32 + 31)).toBe(100 + block)
    expect([bench.counters.clustersWritten, bench.counters.blocksClustered]).toEqual([1, 3])
    expect(bench.cache.dirty.numdirtybuffers).toBe(0)
    expect(bench.problems()).toEqual([])
  })

  it('take no more than the largest transfer with them', () => {
    const bench = make({ path })
    const vp = bench.vnode(BLOCK)
    for (let block = 0; block < 20; block++) dirty(bench, vp, block)
    flush(bench)
    expect(bench.log).toEqual([`write 0+${128 * KIB}`, `write 256+${128 * KIB}`, `write 512+${4 * BLOCK}`])
  })

  it('share pages that two blocks lie in', () => {
    const bench = make({ path })
    const vp = bench.vnode(2 * KIB)
    for (let block = 1; block < 6; block++) dirty(bench, vp, block)
    expect(bench.cache.flushbufqueues()).toBe(true)
    const [pbuf] = bench.started
    expect([pbuf!.b_xio.npages, pbuf!.b_xio.offset]).toEqual([3, 2048])
    bench.endAll()
    for (let block = 1; block < 6; block++) expect(bench.disk.get(block * 4 + 3)).toBe(100 + block)
    expect(bench.problems()).toEqual([])
  })

  it('stay dirty when the transfer fails, each of them', () => {
    const bench = make({ path })
    const vp = bench.vnode(BLOCK)
    for (const block of [0, 1, 2]) dirty(bench, vp, block)
    bench.cache.flushbufqueues()
    bench.end(EIO)
    const flags = [0, 1, 2].map((block) => bench.cache.incore(vp, block)!.b_flags & B_DELWRI)
    expect(flags).toEqual([B_DELWRI, B_DELWRI, B_DELWRI])
    flush(bench)
    expect(bench.log).toEqual([`write 0+${3 * BLOCK}`, `write 0+${3 * BLOCK}`])
    expect(bench.problems()).toEqual([])
  })

  it('are given up one by one when it always fails', () => {
    const bench = make({ path })
    const vp = bench.vnode(BLOCK)
    for (const block of [0, 1]) dirty(bench, vp, block)
    for (let i = 0; i < 3; i++) {
      bench.cache.flushbufqueues()
      bench.end(EIO)
    }
    expect(bench.lost).toEqual([0, 1])
    expect(bench.cache.dirty.numdirtybuffers).toBe(0)
    expect(bench.problems()).toEqual([])
  })
})

describe('a neighbour', () => {
  const alone = (change: (bench: CacheBench, vp: Vnode) => void): string[] => {
    const bench = make()
    const vp = bench.vnode(BLOCK)
    dirty(bench, vp, 0)
    change(bench, vp)
    bench.cache.flushbufqueues()
    bench.endAll()
    return bench.log
  }

  it.each<[string, (bench: CacheBench, vp: Vnode) => void]>([
    ['is clean', (bench, vp) => void bench.use(vp, 1, BLOCK)],
    ['does not allow it', (bench, vp) => dirty(bench, vp, 1, BLOCK, false)],
    ['is shorter', (bench, vp) => dirty(bench, vp, 1, 8 * KIB)],
    [
      'is elsewhere on the disk',
      (bench, vp) => {
        vp.bmap = (lblkno) => lblkno * 64
        dirty(bench, vp, 1)
      },
    ],
    [
      'belongs to somebody',
      (bench, vp) => {
        dirty(bench, vp, 1)
        bench.as(1).get(vp, 1, BLOCK)
      },
    ],
  ])('that %s stays behind', (_, change) => {
    expect(alone(change).at(-1)).toBe(`write 0+${BLOCK}`)
  })

  it('that is kept in memory stays behind', () => {
    const bench = make()
    const vp = bench.vnode(BLOCK)
    dirty(bench, vp, 0)
    dirty(bench, vp, 1)
    bench.cache.incore(vp, 1)!.b_flags |= B_LOCKED
    bench.cache.flushbufqueues()
    expect(bench.log).toEqual([`write 0+${BLOCK}`])
  })
})

describe('cluster_wbuild', () => {
  it('writes the rows of a range, and leaves out what is not dirty', () => {
    const bench = make()
    const vp = bench.vnode(BLOCK)
    for (const block of [0, 1, 3, 4, 5, 8]) dirty(bench, vp, block)
    expect(bench.cache.cluster_wbuild(vp, BLOCK, 0, 8)).toBe(5 * BLOCK)
    expect(bench.log).toEqual([`write 0+${2 * BLOCK}`, `write 96+${3 * BLOCK}`])
    expect(bench.cache.running.runningbufspace).toBe(5 * BLOCK)
    bench.endAll()
    expect(bench.problems()).toEqual([])
  })

  it('writes block by block when no pbuf is free', () => {
    const bench = make()
    const vp = bench.vnode(BLOCK)
    for (const block of [0, 1]) dirty(bench, vp, block)
    while (bench.cache.pbufs!.trypbuf(null) !== null) continue
    expect(bench.cache.cluster_wbuild(vp, BLOCK, 0, 2)).toBe(2 * BLOCK)
    expect(bench.log).toEqual([`write 0+${BLOCK}`, `write 32+${BLOCK}`])
  })
})
