import { describe, expect, it } from 'vitest'
import { EINVAL } from '../../../../src/sim/kernel/errno.ts'
import { MsfBufs2004 } from '../../../../src/sim/kernel/msf-buf/dragonfly-2004.ts'
import { SFBA_PCATCH, SFBA_QUICK } from '../../../../src/sim/kernel/sf-buf/dragonfly-2004.ts'
import {
  AFTER_SIGNAL,
  AFTER_WAKEUP,
  INTERRUPTED,
  WOULD_BLOCK,
} from '../../../../src/sim/kernel/sleep-channel.ts'
import { queueOf } from '../../../../src/sim/lab/conformance/mapping/pool-fields.ts'
import { smallKernel, watch } from '../small-kernel.ts'

function pool(count: number) {
  const kernel = smallKernel(2)
  const msfs = new MsfBufs2004(kernel.machine, kernel.pmap, kernel.threads, 0, count)
  const log = watch(kernel, 32, count)
  msfs.channel.observer = log
  const alloc = (pages: number[], flags = 0) =>
    msfs.msf_buf_alloc(Int32Array.from(pages), pages.length, flags)
  return { ...kernel, msfs, log, alloc }
}

describe('msf_buf of 2004', () => {
  it('shares one msf_buf between callers with the same pages, and enters them again even so', () => {
    const { msfs, log, alloc } = pool(2)
    expect([alloc([5, 6]), alloc([5, 6])]).toEqual([0, 0])
    expect(msfs.refsOf(0)).toBe(2)
    expect(log.take()).toBe('P0.0=5 I0.0 P0.1=6 I0.1 T@2 P0.0=5 I0.0 P0.1=6 I0.1 T@2')
    expect(msfs.msf_buf_bytes(0)).toBe(8192)
    expect(msfs.cpusOf(0).isFull).toBe(true)
  })

  it.each([[[5]], [[5, 6, 7]], [[5, 7]], [[6, 5]]])('does not share with %j', (pages) => {
    const { alloc } = pool(2)
    alloc([5, 6])
    expect(alloc(pages)).toBe(1)
  })

  it('finds a free msf_buf by its pages, and gives out the one free longest for others', () => {
    const { msfs, alloc } = pool(3)
    for (const page of [5, 6, 7]) alloc([page])
    for (const msf of [1, 0, 2]) msfs.msf_buf_free(msf)
    expect(alloc([5])).toBe(0)
    expect(queueOf(msfs.freeList)).toEqual([1, 2])
    expect(alloc([8])).toBe(1)
    expect(alloc([6])).toBe(2)
  })

  it('enters quick mappings for one processor at a time', () => {
    const { machine, msfs, log, alloc } = pool(1)
    alloc([5, 6], SFBA_QUICK)
    machine.switchTo(1, 0)
    log.take()
    alloc([5, 6], SFBA_QUICK)
    expect(log.take()).toBe('I0.0 I0.1')
    expect(msfs.cpusOf(0).word).toBe(3)
    expect(machine.counters.ipis).toBe(0)
  })

  it('sleeps when all are in use, and goes on after waking or a signal', () => {
    const { msfs, threads, woken, log, alloc } = pool(1)
    alloc([5])
    log.take()
    threads.current = 2
    expect(alloc([6], SFBA_PCATCH)).toBe(WOULD_BLOCK)
    expect(msfs.msf_buf_alloc(Int32Array.of(6), 1, SFBA_PCATCH, AFTER_SIGNAL)).toBe(INTERRUPTED)
    expect(alloc([6])).toBe(WOULD_BLOCK)
    msfs.msf_buf_free(0)
    expect(woken).toEqual([2])
    expect(log.take()).toBe('Zc Z W')
    expect(msfs.msf_buf_alloc(Int32Array.of(6), 1, 0, AFTER_WAKEUP)).toBe(0)
    expect(() => {
      msfs.msf_buf_free(0)
      msfs.msf_buf_free(0)
    }).toThrow('msf_buf 0 is free')
  })

  it.each([0, 33])('refuses %i pages and takes nothing', (count) => {
    const { msfs } = pool(1)
    expect(msfs.msf_buf_alloc(new Int32Array(40), count, 0)).toBe(-EINVAL)
    expect(msfs.freeList.length).toBe(1)
  })
})
