import { describe, expect, it } from 'vitest'
import { B_DELWRI, B_RELBUF } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { RawSpan } from '../../../../src/sim/kernel/bufcache/raw-spans.ts'
import { EIO, EWOULDBLOCK, OK } from '../../../../src/sim/kernel/errno.ts'
import { CacheBench, KIB } from './cache-bench.ts'

const BLOCK = 16 * KIB

describe('a span of a vnode taken for a direct transfer', () => {
  it('has its dirty blocks written first, and no others', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(BLOCK)
    for (const block of [0, 1, 2]) {
      const buf = bench.get(vp, block, BLOCK)
      bench.fill(buf, 9)
      bench.cache.bdwrite(buf)
    }
    const span = new RawSpan()
    const enter = (): number => bench.as(3).cache.rawSpans.enter(span, vp, 512, BLOCK + 512, false)
    expect([enter(), bench.waitsFor()]).toEqual([EWOULDBLOCK, 'getblk'])
    expect(bench.log).toEqual([`write 0+${BLOCK}`, `write 32+${BLOCK}`])
    bench.endAll()
    expect(bench.woken).toEqual([3])
    expect(enter()).toBe(OK)
    expect(bench.cache.dirty.numdirtybuffers).toBe(1)
    // What is clean may stay where it is when the disk does not change.
    expect(bench.cache.incore(vp, 0)).not.toBeNull()
  })

  it('for writing takes what memory holds of it away', () => {
    const bench = new CacheBench({ keep: true })
    const vp = bench.vnode(BLOCK)
    for (const block of [0, 1]) bench.use(vp, block, BLOCK)
    const span = new RawSpan()
    expect(bench.cache.rawSpans.enter(span, vp, 0, 4096, true)).toBe(OK)
    expect([bench.cache.incore(vp, 0), bench.cache.inmem(vp, 0), bench.cache.inmem(vp, 1)]).toEqual([
      null,
      false,
      true,
    ])
    bench.disk.set(0, 42)
    bench.cache.rawSpans.leave(span)
    const buf = bench.read(vp, 0, BLOCK)
    expect(bench.words(buf)[0]).toBe(42)
    bench.cache.brelse(buf)
    expect(bench.problems()).toEqual([])
  })

  it('for writing takes pages away that no buffer has any more', () => {
    const bench = new CacheBench({ keep: true })
    const vp = bench.vnode(BLOCK)
    const buf = bench.read(vp, 0, BLOCK)
    buf.b_flags |= B_RELBUF
    bench.cache.brelse(buf)
    expect([bench.cache.incore(vp, 0), bench.cache.inmem(vp, 0)]).toEqual([null, true])
    bench.cache.rawSpans.enter(new RawSpan(), vp, 4096 + 512, 4096 + 1024, true)
    const page = bench.vm.vm_page_lookup(vp.object!, 1)
    expect(bench.vm.valid(page)).toBe(0xff & ~2)
  })

  it('waits for who has a buffer of it', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(BLOCK)
    const buf = bench.as(1).get(vp, 1, BLOCK)
    const span = new RawSpan()
    expect(bench.as(2).cache.rawSpans.enter(span, vp, 0, 2 * BLOCK, false)).toBe(EWOULDBLOCK)
    bench.cache.brelse(buf)
    expect(bench.woken).toEqual([2])
    expect(bench.cache.rawSpans.enter(span, vp, 0, 2 * BLOCK, false)).toBe(OK)
  })

  it('is out of reach until the transfer ends, and its neighbours are not', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(BLOCK)
    const other = bench.vnode(BLOCK)
    const span = new RawSpan()
    bench.cache.rawSpans.enter(span, vp, BLOCK, BLOCK + 512, false)
    expect([bench.as(4).cache.getblk(vp, 1, BLOCK), bench.waitsFor()]).toEqual([null, 'rawspn'])
    for (const vnode of [vp, other]) bench.cache.brelse(bench.get(vnode, 2, BLOCK))
    bench.cache.brelse(bench.get(other, 1, BLOCK))
    bench.cache.rawSpans.leave(span)
    expect(bench.woken).toEqual([4])
    bench.cache.brelse(bench.get(vp, 1, BLOCK))
  })

  it('is shared by readers, and by nobody with a writer', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(BLOCK)
    const [first, second, third] = [new RawSpan(), new RawSpan(), new RawSpan()]
    const { rawSpans } = bench.cache
    expect(rawSpans.enter(first, vp, 0, BLOCK, false)).toBe(OK)
    expect(rawSpans.enter(second, vp, 512, BLOCK, false)).toBe(OK)
    expect(bench.as(6).cache.rawSpans.enter(third, vp, 0, 512, true)).toBe(EWOULDBLOCK)
    expect(rawSpans.enter(third, vp, BLOCK, BLOCK + 512, true)).toBe(OK)
    rawSpans.leave(third)
    rawSpans.leave(first)
    expect(bench.woken).toContain(6)
    expect(rawSpans.enter(third, vp, 0, 512, true)).toBe(OK)
  })

  it('does not wait for ever for a block that cannot be written', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(BLOCK)
    const buf = bench.get(vp, 0, BLOCK)
    bench.fill(buf, 9)
    bench.cache.bdwrite(buf)
    let tries = 0
    while (bench.cache.rawSpans.enter(new RawSpan(), vp, 0, 512, false) !== OK && tries < 10) {
      bench.end(EIO)
      tries++
    }
    expect([tries, bench.lost, bench.cache.dirty.numdirtybuffers]).toEqual([3, [0], 0])
    expect(bench.cache.incore(vp, 0)?.b_flags ?? 0).not.toBe(B_DELWRI)
  })
})
