import { describe, expect, it } from 'vitest'
import { B_CACHE, B_DELWRI, B_INVAL, B_LOCKED, B_VMIO } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { limitsForBuffers } from '../../../../src/sim/kernel/bufcache/sizing.ts'
import { OK } from '../../../../src/sim/kernel/errno.ts'
import { ASLEEP, CacheBench, KIB } from './cache-bench.ts'

describe('getblk', () => {
  it('finds a block by vnode and number, and says where it lies', () => {
    const bench = new CacheBench()
    const [file, disk] = [bench.vnode(8 * KIB), bench.vnode(512)]
    const one = bench.get(file, 3, 8 * KIB)
    const two = bench.get(disk, 3, 1024)
    expect(one).not.toBe(two)
    expect([one.b_offset, one.b_blkno, one.b_bcount, one.b_xio.npages]).toEqual([24 * KIB, 48, 8 * KIB, 2])
    // Bytes 1536 to 2559 of page 0.
    expect([two.b_offset, two.b_blkno, two.b_bcount, two.b_xio.npages]).toEqual([1536, 3, 1024, 1])
    expect([two.b_xio.offset, two.b_xio.bytes]).toEqual([1536, 1024])
    expect(bench.cache.incore(file, 3)).toBe(one)
    expect(bench.cache.incore(file, 4)).toBeNull()
  })

  it('counts offsets beyond 2^32 right', () => {
    const bench = new CacheBench()
    const disk = bench.vnode(512)
    const far = 2 ** 36 + 7
    bench.disk.set(far, 99)
    const buf = bench.read(disk, far, 512)
    expect([buf.b_offset, bench.words(buf)]).toEqual([far * 512, [99]])
  })

  it.each(['mapped', 'direct'] as const)('reserves room for the page offset on the %s path', (path) => {
    const bench = new CacheBench({ path })
    const disk = bench.vnode(512)
    const buf = bench.get(disk, 1, 16 * KIB)
    expect([buf.b_kvasize, buf.b_xio.npages]).toEqual([path === 'mapped' ? 32 * KIB : 0, 5])
    expect(bench.cache.space.bufspace).toBe(path === 'mapped' ? 32 * KIB : 16 * KIB)
  })

  it('sleeps on a buffer that another thread has; the release wakes all in the order they came', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(16 * KIB)
    const buf = bench.get(vp, 1, 16 * KIB)
    const other = bench.get(vp, 2, 16 * KIB)
    for (const thread of [5, 2, 7]) {
      expect(bench.as(thread).cache.getblk(vp, 1, 16 * KIB)).toBeNull()
      expect(bench.waitsFor()).toBe('getblk')
    }
    expect(bench.as(3).cache.getblk(vp, 2, 16 * KIB)).toBeNull()
    bench.cache.brelse(buf)
    expect(bench.woken).toEqual([5, 2, 7])
    bench.cache.brelse(other)
    expect(bench.woken).toEqual([5, 2, 7, 3])
    expect(bench.as(5).get(vp, 1, 16 * KIB)).toBe(buf)
  })

  it('gives two threads that sleep for a buffer and want the same block one buffer', () => {
    const bench = new CacheBench({ limits: limitsForBuffers(2, 16 * KIB) })
    const vp = bench.vnode(16 * KIB)
    const [one, two] = [bench.get(vp, 1, 16 * KIB), bench.get(vp, 2, 16 * KIB)]
    for (const thread of [4, 5]) expect(bench.as(thread).cache.getblk(vp, 9, 16 * KIB)).toBeNull()
    expect(bench.waitsFor()).toBe('newbuf')
    bench.cache.brelse(two)
    expect(bench.woken).toEqual([4, 5])
    const made = bench.as(4).get(vp, 9, 16 * KIB)
    bench.cache.brelse(one)
    expect(bench.as(5).cache.getblk(vp, 9, 16 * KIB)).toBeNull()
    expect(bench.waitsFor()).toBe('getblk')
    bench.cache.brelse(made)
    expect(bench.get(vp, 9, 16 * KIB)).toBe(made)
  })

  it('grows and shrinks a VMIO buffer in place as far as its address space goes', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(4 * KIB)
    for (let sector = 0; sector < 32; sector++) bench.disk.set(sector, 100 + sector)
    const small = bench.read(vp, 0, 4 * KIB)
    bench.fill(small, 7)
    bench.write(small)
    const grown = bench.get(vp, 0, 16 * KIB)
    expect(grown).toBe(small)
    expect([grown.b_flags & B_CACHE, grown.b_bcount, grown.b_xio.npages]).toEqual([0, 16 * KIB, 4])
    bench.cache.brelse(grown)
    expect(bench.words(bench.read(vp, 0, 16 * KIB))).toEqual([
      ...Array.from({ length: 8 }, () => 7),
      ...Array.from({ length: 24 }, (_, i) => 108 + i),
    ])
    bench.cache.brelse(small)
    const shrunk = bench.get(vp, 0, 6 * KIB)
    expect([shrunk, shrunk.b_flags & B_CACHE, shrunk.b_xio.npages]).toEqual([small, B_CACHE, 2])
    expect([bench.holds.total, bench.vm.residentPages, bench.counters.kvaBytes]).toEqual([2, 2, 8 * KIB])
    bench.cache.brelse(shrunk)
    expect(bench.problems()).toEqual([])
  })

  it('makes a clean VMIO buffer anew that must grow beyond its address space, and keeps no copy', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(4 * KIB)
    bench.use(vp, 0, 4 * KIB)
    const large = bench.get(vp, 0, 32 * KIB)
    expect([large.b_kvasize, large.b_xio.npages, large.b_flags & B_CACHE]).toEqual([32 * KIB, 8, 0])
    expect(bench.log).toEqual(['read 0+4096'])
    bench.cache.brelse(large)
    expect(bench.cache.bufs.filter((buf) => buf.b_vp === vp)).toEqual([large])
  })

  it('writes a dirty one first, asleep until it is written', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(4 * KIB)
    const buf = bench.read(vp, 0, 4 * KIB)
    bench.fill(buf, 5)
    bench.cache.bdwrite(buf)
    expect(bench.as(6).cache.getblk(vp, 0, 32 * KIB)).toBeNull()
    expect(bench.log).toEqual(['read 0+4096', 'write 0+4096'])
    bench.end()
    expect([bench.woken, bench.disk.get(7)]).toEqual([[6], 5])
    expect(bench.words(bench.read(vp, 0, 32 * KIB)).slice(0, 9)).toEqual([5, 5, 5, 5, 5, 5, 5, 5, 0])
    expect(bench.cache.dirty.numdirtybuffers).toBe(0)
  })

  it('writes any buffer without VMIO before it has another size', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(4 * KIB, false)
    bench.use(vp, 1, 4 * KIB)
    expect(bench.cache.getblk(vp, 1, 8 * KIB)).toBeNull()
    expect(bench.log.at(-1)).toBe('write 8+4096')
    bench.end()
    expect(bench.get(vp, 1, 8 * KIB).b_bcount).toBe(8 * KIB)
  })

  it('writes dirty data out before it hands over a buffer that is not valid as a whole', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(4 * KIB)
    const buf = bench.read(vp, 0, 4 * KIB)
    bench.fill(buf, 5)
    bench.cache.bdwrite(buf)
    expect(bench.cache.getblk(vp, 0, 16 * KIB)).toBeNull()
    expect(bench.log.at(-1)).toBe('write 0+16384')
    bench.end()
    const again = bench.get(vp, 0, 16 * KIB)
    expect(again.b_flags & (B_DELWRI | B_CACHE)).toBe(0)
  })

  it('takes a buffer without VMIO for valid when it is found, unless it is invalid', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(4 * KIB, false)
    const buf = bench.get(vp, 1, 4 * KIB)
    expect(buf.b_flags & (B_CACHE | B_VMIO)).toBe(0)
    bench.cache.brelse(buf)
    expect(bench.get(vp, 1, 4 * KIB).b_flags & B_CACHE).toBe(B_CACHE)
    buf.b_flags |= B_LOCKED
    bench.cache.brelse(buf)
    buf.b_flags |= B_INVAL
    expect(bench.get(vp, 1, 4 * KIB).b_flags & B_CACHE).toBe(0)
  })

  it('refuses a buffer of no bytes, or of more than 64 KiB', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(512)
    expect(() => bench.get(vp, 0, 65537)).toThrow('a buffer of 65537 bytes')
    expect(() => bench.get(vp, 0, 0)).toThrow('a buffer of 0 bytes')
  })
})

describe('bread and its kin', () => {
  it('bread reads once; biowait sleeps until the end, and wakes', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(16 * KIB)
    const buf = bench.as(3).cache.bread(vp, 2, 16 * KIB)!
    expect([bench.cache.biowait(buf), bench.waitsFor()]).toEqual([ASLEEP, 'biord'])
    bench.end()
    expect([bench.woken, bench.cache.biowait(buf)]).toEqual([[3], OK])
    bench.cache.bqrelse(buf)
    expect([bench.use(vp, 2, 16 * KIB), bench.log]).toEqual([true, ['read 64+16384']])
    expect(bench.counters).toMatchObject({ cacheHits: 1, cacheMisses: 1, vmCacheHits: 0 })
  })

  it('breadn reads ahead what is not in memory, and nobody waits for it', () => {
    const bench = new CacheBench({ limits: limitsForBuffers(4, 16 * KIB) })
    const vp = bench.vnode(4 * KIB)
    bench.use(vp, 2, 4 * KIB)
    const sizes = [4 * KIB, 4 * KIB, 4 * KIB, 4 * KIB]
    const buf = bench.cache.breadn(vp, 1, 4 * KIB, [2, 3, 4, 5], sizes, 4)!
    // Block 2 is there; for block 5 its buffer is taken.
    expect(bench.log.slice(1)).toEqual(['read 8+4096', 'read 24+4096', 'read 32+4096', 'read 40+4096'])
    bench.endAll()
    bench.cache.brelse(buf)
    expect([3, 4, 5].map((block) => bench.use(vp, block, 4 * KIB))).toEqual([true, true, true])
  })

  it('breadn leaves out what no buffer is free for', () => {
    const bench = new CacheBench({ limits: limitsForBuffers(2, 16 * KIB) })
    const vp = bench.vnode(4 * KIB)
    bench.cache.breadn(vp, 1, 4 * KIB, [2, 3], [4 * KIB, 4 * KIB], 2)
    expect(bench.log).toEqual(['read 8+4096', 'read 16+4096'])
    bench.endAll()
    expect(bench.woken).toEqual([])
  })
})
