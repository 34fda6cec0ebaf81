import { describe, expect, it } from 'vitest'
import { ENOMEM } from '../../../../src/sim/kernel/errno.ts'
import {
  FreeBsdSfBufs,
  SFB_CATCH,
  SFB_CPUPRIVATE,
  SFB_NOWAIT,
} from '../../../../src/sim/kernel/sf-buf/freebsd.ts'
import { AFTER_SIGNAL, INTERRUPTED, WOULD_BLOCK } from '../../../../src/sim/kernel/sleep-channel.ts'
import { queueOf } from '../../../../src/sim/lab/conformance/mapping/pool-fields.ts'
import { smallKernel, watch } from '../small-kernel.ts'

function pool(count: number, cpus = 4) {
  const kernel = smallKernel(cpus)
  const sfs = new FreeBsdSfBufs(kernel.machine, kernel.pmap, kernel.threads, 0, count)
  return { ...kernel, sfs, log: watch(kernel, 1, count) }
}

describe('sf_buf of FreeBSD', () => {
  it('takes a descriptor off the free list as soon as it is used again', () => {
    const { sfs } = pool(2)
    sfs.sf_buf_free(sfs.sf_buf_alloc(10, 0))
    expect(queueOf(sfs.freeList)).toEqual([1, 0])
    sfs.sf_buf_alloc(10, 0)
    sfs.sf_buf_alloc(10, 0)
    expect(queueOf(sfs.freeList)).toEqual([1])
    expect(sfs.refsOf(0)).toBe(2)
  })

  it('invalidates nothing when the old mapping was never accessed', () => {
    const { sfs, log } = pool(1)
    sfs.sf_buf_free(sfs.sf_buf_alloc(10, 0))
    sfs.sf_buf_alloc(11, 0)
    expect(log.take()).toBe('P0.0=10 P0.0=11')
  })

  it('interrupts just the processors that miss an accessed mapping, once', () => {
    const { machine, sfs, log } = pool(1)
    sfs.sf_buf_alloc(10, 0)
    machine.translate(sfs.sf_buf_kva(0), false)
    sfs.sf_buf_free(0)
    log.take()
    sfs.sf_buf_alloc(11, SFB_CPUPRIVATE)
    expect(log.take()).toBe('P0.0=11 I0.0')
    machine.switchTo(2, 0)
    sfs.sf_buf_alloc(11, SFB_CPUPRIVATE)
    expect(log.take()).toBe('I0.0')
    sfs.sf_buf_alloc(11, 0)
    expect(log.take()).toBe('S0.0@10')
    sfs.sf_buf_alloc(11, 0)
    expect(log.take()).toBeUndefined()
  })

  it('fails at once with SFB_NOWAIT, sleeps else, and wakes everybody', () => {
    const { sfs, threads, woken } = pool(1)
    sfs.sf_buf_alloc(10, 0)
    expect(sfs.sf_buf_alloc(11, SFB_NOWAIT)).toBe(-ENOMEM)
    for (const thread of [1, 2]) {
      threads.current = thread
      expect(sfs.sf_buf_alloc(10 + thread, SFB_CATCH)).toBe(WOULD_BLOCK)
    }
    expect(sfs.sf_buf_alloc(12, SFB_CATCH, AFTER_SIGNAL)).toBe(INTERRUPTED)
    threads.current = 3
    sfs.sf_buf_alloc(13, 0)
    sfs.sf_buf_free(0)
    expect(woken).toEqual([1, 3])
    expect(() => sfs.sf_buf_free(0)).toThrow('sf_buf 0 is free')
  })
})
