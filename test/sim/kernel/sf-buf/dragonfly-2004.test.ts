import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SFBA_PCATCH, SFBA_QUICK, SfBufs2004 } from '../../../../src/sim/kernel/sf-buf/dragonfly-2004.ts'
import {
  AFTER_SIGNAL,
  AFTER_WAKEUP,
  INTERRUPTED,
  WOULD_BLOCK,
} from '../../../../src/sim/kernel/sleep-channel.ts'
import { queueOf } from '../../../../src/sim/lab/conformance/mapping/pool-fields.ts'
import { smallKernel, smallMachine, watch } from '../small-kernel.ts'

function pool(count: number, cpus = 2, quick = true) {
  const kernel = smallKernel(cpus)
  const sfs = new SfBufs2004(kernel.machine, kernel.pmap, kernel.threads, { firstPage: 0, count, quick })
  const log = watch(kernel, 1, count)
  sfs.channel.observer = log
  return { ...kernel, sfs, log }
}

describe('sf_buf of 2004', () => {
  it('leaves a descriptor in use on the free list, and drops it when a search comes past (lazy removal)', () => {
    const { sfs } = pool(2)
    sfs.sf_buf_free(sfs.sf_buf_alloc(10, 0))
    expect(sfs.sf_buf_alloc(10, 0)).toBe(0)
    expect(queueOf(sfs.freeList)).toEqual([1, 0])
    expect(sfs.sf_buf_alloc(11, 0)).toBe(1)
    expect(sfs.sf_buf_alloc(12, 0)).toBe(WOULD_BLOCK)
    expect(queueOf(sfs.freeList)).toEqual([])
  })

  it('shares one descriptor between the users of a page, and reuses its mapping without a word', () => {
    const { sfs, log } = pool(2)
    expect(sfs.sf_buf_alloc(10, SFBA_QUICK)).toBe(0)
    expect(log.take()).toBe('P0.0=10 I0.0')
    expect(sfs.sf_buf_alloc(10, SFBA_QUICK)).toBe(0)
    expect(sfs.refsOf(0)).toBe(2)
    expect(log.take()).toBeUndefined()
  })

  it('brings other processors up to date: each by itself for quick users, all at once for others', () => {
    const { machine, sfs, log } = pool(1, 4)
    sfs.sf_buf_alloc(10, SFBA_QUICK)
    machine.switchTo(2, 0)
    log.take()
    sfs.sf_buf_alloc(10, SFBA_QUICK)
    expect(log.take()).toBe('I0.0')
    expect(sfs.cpusOf(0).word).toBe(5)
    sfs.sf_buf_alloc(10, 0)
    expect(log.take()).toBe('S0.0@11 I0.0')
    expect(sfs.cpusOf(0).word).toBe(0xffffffff)
  })

  it('takes quick for plain when the debug switch is off', () => {
    const { sfs, log } = pool(1, 2, false)
    sfs.sf_buf_alloc(10, SFBA_QUICK)
    expect(log.take()).toBe('P0.0=10 S0.0@2 I0.0')
  })

  it('wakes who has waited longest, and goes on with the free list without another search', () => {
    const { sfs, threads, woken } = pool(1)
    sfs.sf_buf_alloc(10, 0)
    for (const thread of [3, 1]) {
      threads.current = thread
      expect(sfs.sf_buf_alloc(20 + thread, 0)).toBe(WOULD_BLOCK)
    }
    sfs.sf_buf_free(0)
    expect(woken).toEqual([3])
    threads.current = 3
    expect(sfs.sf_buf_alloc(23, 0, AFTER_WAKEUP)).toBe(0)
    expect(sfs.sf_buf_page(0)).toBe(23)
    sfs.sf_buf_free(0)
    expect(woken).toEqual([3, 1])
  })

  it('gives up after a signal only if asked to, and leaves nothing behind', () => {
    const { sfs, threads, woken, log } = pool(1)
    sfs.sf_buf_alloc(10, 0)
    log.take()
    threads.current = 1
    expect(sfs.sf_buf_alloc(11, SFBA_PCATCH)).toBe(WOULD_BLOCK)
    expect(sfs.sf_buf_alloc(11, SFBA_PCATCH, AFTER_SIGNAL)).toBe(INTERRUPTED)
    expect(sfs.channel.waiting).toBe(0)
    expect(sfs.sf_buf_alloc(11, 0)).toBe(WOULD_BLOCK)
    expect(sfs.sf_buf_alloc(11, 0, AFTER_SIGNAL)).toBe(WOULD_BLOCK)
    expect(log.take()).toBe('Zc Z Z')
    sfs.sf_buf_free(0)
    expect(woken).toEqual([1])
  })

  it('stops at a second release, and at more processors than its masks can name', () => {
    const { sfs, threads, pmap } = pool(1)
    sfs.sf_buf_free(sfs.sf_buf_alloc(10, 0))
    expect(() => sfs.sf_buf_free(0)).toThrow('sf_buf 0 is free')
    const options = { firstPage: 0, count: 1, quick: true }
    expect(() => new SfBufs2004(smallMachine(33), pmap, threads, options)).toThrow('at most 32 processors')
  })

  it('never lets a processor that asked read another page, whatever the order of calls', () => {
    const step = fc.record({
      cpu: fc.nat(3),
      page: fc.integer({ min: 10, max: 15 }),
      quick: fc.boolean(),
      keep: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), (steps) => {
        const { machine, sfs } = pool(3, 4)
        const held: number[] = []
        for (const { cpu, page, quick, keep } of steps) {
          machine.switchTo(cpu, 0)
          if (held.length === 2) sfs.sf_buf_free(held.shift()!)
          const sf = sfs.sf_buf_alloc(page, quick ? SFBA_QUICK : 0)
          expect(machine.translate(sfs.sf_buf_kva(sf), true)).toBe(page * 4096)
          if (keep) held.push(sf)
          else sfs.sf_buf_free(sf)
        }
        for (const sf of held) sfs.sf_buf_free(sf)
        expect([0, 1, 2].map((sf) => sfs.refsOf(sf))).toEqual([0, 0, 0])
        expect(machine.counters.staleAccesses).toBe(0)
      }),
    )
  })
})
