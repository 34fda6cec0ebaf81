import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Site } from '../../../../src/sim/kernel/call-sites.ts'
import { FirstFitArena } from '../../../../src/sim/kernel/vm/first-fit-arena.ts'
import { LockedArena } from '../../../../src/sim/kernel/vm/locked-arena.ts'
import { PerCpuArena } from '../../../../src/sim/kernel/vm/per-cpu-arena.ts'
import { testMachine } from '../../machine/test-machine.ts'

const PAGES = 256

function arenas() {
  const machine = testMachine()
  const lock = machine.makeLock({ name: 'kva', site: Site['kva lock'], waitSite: Site['kva lock wait'] })
  const shared = new LockedArena(machine, new FirstFitArena(0, PAGES), lock)
  return { machine, lock, shared, perCpu: new PerCpuArena(machine, shared, 0, PAGES) }
}

it('takes and gives back ranges one processor at a time', () => {
  const { machine, lock, shared } = arenas()
  const { lockUncontended, kvaAlloc, kvaSearchStep, lockHandOff } = machine.cost
  expect(shared.alloc(4)).toBe(0)
  const first = lockUncontended + kvaAlloc + kvaSearchStep
  expect(machine.cpu.clock).toBe(first)
  machine.switchTo(1, 0)
  shared.free(0, 4)
  expect(machine.cpu.clock).toBe(first + lockHandOff + kvaAlloc)
  expect(lock.stats.contentions).toBe(1)
  expect(shared.freePages).toBe(PAGES)
})

describe('PerCpuArena', () => {
  it('uses a range again on the processor that gave it back, without the lock', () => {
    const { machine, lock, perCpu } = arenas()
    const first = perCpu.alloc(4, 4)
    perCpu.free(first, 4)
    const taken = lock.stats.acquisitions
    for (let i = 0; i < 10; i++) perCpu.free(perCpu.alloc(4, 4), 4)
    expect(lock.stats.acquisitions).toBe(taken)
    expect(perCpu.freePages).toBe(PAGES)
    machine.switchTo(1, 0)
    expect(perCpu.alloc(4, 4)).not.toBe(first)
    expect(lock.stats.acquisitions).toBe(taken + 1)
  })

  it('takes what processors keep when the arena is empty', () => {
    const { machine, perCpu } = arenas()
    const ranges = Array.from({ length: PAGES / 16 }, () => perCpu.alloc(16, 16))
    expect(ranges).not.toContain(-1)
    expect(perCpu.alloc(16, 16)).toBe(-1)
    for (const range of ranges) perCpu.free(range, 16)
    machine.switchTo(1, 0)
    expect(perCpu.alloc(8, 8)).toBeGreaterThanOrEqual(0)
    expect(perCpu.freePages).toBe(PAGES - 8)
  })

  it('never lends a page twice, and has all back in the end', () => {
    const step = fc.record({ cpu: fc.nat(3), take: fc.boolean(), large: fc.boolean(), which: fc.nat(99) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const { machine, perCpu } = arenas()
        const lent: { first: number; pages: number }[] = []
        const used = new Set<number>()
        const give = (index: number): void => {
          const [{ first, pages }] = lent.splice(index, 1) as [(typeof lent)[number]]
          for (let page = first; page < first + pages; page++) used.delete(page)
          perCpu.free(first, pages)
        }
        for (const { cpu, take, large, which } of steps) {
          machine.switchTo(cpu, 0)
          if (!take && lent.length > 0) give(which % lent.length)
          if (!take) continue
          const pages = large ? 16 : 4
          const first = perCpu.alloc(pages, pages)
          if (first < 0) continue
          expect(first % pages).toBe(0)
          for (let page = first; page < first + pages; page++) {
            expect(used.has(page)).toBe(false)
            used.add(page)
          }
          lent.push({ first, pages })
        }
        expect(perCpu.freePages).toBe(PAGES - used.size)
        expect(perCpu.map(PAGES).reduce((sum, share) => sum + share, 0)).toBeCloseTo(used.size)
        while (lent.length > 0) give(0)
        expect(perCpu.freePages).toBe(PAGES)
      }),
    )
  })
})
