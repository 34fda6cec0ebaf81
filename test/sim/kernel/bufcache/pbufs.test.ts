import { describe, expect, it } from 'vitest'
import { PbufBudget } from '../../../../src/sim/kernel/bufcache/pbufs.ts'
import { limitsForBuffers } from '../../../../src/sim/kernel/bufcache/sizing.ts'
import { CacheBench, KIB } from './cache-bench.ts'

function bench(path: 'mapped' | 'direct' = 'mapped'): CacheBench {
  return new CacheBench({ path, pbufs: true, limits: limitsForBuffers(64, 16 * KIB) })
}

describe('pbufs', () => {
  it('are a quarter of the buffers, but at least 16', () => {
    expect(bench().cache.pbufs!.available).toBe(16)
    const large = new CacheBench({ pbufs: true, limits: limitsForBuffers(400, 16 * KIB) })
    expect(large.cache.pbufs!.available).toBe(100)
  })

  it('have 128 KiB of address space each where buffers have any, and none elsewhere', () => {
    const starts = bench().cache.pbufs!.headers.map((pbuf) => pbuf.b_kvabase)
    expect(new Set(starts).size).toBe(16)
    expect(starts.toSorted((a, b) => a - b).every((at, i, all) => i === 0 || at - all[i - 1]! >= 32)).toBe(
      true,
    )
    expect(bench('direct').cache.pbufs!.headers.every((pbuf) => pbuf.b_kvasize === 0)).toBe(true)
  })

  it('end with the last one: the next caller sleeps until one comes back', () => {
    const { cache, counters, threads, woken } = bench()
    const pbufs = cache.pbufs!
    const taken = Array.from({ length: 16 }, () => pbufs.getpbuf(null)!)
    expect(new Set(taken.map((pbuf) => pbuf.id)).size).toBe(16)
    threads.current = 3
    expect(pbufs.trypbuf(null)).toBeNull()
    expect([pbufs.getpbuf(null), cache.space.messageOf(3), counters.pbufWaits]).toEqual([null, 'wswbuf1', 1])
    pbufs.relpbuf(taken[0]!, null)
    expect(woken).toEqual([3])
    expect(pbufs.getpbuf(null)).toBe(taken[0])
  })

  it('are no more for a part of the kernel than its share', () => {
    const { cache, threads, woken } = bench()
    const pbufs = cache.pbufs!
    const budget = new PbufBudget(2, threads)
    const [first, second] = [pbufs.getpbuf(budget)!, pbufs.getpbuf(budget)!]
    expect([pbufs.trypbuf(budget), budget.free]).toEqual([null, 0])
    threads.current = 2
    expect([pbufs.getpbuf(budget), cache.space.messageOf(2)]).toEqual([null, 'wswbuf0'])
    const other = pbufs.getpbuf(null)!
    pbufs.relpbuf(other, null)
    expect(woken).toEqual([])
    pbufs.relpbuf(second, budget)
    pbufs.relpbuf(first, budget)
    expect([woken, budget.free]).toEqual([[2], 2])
  })

  it('come without anything of their last use', () => {
    const { cache } = bench()
    const pbufs = cache.pbufs!
    const pbuf = pbufs.getpbuf(null)!
    Object.assign(pbuf, { b_flags: -1, b_error: 5, b_bcount: 512, failedWrites: 2 })
    pbufs.relpbuf(pbuf, null)
    expect(pbufs.getpbuf(null)).toMatchObject({ b_flags: 0, b_error: 0, b_bcount: 0, failedWrites: 0 })
  })
})
