import { expect, it } from 'vitest'
import { Simulator } from '../../../src/sim/engine/simulator.ts'
import { CALL_SITES, Site } from '../../../src/sim/kernel/call-sites.ts'
import { KernelCounters } from '../../../src/sim/kernel/counters.ts'
import { FirstFitArena } from '../../../src/sim/kernel/vm/first-fit-arena.ts'
import { VmemArena } from '../../../src/sim/kernel/vm/vmem-arena.ts'
import { buildKernel, kvaPagesFor } from '../../../src/sim/lab/kernel.ts'
import type { KernelOptions } from '../../../src/sim/lab/kernel.ts'
import { Machine } from '../../../src/sim/machine/machine.ts'
import { builtinCosts } from '../machine/builtin-costs.ts'

function kernelWith(options: Partial<KernelOptions>) {
  const simulator = new Simulator()
  const machine = new Machine(simulator, {
    cpus: 1,
    tlbEntries: 64,
    tlbWays: 4,
    memoryPages: 16384,
    kvaPages: kvaPagesFor(100, 4),
    holdsData: true,
    costs: builtinCosts('x86new'),
    callSites: CALL_SITES,
    tlbMissSite: Site['tlb miss'],
  })
  const kernel = buildKernel(simulator, machine, new KernelCounters(), {
    path: 'mapped',
    maxBouncePages: 16,
    kernelBits: 64,
    busdma: 'dragonfly-2020',
    iommu: null,
    numaDomains: 1,
    fragmentation: 0,
    ageing: 0,
    memorySeed: 1,
    ...options,
  })
  return { ...kernel, machine }
}

it('gives the buffer map the arena that it is asked for, with room for every buffer', () => {
  const { bufferMap } = kernelWith({})
  expect(bufferMap).toBeInstanceOf(FirstFitArena)
  expect(bufferMap.freePages).toBe(101 * 4)
  const vmem = kernelWith({ makeBufferMap: (start, pages) => new VmemArena(start, pages) }).bufferMap
  expect(vmem).toBeInstanceOf(VmemArena)
  expect(vmem.freePages).toBe(101 * 4)
})

it('gives the bytes of a page that goes to the rest of the system back to the host', () => {
  const { pages, machine } = kernelWith({ ageing: 100 })
  const pfn = pages.alloc()
  machine.memory.write32(pfn * 4096, 5)
  expect(machine.memory.frames.touched).toBe(1)
  pages.free(pfn)
  expect(pages.stats.aged).toBe(1)
  expect(machine.memory.frames.touched).toBe(0)
})
