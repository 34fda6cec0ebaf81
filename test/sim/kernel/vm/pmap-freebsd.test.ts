import { expect, it } from 'vitest'
import { FreeBsdPmap } from '../../../../src/sim/kernel/vm/pmap-freebsd.ts'
import { kva, smallKernel, SPARE } from '../small-kernel.ts'

const PAGES = Int32Array.of(100, 101, 102, 103)

it('tells the others when pages go, and when an address changes its page, but not when it had none', () => {
  const { machine, pmap } = smallKernel(3, true, FreeBsdPmap)
  pmap.pmap_qenter(kva(SPARE), PAGES, 4)
  expect(machine.counters).toMatchObject({ shootdowns: 0, localInvalidations: 0 })
  machine.translate(kva(SPARE + 1))
  pmap.pmap_qenter(kva(SPARE), PAGES, 2, 2)
  expect(machine.counters).toMatchObject({ shootdowns: 1, ipis: 2, localInvalidations: 2 })
  expect(machine.translate(kva(SPARE + 1))).toBe(103 * 4096)
  pmap.pmap_qremove(kva(SPARE), 4)
  expect(machine.counters).toMatchObject({ shootdowns: 2, ipis: 4, localInvalidations: 6 })
  expect(machine.translate(kva(SPARE + 1))).toBe(-1)
  expect(machine.counters.staleAccesses).toBe(0)
})

it('has each target invalidate the pages one by one and keep the rest of its TLB', () => {
  const { machine, pmap } = smallKernel(2, true, FreeBsdPmap)
  pmap.pmap_qenter(kva(SPARE), PAGES, 4)
  machine.switchTo(1, 0)
  for (let page = 0; page < 4; page++) machine.translate(kva(SPARE + page))
  const before = machine.cpu.clock
  machine.switchTo(0, machine.cpu.clock)
  pmap.pmap_qremove(kva(SPARE), 2)
  const { interrupt, invlpg } = machine.cost
  machine.switchTo(1, 0)
  expect(machine.cpu.clock - before).toBeGreaterThanOrEqual(interrupt + 2 * invlpg)
  const misses = machine.counters.tlbMisses
  expect(machine.translate(kva(SPARE + 3))).toBe(103 * 4096)
  expect(machine.counters.tlbMisses).toBe(misses)
})
