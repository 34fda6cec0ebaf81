import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CpuMask } from '../../../../src/sim/machine/cpu-mask.ts'
import { DMAP_BASE, KVA_BASE } from '../../../../src/sim/machine/page-table.ts'
import { KernelBench } from '../kernel-bench.ts'
import { busyNs } from '../../machine/test-machine.ts'

const VA = KVA_BASE + 20 * 4096

/** What each processor reads at the pages from VA on; -1 for a fault. */
function seen({ machine }: KernelBench, count: number): number[][] {
  return machine.cpus.map((_, cpu) => {
    machine.switchTo(cpu, 0)
    return Array.from({ length: count }, (_, i) => {
      const physical = machine.translate(VA + i * 4096)
      return physical < 0 ? -1 : physical / 4096
    })
  })
}

describe('pmap_qenter and pmap_qremove', () => {
  it('are seen by every processor, at once and again after a change', () => {
    const bench = new KernelBench({ cpus: 3 })
    const all = (pfns: number[]): number[][] => [pfns, pfns, pfns]
    for (const pfns of [
      [7, 8, 9],
      [8, 7, 1000],
    ]) {
      bench.machine.switchTo(1, 0)
      bench.pmap.pmap_qenter(VA, Int32Array.from(pfns), 3)
      expect(seen(bench, 3)).toEqual(all(pfns))
    }
    bench.machine.switchTo(2, 0)
    bench.pmap.pmap_qremove(VA, 2)
    expect(seen(bench, 3)).toEqual(all([-1, -1, 1000]))
    expect(bench.machine.counters).toMatchObject({
      staleAccesses: 0,
      localInvalidations: 8,
      shootdowns: 3,
      ipis: 6,
    })
    expect(bench.counters.pteWrites).toBe(8)
  })

  it('charge a PTE write and an invlpg for each page, and one shootdown', () => {
    const bench = new KernelBench({ cpus: 2 })
    const { cost } = bench.machine
    bench.pmap.pmap_qenter(VA, Int32Array.of(1, 2, 3), 3)
    const own = 3 * (cost.pteWrite + cost.invlpg) + cost.shootdownBase + cost.shootdownPerTarget
    expect(bench.machine.cpus.map((cpu) => cpu.busyNs)).toEqual([own, cost.ipiHandler])
    const tree = bench.machine.accounting.tree()
    expect(tree.children.map((child) => child.name)).toEqual(['pmap_qenter'])
    expect(tree.totalNs).toBe(own + cost.ipiHandler)
  })
})

describe('pmap_kextract', () => {
  it('walks the page table, direct map and holes included', () => {
    const bench = new KernelBench()
    bench.pmap.pmap_qenter(VA, Int32Array.of(7), 1)
    const before = busyNs(bench.machine)
    expect(bench.pmap.pmap_kextract(VA + 99)).toBe(7 * 4096 + 99)
    expect(bench.pmap.pmap_kextract(DMAP_BASE + 4097)).toBe(4097)
    expect(bench.pmap.pmap_kextract(VA + 4096)).toBe(-1)
    expect(bench.counters.kvaTranslations).toBe(3)
    expect(busyNs(bench.machine) - before).toBe(3 * bench.machine.cost.kextract)
  })
})

describe('pmap_qenter2', () => {
  it('makes one processor see the mapping, without an IPI; the others ask for themselves', () => {
    const bench = new KernelBench({ cpus: 2 })
    const { machine, pmap } = bench
    const mask = new CpuMask()
    pmap.pmap_qenter2(VA, Int32Array.of(7, 8), 2, mask)
    expect(seen(bench, 2)[0]).toEqual([7, 8])
    machine.switchTo(0, 0)
    pmap.pmap_qenter2(VA, Int32Array.of(9, 8), 2, mask)
    expect([mask.has(0), mask.has(1)]).toEqual([true, false])
    // Processor 1 used the first mapping and has not asked since: it reads through the old frame.
    expect(seen(bench, 2)).toEqual([
      [9, 8],
      [7, 8],
    ])
    expect(machine.counters.staleAccesses).toBe(1)
    machine.switchTo(1, 0)
    pmap.pmap_qenter2(VA, Int32Array.of(9, 8), 2, mask)
    expect(seen(bench, 2)[1]).toEqual([9, 8])
    expect(machine.counters).toMatchObject({ staleAccesses: 1, shootdowns: 0, ipis: 0 })
  })

  it('is free for a processor that already sees the mapping', () => {
    const bench = new KernelBench({ cpus: 2 })
    const mask = new CpuMask()
    bench.pmap.pmap_qenter2(VA, Int32Array.of(7, 8), 2, mask)
    const before = busyNs(bench.machine)
    bench.pmap.pmap_qenter2(VA, Int32Array.of(7, 8), 2, mask)
    expect(busyNs(bench.machine)).toBe(before)
    expect(bench.counters.pteWrites).toBe(2)
  })

  it('never lets a processor that called it read a stale entry, and never sends an IPI', () => {
    const step = fc.record({
      cpu: fc.nat(3),
      pfns: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 3 }),
      again: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const bench = new KernelBench({ cpus: 4 })
        const mask = new CpuMask()
        let current = [0, 0, 0]
        for (const { cpu, pfns, again } of steps) {
          if (!again) current = pfns
          if (current[0] === 0) continue
          bench.machine.switchTo(cpu, 0)
          bench.pmap.pmap_qenter2(VA, Int32Array.from(current), 3, mask)
          const read = current.map((_, i) => bench.machine.translate(VA + i * 4096) / 4096)
          expect(read).toEqual(current)
        }
        expect(bench.machine.counters).toMatchObject({ staleAccesses: 0, shootdowns: 0, ipis: 0 })
      }),
    )
  })
})
