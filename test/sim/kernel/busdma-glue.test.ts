import { describe, expect, it } from 'vitest'
import { BusDmaGlue } from '../../../src/sim/kernel/busdma-glue.ts'
import { KernelBench } from './kernel-bench.ts'

function benchWithGlue() {
  const bench = new KernelBench()
  let runs = 0
  const { machine, simulator, pmap, pages, counters } = bench
  const glue = new BusDmaGlue(machine, simulator, pmap, pages, counters, () => runs++)
  return { bench, glue, runs: () => runs }
}

describe('what BUSDMA sees of the machine', () => {
  it('is a process’s memory by physical address, where a hole reads as address 0', () => {
    const { glue } = benchWithGlue()
    const space = { pmap_extract: (uaddr: number) => (uaddr < 4096 ? 7 : -1) }
    expect(glue.pmap_extract(space, 12)).toBe(7 * 4096 + 12)
    expect(glue.pmap_extract(space, 4096)).toBe(0)
  })

  it('is a thread that costs a wakeup more than a soft interrupt', () => {
    const { bench, glue, runs } = benchWithGlue()
    const { machine, simulator } = bench
    const before = machine.cpu.clock
    glue.raiseSoftInterrupt()
    expect(machine.cpu.clock).toBe(before)
    glue.wakeBusdmaThread()
    expect(machine.cpu.clock - before).toBe(machine.cost.wakeup)
    simulator.run(Infinity)
    expect(runs()).toBe(2)
  })

  it('is contiguous memory of the page allocator, which it gives back', () => {
    const { bench, glue } = benchWithGlue()
    const pfn = glue.allocContiguous(4, 0xffffff, 65536, 0)
    expect([pfn % 16, pfn + 4 <= 4096]).toEqual([0, true])
    expect([0, 1, 2, 3, 4].map((i) => bench.pages.isPinned(pfn + i))).toEqual([true, true, true, true, false])
    glue.freeContiguous(pfn, 4)
    expect(bench.pages.isPinned(pfn + 3)).toBe(false)
    expect(glue.allocContiguous(100_000, 0xffffff, 4096, 0)).toBe(-1)
  })
})
