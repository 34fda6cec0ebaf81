import { describe, expect, it } from 'vitest'
import { Pmap2020 } from '../../../../src/sim/kernel/vm/pmap-2020.ts'
import { Pmap } from '../../../../src/sim/kernel/vm/pmap.ts'
import { kva, smallKernel, watch } from '../small-kernel.ts'

const pages = Int32Array.from({ length: 200 }, (_, i) => 10 + i)

function kernel2020(cpus: number) {
  const kernel = smallKernel(cpus, true, Pmap2020)
  return { ...kernel, pmap: kernel.pmap as Pmap2020 }
}

describe('pmap of 2020', () => {
  it('writes all entries, then shoots the range down on the busy processors', () => {
    const kernel = kernel2020(3)
    const log = watch(kernel, 512, 1)
    for (const id of [1, 2]) kernel.machine.switchTo(id, 1e9)
    kernel.machine.switchTo(0, 0)
    kernel.pmap.pmap_qenter(kva(0), pages, 2, 5)
    expect(log.take()).toBe('P0.0=15 P0.1=16 S0.0@6 S0.1@6 I0.0 I0.1')
    expect(kernel.machine.counters).toMatchObject({ shootdowns: 1, ipis: 2 })
  })

  it('takes a full flush instead for a large range', () => {
    const kernel = kernel2020(2)
    const log = watch(kernel, 1, 0)
    kernel.machine.switchTo(1, 1e9)
    kernel.machine.switchTo(0, 0)
    kernel.pmap.pmap_qremove(kva(0), 128)
    expect(log.take()).toBeUndefined()
    kernel.pmap.pmap_qremove(kva(0), 129)
    expect(log.take()).toBe('T@2')
  })

  it('leaves an idle processor alone, which flushes when it wakes', () => {
    const { machine, pmap } = kernel2020(2)
    pmap.pmap_kenter(kva(0), 10)
    machine.switchTo(1, 0)
    machine.translate(kva(0), false)
    machine.switchTo(0, 50_000)
    const before = machine.cpus[1]!.busyNs
    pmap.pmap_kenter(kva(0), 20)
    expect(machine.counters.ipis).toBe(0)
    expect(machine.cpus[1]!.busyNs).toBe(before)
    machine.switchTo(1, 60_000)
    expect(machine.translate(kva(0), false)).toBe(20 * 4096)
  })

  it('interrupts an idle processor in the kernel of 2004', () => {
    const { machine, pmap } = smallKernel(2, true, Pmap)
    machine.switchTo(0, 50_000)
    pmap.pmap_kenter(kva(0), 20)
    expect(machine.counters.ipis).toBe(1)
    expect(machine.cpus[1]!.busyNs).toBeGreaterThan(0)
  })

  it('invalidates nothing with the _noinval calls, so that an old translation lives on', () => {
    const kernel = kernel2020(1)
    const { machine, pmap } = kernel
    pmap.pmap_qenter(kva(0), pages, 2)
    machine.translate(kva(0), false)
    const log = watch(kernel, 512, 1)
    pmap.pmap_qremove_noinval(kva(0), 2)
    pmap.pmap_qenter_noinval(kva(0), pages, 2, 50)
    pmap.pmap_kremove_noinval(kva(1))
    pmap.pmap_kenter_noinval(kva(1), 70)
    expect(log.take()).toBe('P0.0=-1 P0.1=-1 P0.0=60 P0.1=61 P0.1=-1 P0.1=70')
    expect(machine.translate(kva(0), false)).toBe(10 * 4096)
    expect(machine.counters.staleAccesses).toBe(1)
  })
})
