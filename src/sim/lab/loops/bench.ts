import { Simulator } from '../../engine/simulator.ts'
import { CALL_SITES, Site } from '../../kernel/call-sites.ts'
import { KernelCounters } from '../../kernel/counters.ts'
import { KernelThreads } from '../../kernel/sleep-channel.ts'
import type { CostProfile } from '../../machine/costs.ts'
import { Machine } from '../../machine/machine.ts'
import type { MachineConfig } from '../scenario.ts'

/** What a loop takes of a machine, beside its costs. */
export type BenchConfig = Pick<MachineConfig, 'cpus' | 'sockets' | 'tlbEntries' | 'tlbWays'>

/** The machine that a loop's scenario describes. */
export interface BenchMachine {
  readonly config: BenchConfig
  readonly costs: CostProfile
}

/** A machine for a loop that drives modules of the kernel: it moves no bytes, and its threads never sleep. */
export function buildBench(
  { config, costs }: BenchMachine,
  { memoryPages = 1, kvaPages }: { readonly memoryPages?: number; readonly kvaPages: number },
) {
  const simulator = new Simulator()
  const machine = new Machine(simulator, {
    cpus: config.cpus,
    sockets: config.sockets,
    tlbEntries: config.tlbEntries,
    tlbWays: config.tlbWays,
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

export type Bench = ReturnType<typeof buildBench>
