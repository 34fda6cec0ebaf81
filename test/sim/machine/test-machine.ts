import { Simulator } from '../../../src/sim/engine/simulator.ts'
import { CALL_SITES, Site } from '../../../src/sim/kernel/call-sites.ts'
import type { MachineOptions } from '../../../src/sim/machine/machine.ts'
import { Machine } from '../../../src/sim/machine/machine.ts'
import { builtinCosts } from './builtin-costs.ts'

/** A machine of 4 processors, 16 MiB and 1024 pages of KVA, with some options changed. */
export function testMachine(changes: Partial<MachineOptions> = {}, simulator = new Simulator()): Machine {
  return new Machine(simulator, {
    cpus: 4,
    tlbEntries: 64,
    tlbWays: 4,
    memoryPages: 4096,
    kvaPages: 1024,
    holdsData: true,
    costs: builtinCosts('x86new'),
    callSites: CALL_SITES,
    tlbMissSite: Site['tlb miss'],
    ...changes,
  })
}

/** Busy time of all processors together, ns. */
export function busyNs(machine: Machine): number {
  return machine.cpus.reduce((sum, cpu) => sum + cpu.busyNs, 0)
}
