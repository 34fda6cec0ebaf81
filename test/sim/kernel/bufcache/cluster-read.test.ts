import { describe, expect, it } from 'vitest'
import { B_CACHE, B_ERROR, B_RAM } from '../../../../src/sim/kernel/bufcache/buf.ts'
import type { Buf } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { limitsForBuffers } from '../../../../src/sim/kernel/bufcache/sizing.ts'
import { Vnode } from '../../../../src/sim/kernel/bufcache/vnode.ts'
import { EIO, OK } from '../../../../src/sim/kernel/errno.ts'
import type { CacheOptions } from './cache-bench.ts'
import { CacheBench, KIB } from './cache-bench.ts'

const BLOCK = 16 * KIB
const FILE = 64 * BLOCK

function make(options: Partial<CacheOptions> = {}): CacheBench {
  const bench = new CacheBench({ pbufs: true, limits: limitsForBuffers(128, BLOCK), keep: true, ...options })
  for (let sector = 0; sector < FILE / 512; sector++) bench.disk.set(sector, 1000 + sector)
  return bench
}

/** cluster_read and its end, without a release. */
function read(bench: CacheBench, vp: Vnode, block: number, blocks: number, seqcount: number): Buf {
  const buf = bench.cache.cluster_read(vp, FILE, block, vp.blockSize, blocks * vp.blockSize, seqcount)
  if (buf === null) throw new Error('asleep')
  bench.endAll()
  expect(bench.cache.biowait(buf)).toBe(OK)
  return buf
}

describe.each(['mapped', 'direct'] as const)('cluster_read on the %s path', (path) => {
  it('reads all that the caller wants in one transfer, and releases what nobody waits for', () => {
    const bench = make({ path })
    const vp = bench.vnode(BLOCK)
    const buf = read(bench, vp, 2, 4, 0)
    expect(bench.log).toEqual([`read 64+${4 * BLOCK}`])
    expect(bench.words(buf)).toEqual(Array.from({ length: 32 }, (_, i) => 1064 + i))
    expect(buf.locked).toBe(true)
    for (const block of [3, 4, 5]) {
      const other = bench.cache.incore(vp, block)!
      expect([other.locked, other.b_flags & B_CACHE]).toEqual([false, B_CACHE])
      expect(bench.words(bench.get(vp, block, BLOCK))[0]).toBe(1000 + block * 32)
      bench.cache.bqrelse(other)
    }
    bench.cache.bqrelse(buf)
    expect(bench.problems()).toEqual([])
  })

  it('takes no more than the largest transfer', () => {
    const bench = make({ path })
    bench.cache.bqrelse(read(bench, bench.vnode(BLOCK), 0, 40, 0))
    expect(bench.log).toEqual([`read 0+${128 * KIB}`])
  })

  it('takes no more than the vnode says', () => {
    const bench = make({ path })
    const vp = new Vnode(7, BLOCK, bench.vm.newObject(), 0, 64 * KIB)
    bench.cache.bqrelse(read(bench, vp, 0, 40, 0))
    expect(bench.log).toEqual([`read 0+${64 * KIB}`])
  })

  it('drops the page that two blocks share', () => {
    const bench = make({ path })
    const vp = bench.vnode(2 * KIB)
    const buf = bench.cache.cluster_read(vp, FILE, 1, 2 * KIB, 10 * KIB, 0)!
    const [pbuf] = bench.started
    expect([pbuf!.b_xio.npages, pbuf!.b_xio.offset, pbuf!.b_bcount]).toEqual([3, 2048, 10 * KIB])
    bench.endAll()
    for (let block = 1; block <= 5; block++) {
      const other = block === 1 ? buf : bench.get(vp, block, 2 * KIB)
      expect(bench.words(other)).toEqual(Array.from({ length: 4 }, (_, i) => 1000 + block * 4 + i))
      bench.cache.bqrelse(other)
    }
    expect(bench.problems()).toEqual([])
  })

  it('spares a page that is wholly valid, and newer than the disk', () => {
    const bench = make({ path })
    const vp = bench.vnode(BLOCK)
    // Only the block's second page is valid, and holds what the disk does not have.
    const small = bench.get(vp, 0, 8 * KIB)
    bench.fill(small, 5)
    bench.cache.bdwrite(small)
    const page = bench.vm.vm_page_lookup(vp.object!, 0)
    bench.vm.vm_page_set_invalid(page, 0, 4096)
    const there = bench.cache.incore(vp, 0)!
    bench.cache.bundirty(bench.get(vp, 0, 8 * KIB))
    there.b_flags &= ~B_CACHE
    bench.cache.bqrelse(there)
    const buf = read(bench, vp, 0, 2, 0)
    expect(bench.log).toEqual([`read 0+${2 * BLOCK}`])
    const words = bench.words(buf)
    expect([words[0], words[8], words[16]]).toEqual([1000, 5, 1016])
    bench.cache.bqrelse(buf)
    expect(bench.problems()).toEqual([])
  })

  it('ends the row at a block that somebody has, that holds data, or that is elsewhere on the disk', () => {
    const bench = make({ path })
    const vp = bench.vnode(BLOCK)
    const held = bench.as(1).get(vp, 3, BLOCK)
    bench.as(0).cache.bqrelse(read(bench, vp, 0, 8, 0))
    bench.cache.brelse(held)
    bench.use(vp, 12, BLOCK)
    bench.cache.bqrelse(read(bench, vp, 10, 8, 0))
    vp.bmap = (lblkno) => (lblkno < 22 ? lblkno : lblkno + 100) * 32
    bench.cache.bqrelse(read(bench, vp, 20, 8, 0))
    expect(bench.log).toEqual([
      `read 0+${3 * BLOCK}`,
      `read 384+${BLOCK}`,
      `read 320+${2 * BLOCK}`,
      `read 640+${2 * BLOCK}`,
    ])
    expect(bench.problems()).toEqual([])
  })

  it('reads nothing beyond the end of the file', () => {
    const bench = make({ path })
    bench.cache.bqrelse(read(bench, bench.vnode(BLOCK), 62, 8, 8))
    expect(bench.log).toEqual([`read 1984+${2 * BLOCK}`])
  })

  it('gives the error of the transfer to each block, and keeps none', () => {
    const bench = make({ path })
    const vp = bench.vnode(BLOCK)
    const buf = bench.cache.cluster_read(vp, FILE, 0, BLOCK, 3 * BLOCK, 0)!
    bench.end(EIO)
    expect([bench.cache.biowait(buf), buf.b_flags & B_ERROR]).toEqual([EIO, B_ERROR])
    bench.cache.brelse(buf)
    for (const block of [0, 1, 2]) expect(bench.use(vp, block, BLOCK)).toBe(false)
    expect(bench.problems()).toEqual([])
  })

  it('wakes who waits for the first block', () => {
    const bench = make({ path })
    const buf = bench.as(4).cache.cluster_read(bench.vnode(BLOCK), FILE, 0, BLOCK, 3 * BLOCK, 0)!
    expect(bench.cache.biowait(buf)).not.toBe(OK)
    bench.endAll()
    expect(bench.woken).toContain(4)
  })

  it('reads the block alone when no pbuf is free', () => {
    const bench = make({ path })
    // Clusters may have half of the pbufs.
    const pbufs = bench.cache.pbufs!
    const vp = bench.vnode(BLOCK)
    for (let i = 0; i < pbufs.headers.length / 2; i++)
      bench.cache.cluster_read(vp, FILE, i * 2, BLOCK, 2 * BLOCK, 0)
    expect(pbufs.available).toBe(pbufs.headers.length / 2)
    bench.cache.cluster_read(vp, FILE, 60, BLOCK, 2 * BLOCK, 0)
    expect(bench.log.at(-1)).toBe(`read 1920+${BLOCK}`)
  })

  it('maps the cluster as a whole, or not at all', () => {
    const bench = make({ path })
    const before = bench.counters.kvaBytes
    bench.cache.bqrelse(read(bench, bench.vnode(BLOCK), 0, 4, 0))
    expect(bench.counters.kvaBytes - before).toBe(path === 'mapped' ? 4 * BLOCK : 0)
    expect(bench.counters.kvaBytesMax - before).toBe(path === 'mapped' ? 8 * BLOCK : 0)
  })
})

describe('reading ahead', () => {
  it('does nothing for a caller that does not read in order', () => {
    const bench = make()
    bench.cache.bqrelse(read(bench, bench.vnode(BLOCK), 0, 1, 0))
    expect(bench.log).toEqual([`read 0+${BLOCK}`])
  })

  it('fetches as many blocks as the caller has read in order, and marks where to go on', () => {
    const bench = make()
    const vp = bench.vnode(BLOCK)
    bench.cache.bqrelse(read(bench, vp, 0, 1, 4))
    expect(bench.log).toEqual([`read 0+${BLOCK}`, `read 32+${4 * BLOCK}`])
    const marked = [0, 1, 2, 3, 4].filter((block) => (bench.cache.incore(vp, block)!.b_flags & B_RAM) !== 0)
    expect(marked).toEqual([0, 1, 4])
    expect([bench.counters.clustersRead, bench.counters.blocksClustered, bench.counters.readAheads]).toEqual([
      1, 3, 1,
    ])
  })

  it('goes on when a marked block is read, and not before', () => {
    const bench = make()
    const vp = bench.vnode(BLOCK)
    bench.cache.bqrelse(read(bench, vp, 0, 1, 4))
    bench.cache.bqrelse(read(bench, vp, 2, 1, 4))
    expect(bench.log).toHaveLength(2)
    bench.cache.bqrelse(read(bench, vp, 4, 1, 4))
    expect(bench.log.slice(2)).toEqual([`read 160+${4 * BLOCK}`])
    expect(bench.cache.incore(vp, 4)!.b_flags & B_RAM).toBe(0)
  })

  it('keeps a reader in order from ever waiting for more than the first block', () => {
    const bench = make()
    const vp = bench.vnode(BLOCK)
    let missed = 0
    for (let block = 0; block < 64; block++) {
      const { cacheMisses } = bench.counters
      const there = bench.cache.incore(vp, block) !== null
      bench.cache.bqrelse(read(bench, vp, block, 1, 8))
      if (!there) missed++
      expect(bench.counters.cacheMisses).toBeGreaterThanOrEqual(cacheMisses)
    }
    expect(missed).toBe(1)
    expect(bench.log.length).toBeLessThan(16)
    expect(bench.problems()).toEqual([])
  })

  it('reaches no further than an eighth of the buffers', () => {
    const bench = make({ limits: limitsForBuffers(16, BLOCK) })
    const vp = bench.vnode(BLOCK)
    bench.cache.bqrelse(read(bench, vp, 0, 1, 1))
    const marked = bench.cache.incore(vp, 0)!
    marked.b_flags |= B_RAM
    bench.use(vp, 1, BLOCK)
    const before = bench.log.length
    bench.cache.bqrelse(read(bench, vp, 0, 1, 32))
    expect(bench.log).toHaveLength(before)
  })

  it('does not sleep for a buffer', () => {
    const bench = make({ limits: limitsForBuffers(4, BLOCK) })
    const vp = bench.vnode(BLOCK)
    const held = [40, 41, 42].map((block) => bench.get(vp, block, BLOCK))
    const buf = read(bench, vp, 0, 4, 8)
    expect(bench.log).toEqual([`read 0+${BLOCK}`])
    for (const other of [buf, ...held]) bench.cache.brelse(other)
    expect(bench.problems()).toEqual([])
  })
})
