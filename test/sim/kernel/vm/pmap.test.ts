import { describe, expect, it } from 'vitest'
import { CpuMask } from '../../../../src/sim/machine/cpu-mask.ts'
import { PG_A, PG_G } from '../../../../src/sim/machine/page-table.ts'
import { kva, smallKernel, watch } from '../small-kernel.ts'

const pages = Int32Array.of(10, 11, 12)

describe('pmap of 2004', () => {
  it.each([
    ['pmap_kenter', 'P0.1=10 S0.1@13 I0.1'],
    ['pmap_kenter_quick', 'P0.1=10 I0.1'],
    ['pmap_kenter_sync', 'S0.1@13 I0.1'],
    ['pmap_kenter_sync_quick', 'I0.1'],
    ['pmap_kremove', 'P0.1=-1 S0.1@13 I0.1'],
    ['pmap_kremove_quick', 'P0.1=-1 I0.1'],
  ] as const)('%s on processor 1 of 4', (call, events) => {
    const kernel = smallKernel(4)
    const log = watch(kernel, 32, 1)
    kernel.machine.switchTo(1, 0)
    kernel.pmap[call](kva(1), 10)
    expect(log.take()).toBe(events)
  })

  it('qenter and qremove flush every other TLB once, after the last page', () => {
    const kernel = smallKernel(3)
    const log = watch(kernel, 32, 1)
    kernel.pmap.pmap_qenter(kva(0), pages, 2, 1)
    expect(log.take()).toBe('P0.0=11 I0.0 P0.1=12 I0.1 T@6')
    kernel.pmap.pmap_qremove(kva(0), 2)
    expect(log.take()).toBe('P0.0=-1 I0.0 P0.1=-1 I0.1 T@6')
    expect(kernel.machine.counters).toMatchObject({ shootdowns: 2, ipis: 4, localInvalidations: 4 })
  })

  it('sends nothing from a kernel for one processor, and maps globally there', () => {
    const kernel = smallKernel(1, false)
    const log = watch(kernel, 32, 1)
    kernel.pmap.pmap_qenter(kva(0), pages, 1)
    kernel.pmap.pmap_kenter(kva(1), 10)
    expect(log.take()).toBe('P0.0=10 I0.0 P0.1=10 I0.1')
    expect(kernel.machine.pageTable.flagsOf(0) & PG_G).toBe(PG_G)
  })

  it('makes no other processor read through a removed or replaced entry', () => {
    const { machine, pmap } = smallKernel(2)
    pmap.pmap_kenter(kva(0), 10)
    machine.switchTo(1, 0)
    machine.translate(kva(0), false)
    machine.switchTo(0, 0)
    pmap.pmap_kenter(kva(0), 20)
    machine.switchTo(1, 0)
    expect(machine.translate(kva(0), false)).toBe(20 * 4096)
    expect(machine.counters.staleAccesses).toBe(0)
  })

  it('leaves a stale entry on others after the quick call', () => {
    const { machine, pmap } = smallKernel(2)
    pmap.pmap_kenter(kva(0), 10)
    machine.switchTo(1, 0)
    machine.translate(kva(0), false)
    machine.switchTo(0, 0)
    pmap.pmap_kenter_quick(kva(0), 20)
    expect(machine.translate(kva(0), false)).toBe(20 * 4096)
    machine.switchTo(1, 0)
    expect(machine.translate(kva(0), false)).toBe(10 * 4096)
    expect(machine.counters.staleAccesses).toBe(1)
  })
})

describe('pmap_qenter2', () => {
  it('enters once, then brings each further processor up to date without an IPI', () => {
    const kernel = smallKernel(2)
    const log = watch(kernel, 32, 1)
    const mask = new CpuMask()
    kernel.pmap.pmap_qenter2(kva(0), pages, 2, mask)
    expect(log.take()).toBe('P0.0=10 I0.0 P0.1=11 I0.1')
    kernel.pmap.pmap_qenter2(kva(0), pages, 2, mask)
    expect(log.take()).toBeUndefined()
    kernel.machine.switchTo(1, 0)
    kernel.pmap.pmap_qenter2(kva(0), pages, 2, mask)
    expect(log.take()).toBe('I0.0 I0.1')
    expect(mask.word).toBe(3)
    expect(kernel.machine.counters.ipis).toBe(0)
  })

  it('forgets the other processors when one entry changes, and invalidates even the pages before and after it', () => {
    const kernel = smallKernel(2)
    const log = watch(kernel, 32, 1)
    const mask = new CpuMask()
    kernel.pmap.pmap_qenter2(kva(0), pages, 3, mask)
    log.take()
    kernel.pmap.pmap_qenter2(kva(0), Int32Array.of(10, 99, 12), 3, mask)
    expect(log.take()).toBe('P0.1=99 I0.1 I0.2')
    expect(mask.word).toBe(1)
  })

  it('compares flags too: a page written to is entered again, a page read is not', () => {
    const kernel = smallKernel(1)
    const log = watch(kernel, 32, 1)
    const mask = new CpuMask()
    kernel.pmap.pmap_qenter2(kva(0), pages, 2, mask)
    expect(kernel.machine.pageTable.flagsOf(0) & PG_A).toBe(PG_A)
    log.take()
    kernel.machine.translate(kva(0), false)
    kernel.machine.translate(kva(1), true)
    kernel.pmap.pmap_qenter2(kva(0), pages, 2, mask)
    expect(log.take()).toBe('P0.1=11 I0.1')
  })

  it('takes what pmap_qenter entered for its own once it was read', () => {
    const kernel = smallKernel(1)
    const log = watch(kernel, 32, 1)
    const mask = new CpuMask()
    mask.fill()
    kernel.pmap.pmap_qenter(kva(0), pages, 2)
    kernel.machine.translate(kva(0), false)
    log.take()
    kernel.pmap.pmap_qenter2(kva(0), pages, 2, mask)
    expect(log.take()).toBe('P0.1=11 I0.1')
  })
})
