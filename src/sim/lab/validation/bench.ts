import { Simulator } from '../../engine/simulator.ts'
import { CALL_SITES, Site } from '../../kernel/call-sites.ts'
import { KernelCounters } from '../../kernel/counters.ts'
import { KernelThreads } from '../../kernel/sleep-channel.ts'
import type { CostProfile } from '../../machine/costs.ts'
import { Machine } from '../../machine/machine.ts'

export interface BenchOptions {
  readonly costs: CostProfile
  readonly cpus: number
  readonly sockets?: number
  readonly memoryPages?: number
  readonly kvaPages: number
}

/** A machine for experiments that drive modules of the kernel themselves: it moves no bytes, and its threads never sleep. */
export function buildBench({ costs, cpus, sockets = 1, memoryPages = 1, kvaPages }: BenchOptions) {
  const simulator = new Simulator()
  const machine = new Machine(simulator, {
    cpus,
    sockets,
    tlbEntries: 64,
    tlbWays: 4,
    memoryPages,
    kvaPages,
    holdsData: false,
    costs,
    callSites: CALL_SITES,
    tlbMissSite: Site['tlb miss'],
  })
  return {
    simulator,
    machine,
    counters: new KernelCounters(),
    threads: new KernelThreads(1, () => undefined),
  }
}
