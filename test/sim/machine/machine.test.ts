import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Site } from '../../../src/sim/kernel/call-sites.ts'
import { COST_NAMES } from '../../../src/sim/machine/costs.ts'
import { DMAP_BASE, KVA_BASE, kvaPage, PG_RW, PG_V } from '../../../src/sim/machine/page-table.ts'
import { busyNs, testMachine } from './test-machine.ts'
import { builtinCosts } from './builtin-costs.ts'

const va = (page: number, offset = 0): number => KVA_BASE + page * 4096 + offset

describe('Machine.translate', () => {
  it('walks the page table once and then uses the TLB, of each processor apart', () => {
    const machine = testMachine()
    machine.pageTable.set(5, 77, PG_V | PG_RW)
    expect(machine.translate(va(5, 123))).toBe(77 * 4096 + 123)
    expect(machine.translate(va(5, 4095))).toBe(77 * 4096 + 4095)
    expect(machine.counters.tlbMisses).toBe(1)
    expect(machine.cpu.busyNs).toBe(machine.cost.tlbMiss)
    machine.switchTo(1, 0)
    machine.translate(va(5))
    expect(machine.counters.tlbMisses).toBe(2)
    expect(machine.counters.staleAccesses).toBe(0)
  })

  it('takes the direct map without the TLB', () => {
    const machine = testMachine()
    expect(machine.translate(DMAP_BASE + 0x12345)).toBe(0x12345)
    expect(machine.counters.tlbMisses).toBe(0)
    expect(busyNs(machine)).toBe(0)
  })

  it.each([va(6), va(1024), va(100_000_000), KVA_BASE - 1])('faults on a hole: 0x%x', (address) => {
    const machine = testMachine()
    expect(machine.translate(address)).toBe(-1)
    machine.pageTable.set(6, 9, PG_V | PG_RW)
    expect(machine.translate(va(6))).toBe(9 * 4096)
  })

  it('reads through the old frame after a change without invalidation, and counts it', () => {
    const machine = testMachine()
    machine.pageTable.set(5, 77, PG_V | PG_RW)
    machine.translate(va(5))
    machine.pageTable.set(5, 88, PG_V | PG_RW)
    expect(machine.translate(va(5, 8))).toBe(77 * 4096 + 8)
    expect(machine.counters.staleAccesses).toBe(1)
    machine.pageTable.clear(5)
    expect(machine.translate(va(5))).toBe(77 * 4096)
    expect(machine.counters.staleAccesses).toBe(2)
    machine.pageTable.set(5, 88, PG_V | PG_RW)
    machine.invalidateLocal(5)
    expect(machine.translate(va(5))).toBe(88 * 4096)
    expect(machine.counters.staleAccesses).toBe(2)
    expect(machine.counters.localInvalidations).toBe(1)
  })

  it('stays stale on the others after a local invalidation, until a shootdown', () => {
    const machine = testMachine({ cpus: 3 })
    machine.pageTable.set(5, 77, PG_V | PG_RW)
    for (const id of [0, 1, 2]) {
      machine.switchTo(id, 0)
      machine.translate(va(5))
    }
    machine.switchTo(0, 0)
    machine.pageTable.set(5, 88, PG_V | PG_RW)
    machine.invalidateLocal(5)
    machine.switchTo(1, 0)
    expect(machine.translate(va(5))).toBe(77 * 4096)
    machine.switchTo(0, 0)
    machine.shootDownOthers(Site.smp_invltlb, Site['ipi handler'], false)
    for (const id of [0, 1, 2]) {
      machine.switchTo(id, 0)
      expect(machine.translate(va(5))).toBe(88 * 4096)
    }
    expect(machine.counters.staleAccesses).toBe(1)
  })

  it('numbers pages from the start of the window', () => {
    expect([kvaPage(va(0)), kvaPage(va(3, 4095)), kvaPage(va(4))]).toEqual([0, 3, 4])
  })
})

describe('Machine.shootDownOthers', () => {
  it.each([2, 3, 8])('interrupts each of the others of %d processors once', (cpus) => {
    const machine = testMachine({ cpus })
    const { shootdownBase, shootdownPerTarget, ipiHandler } = machine.cost
    machine.switchTo(1, 1000)
    machine.cpus[0]!.clock = 5000
    machine.shootDownOthers(Site.smp_invltlb, Site['ipi handler'], false)
    expect(machine.counters).toMatchObject({ shootdowns: 1, ipis: cpus - 1 })
    expect(machine.cpu.clock).toBe(1000 + shootdownBase + (cpus - 1) * shootdownPerTarget)
    // The busy one answers after its work, the idle ones when the interrupt arrives.
    expect(machine.cpus[0]!.clock).toBe(5000 + ipiHandler)
    for (const target of machine.cpus.slice(2)) expect(target.clock).toBe(1000 + ipiHandler)
    for (const target of machine.cpus)
      expect(target.busyNs).toBe(
        target.id === 1 ? shootdownBase + (cpus - 1) * shootdownPerTarget : ipiHandler,
      )
  })

  it('is nothing on one processor', () => {
    const machine = testMachine({ cpus: 1 })
    machine.shootDownOthers(Site.smp_invltlb, Site['ipi handler'], false)
    expect(machine.counters).toMatchObject({ shootdowns: 0, ipis: 0 })
    expect(busyNs(machine)).toBe(0)
  })
})

describe('Machine accounting', () => {
  it('starts work when the processor is free', () => {
    const machine = testMachine()
    machine.switchTo(2, 100)
    machine.charge(Site.entry, 50)
    machine.switchTo(2, 120)
    expect(machine.cpu.clock).toBe(150)
    machine.switchTo(2, 200)
    expect(machine.cpu.clock).toBe(200)
    expect(machine.cpu.busyNs).toBe(50)
  })

  it.each(['x86new', 'p3smp'])('takes every cost of %s', (profile) => {
    const costs = builtinCosts(profile)
    const machine = testMachine({ costs })
    for (const name of COST_NAMES) {
      expect(Math.abs(machine.cost[name] - costs[name])).toBeLessThan(0.001)
      if (name !== 'ipiIdleWake') expect(machine.cost[name]).toBeGreaterThan(0)
    }
  })

  it('has a tree whose total is the busy time of all processors, exactly', () => {
    const site = fc.integer({ min: 1, max: Site.interrupt })
    const step = fc.oneof(
      fc.record({ bytes: fc.nat(100_000), site }),
      fc.record({ cpu: fc.nat(3), at: fc.nat(1_000_000) }),
      fc.record({ page: fc.nat(50) }),
      fc.constant('shoot' as const),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const machine = testMachine()
        for (const each of steps) {
          if (each === 'shoot') machine.shootDownOthers(Site.smp_invltlb, Site['ipi handler'], false)
          else if ('bytes' in each) machine.chargeBytes(each.site, machine.cost.copyPerByte, each.bytes)
          else if ('cpu' in each) machine.switchTo(each.cpu, each.at)
          else machine.translate(va(each.page))
        }
        expect(machine.accounting.tree().totalNs).toBe(busyNs(machine))
        machine.resetMeasurement()
        expect(machine.accounting.tree().totalNs).toBe(0)
        expect(busyNs(machine)).toBe(0)
        expect(Object.values(machine.counters)).toEqual([0, 0, 0, 0, 0])
      }),
    )
  })
})
