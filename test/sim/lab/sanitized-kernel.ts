import { Simulator } from '../../../src/sim/engine/simulator.ts'
import { CALL_SITES, Site } from '../../../src/sim/kernel/call-sites.ts'
import { BusDmaGlue } from '../../../src/sim/kernel/busdma-glue.ts'
import { KernelCounters } from '../../../src/sim/kernel/counters.ts'
import { KernelThreads } from '../../../src/sim/kernel/sleep-channel.ts'
import { CopyCalls } from '../../../src/sim/kernel/vm/copy-calls.ts'
import { UserSpace } from '../../../src/sim/kernel/vm/user-space.ts'
import { buildKernel, kvaPagesFor } from '../../../src/sim/lab/kernel.ts'
import { Machine } from '../../../src/sim/machine/machine.ts'
import { KVA_BASE } from '../../../src/sim/machine/page-table.ts'
import { PAGE_SIZE } from '../../../src/sim/machine/page.ts'
import type { Sanitizer, Violation } from '../../../src/sim/machine/sanitizer.ts'
import { builtinCosts } from '../machine/builtin-costs.ts'

/** A whole kernel without devices, on a machine of two processors that checks itself. */
export function sanitizedKernel() {
  const simulator = new Simulator()
  const machine = new Machine(simulator, {
    cpus: 2,
    tlbEntries: 64,
    tlbWays: 4,
    memoryPages: 16384,
    kvaPages: kvaPagesFor(1000, 4),
    holdsData: true,
    costs: builtinCosts('p3smp'),
    callSites: CALL_SITES,
    tlbMissSite: Site['tlb miss'],
    sanitizer: true,
  })
  const counters = new KernelCounters()
  const kernel = buildKernel(simulator, machine, counters, {
    path: 'direct',
    kernelBits: 64,
    busdma: 'dragonfly-2020',
    iommu: null,
    maxBouncePages: 16,
    numaDomains: 1,
    fragmentation: 0,
    ageing: 0,
    memorySeed: 1,
  })
  const pool = kernel.bufferMap.alloc(128)
  return {
    ...kernel,
    machine,
    simulator,
    counters,
    glue: new BusDmaGlue(machine, simulator, kernel.pmap, kernel.pages, counters, () => undefined),
    sanitizer: machine.sanitizer!,
    threads: new KernelThreads(4, () => undefined),
    copies: new CopyCalls(machine, counters),
    space: new UserSpace(64, { zeroFilledPage: () => kernel.pages.alloc() }),
    /** First of 128 pages of KVA for a pool of descriptors. */
    pool,
    /** Wired pages. */
    take: (count: number): Int32Array => Int32Array.from({ length: count }, () => kernel.pages.alloc()),
    /** Runs a call as read(2) of processor 1 does, at 5000 ns or later. */
    inRead: <T>(call: () => T): T => {
      machine.switchTo(1, 5000)
      machine.accounting.enter(Site.read)
      try {
        return call()
      } finally {
        machine.accounting.leave()
      }
    },
  }
}

export function address(page: number): number {
  return KVA_BASE + page * PAGE_SIZE
}

/** The only violation so far; it must be one of processor 1 from 5000 ns on. */
export function onlyViolation(sanitizer: Sanitizer): Pick<Violation, 'kind' | 'object' | 'callPath'> {
  const [first, ...others] = sanitizer.violations
  if (first === undefined || others.length > 0)
    throw new Error(`one violation is expected: ${JSON.stringify(sanitizer.violations)}`)
  const { kind, object, callPath, atNs, cpu } = first
  if (cpu !== 1 || !(atNs >= 5000 && atNs < 1e6)) throw new Error(`at ${atNs} ns on processor ${cpu}`)
  return { kind, object, callPath }
}
