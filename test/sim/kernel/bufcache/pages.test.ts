import { describe, expect, it } from 'vitest'
import { B_CACHE, B_MALLOC, B_NOCACHE, B_RELBUF } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { limitsForBuffers } from '../../../../src/sim/kernel/bufcache/sizing.ts'
import { CacheBench, KIB } from './cache-bench.ts'

const repeat = (count: number, value: number): number[] => Array.from({ length: count }, () => value)

describe.each(['mapped', 'direct'] as const)('on the %s path, a read', (path) => {
  it('into a buffer that is valid in part leaves alone what is newer than the disk', () => {
    const bench = new CacheBench({ path })
    const [disk, file] = [bench.vnode(512), bench.vnode(512)]
    for (let sector = 0; sector < 32; sector++) bench.disk.set(sector, 1)
    // Page 1 is dirty in a buffer of its own, which shares it with the large one.
    const page = bench.read(disk, 8, 4 * KIB)
    bench.fill(page, 9)
    bench.cache.bdwrite(page)
    const large = bench.cache.bread(disk, 0, 16 * KIB)!
    const shared = page.b_xio.pages[0]!
    expect(large.b_xio.pages.subarray(0, 4)).not.toContain(shared)
    // The disk has changed meanwhile, so that it shows what was read.
    for (let sector = 0; sector < 32; sector++) bench.disk.set(sector, 2)
    bench.end()
    expect(large.b_xio.pages[1]).toBe(shared)
    expect(bench.words(large)).toEqual([...repeat(8, 2), ...repeat(8, 9), ...repeat(16, 2)])
    bench.cache.brelse(large)
    expect(bench.words(bench.read(disk, 8, 4 * KIB))).toEqual(repeat(8, 9))
    expect(bench.read(file, 8, 4 * KIB).b_xio.pages[0]).not.toBe(shared)
    expect(bench.problems()).toEqual([])
  })

  it('of sectors makes no more of a page valid than was read', () => {
    const bench = new CacheBench({ path, keep: true })
    const disk = bench.vnode(512)
    bench.use(disk, 1, 1024)
    expect(bench.cache.inmem(disk, 1)).toBe(true)
    expect(bench.cache.inmem(disk, 2)).toBe(true)
    expect([0, 3].map((sector) => bench.cache.inmem(disk, sector))).toEqual([false, false])
    expect(bench.use(disk, 2, 512)).toBe(true)
    expect(bench.use(disk, 0, 4 * KIB)).toBe(false)
  })
})

describe('pages that no buffer has', () => {
  const limits = limitsForBuffers(2, 16 * KIB)

  it('are found again with a page cache: no read, and one more hit of the VM', () => {
    const bench = new CacheBench({ limits, keep: true })
    const vp = bench.vnode(16 * KIB)
    bench.disk.set(32, 5)
    expect([1, 2, 3].map((block) => bench.use(vp, block, 16 * KIB))).toEqual([false, false, false])
    expect([bench.vm.residentPages, bench.vm.inactivePages, bench.holds.total]).toEqual([12, 4, 8])
    const buf = bench.get(vp, 1, 16 * KIB)
    expect([buf.b_flags & B_CACHE, bench.words(buf)[0]]).toEqual([B_CACHE, 5])
    expect(bench.counters).toMatchObject({ cacheHits: 0, cacheMisses: 4, vmCacheHits: 1 })
    expect(bench.log.length).toBe(3)
  })

  it('are free without one', () => {
    const bench = new CacheBench({ limits })
    const vp = bench.vnode(16 * KIB)
    const free = bench.pages.freePages
    for (const block of [1, 2, 3, 1]) expect(bench.use(vp, block, 16 * KIB)).toBe(false)
    expect([bench.vm.residentPages, bench.vm.inactivePages, free - bench.pages.freePages]).toEqual([8, 0, 8])
    expect(bench.counters.vmCacheHits).toBe(0)
  })

  it('go to who needs memory, those unused longest first', () => {
    const bench = new CacheBench({ limits, keep: true, maxPages: 16 })
    const vp = bench.vnode(16 * KIB)
    for (const block of [1, 2, 3, 4]) bench.use(vp, block, 16 * KIB)
    expect(bench.use(vp, 1, 16 * KIB)).toBe(true)
    // Of blocks 2, 3, 4 and 1, the oldest pages without a buffer are those of 2.
    expect(bench.use(vp, 5, 16 * KIB)).toBe(false)
    expect([bench.vm.reclaimed, bench.vm.residentPages]).toEqual([4, 16])
    expect([3, 2].map((block) => bench.use(vp, block, 16 * KIB))).toEqual([true, false])
  })

  it('go when memory itself is full, and what buffers have stays', () => {
    const bench = new CacheBench({ limits, keep: true, memoryPages: 256 })
    const vp = bench.vnode(16 * KIB)
    for (let block = 0; block < 200; block++) bench.use(vp, block, 16 * KIB)
    expect(bench.vm.reclaimed).toBeGreaterThan(400)
    expect([199, 198].map((block) => bench.use(vp, block, 16 * KIB))).toEqual([true, true])
    expect(bench.problems()).toEqual([])
  })

  it('are not found when the buffer was not to be kept, and are when only its pages were given back', () => {
    const bench = new CacheBench({ keep: true })
    const vp = bench.vnode(16 * KIB)
    const found = [B_NOCACHE, B_RELBUF].map((flag) => {
      const buf = bench.read(vp, 1, 16 * KIB)
      buf.b_flags |= flag
      bench.cache.brelse(buf)
      return bench.use(vp, 1, 16 * KIB)
    })
    expect([found, bench.counters.vmCacheHits]).toEqual([[false, true], 1])
  })
})

describe.each(['mapped', 'direct'] as const)('memory of its own, on the %s path', (path) => {
  it('comes from malloc up to half a page and the limit, and in pages beyond', () => {
    const bench = new CacheBench({
      path,
      limits: { ...limitsForBuffers(8, 16 * KIB), maxbufmallocspace: 2048 },
    })
    const vp = bench.vnode(512, false)
    const [small, half, more] = [bench.get(vp, 0, 512), bench.get(vp, 8, 2048), bench.get(vp, 16, 512)]
    const isMalloc = [small, half, more].map((buf) => (buf.b_flags & B_MALLOC) !== 0)
    expect(isMalloc).toEqual([true, true, false])
    expect([small, half, more].map((buf) => buf.b_bufsize)).toEqual([512, 2048, 4096])
    expect(bench.cache.space.bufmallocspace).toBe(2560)
    expect(bench.counters.kvaMaps).toBe(path === 'mapped' ? 1 : 0)
    ;[small, half, more].forEach((buf, i) => bench.fill(buf, i + 1))
    expect([small, half, more].map((buf) => bench.words(buf)[0])).toEqual([1, 2, 3])
    for (const buf of [small, half, more]) bench.write(buf)
    expect([0, 8, 11, 16].map((sector) => bench.disk.get(sector))).toEqual([1, 2, 2, 3])
    const again = bench.get(vp, 8, 2048)
    again.b_flags |= B_NOCACHE
    bench.cache.brelse(again)
    expect([bench.cache.space.bufmallocspace, again.b_flags & B_MALLOC]).toEqual([512, 0])
    expect(bench.problems()).toEqual([])
  })

  it('is entered page by page, which tells every processor each time', () => {
    const bench = new CacheBench({ path })
    const vp = bench.vnode(16 * KIB, false)
    const buf = bench.get(vp, 1, 16 * KIB)
    const shootdowns = path === 'mapped' ? 4 : 0
    expect([bench.counters.kvaMaps, bench.machine.counters.shootdowns]).toEqual([shootdowns, shootdowns])
    bench.fill(buf, 4)
    buf.b_flags |= B_NOCACHE
    bench.cache.brelse(buf)
    expect([bench.holds.total, bench.counters.kvaBytes]).toEqual([0, 0])
  })
})

it('a delayed write of memory of its own says nothing about the pages that the buffer had before', () => {
  const bench = new CacheBench({ limits: limitsForBuffers(1, 16 * KIB), keep: true })
  const [disk, apart] = [bench.vnode(512), bench.vnode(512, false)]
  bench.use(disk, 0, 512)
  bench.cache.bdwrite(bench.read(apart, 64, 4 * KIB))
  bench.cache.flushbufqueues()
  bench.endAll()
  expect(bench.use(disk, 0, 4 * KIB)).toBe(false)
})

it('a buffer that does not begin with a page is mapped with its offset in the page', () => {
  const bench = new CacheBench()
  const disk = bench.vnode(512)
  for (let sector = 0; sector < 40; sector++) bench.disk.set(sector, 100 + sector)
  expect(bench.words(bench.read(disk, 3, 8 * KIB))).toEqual(Array.from({ length: 16 }, (_, i) => 103 + i))
})
