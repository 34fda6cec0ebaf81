import { Simulator } from '../../../src/sim/engine/simulator.ts'
import { CALL_SITES, Site } from '../../../src/sim/kernel/call-sites.ts'
import { KernelCounters } from '../../../src/sim/kernel/counters.ts'
import { KernelThreads } from '../../../src/sim/kernel/sleep-channel.ts'
import { CopyCalls } from '../../../src/sim/kernel/vm/copy-calls.ts'
import { PageDirty } from '../../../src/sim/kernel/vm/page-dirty.ts'
import { PageHolds } from '../../../src/sim/kernel/vm/page-holds.ts'
import { Pmap } from '../../../src/sim/kernel/vm/pmap.ts'
import { UserSpace } from '../../../src/sim/kernel/vm/user-space.ts'
import { EventLog } from '../../../src/sim/lab/conformance/mapping/event-log.ts'
import { Machine } from '../../../src/sim/machine/machine.ts'
import { KVA_BASE } from '../../../src/sim/machine/page-table.ts'
import { PAGE_SIZE } from '../../../src/sim/machine/page.ts'
import { builtinCosts } from '../machine/builtin-costs.ts'

/** First page of KVA that no pool of a test uses. */
export const SPARE = 512

export function kva(page: number): number {
  return KVA_BASE + page * PAGE_SIZE
}

export function smallMachine(cpus = 2): Machine {
  return new Machine(new Simulator(), {
    cpus,
    tlbEntries: 64,
    tlbWays: 4,
    memoryPages: 4096,
    kvaPages: 1024,
    holdsData: true,
    costs: builtinCosts('p3smp'),
    callSites: CALL_SITES,
    tlbMissSite: Site['tlb miss'],
  })
}

/** A machine with the parts of a kernel that the mapping calls need. */
export function smallKernel(cpus = 2, smp = true, makePmap = Pmap) {
  const machine = smallMachine(cpus)
  const counters = new KernelCounters()
  const pmap = new makePmap(machine, counters, smp)
  const woken: number[] = []
  const threads = new KernelThreads(8, (thread) => woken.push(thread))
  let nextFrame = 3000
  return {
    machine,
    counters,
    pmap,
    threads,
    /** Threads woken so far. */
    woken,
    holds: new PageHolds(),
    dirty: new PageDirty(),
    copies: new CopyCalls(machine, counters),
    space: new UserSpace(256, { zeroFilledPage: () => (nextFrame < 3010 ? nextFrame++ : -1) }),
  }
}

export type SmallKernel = ReturnType<typeof smallKernel>

/** Records what happens to the first `slots` slots of `slotPages` pages each, in the notation of the vectors. */
export function watch(kernel: SmallKernel, slotPages: number, slots: number): EventLog {
  const log = new EventLog(slotPages, slots)
  kernel.pmap.observer = log
  return log
}

/** Fills a frame with bytes that tell frames and places apart. */
export function stamp(machine: Machine, pfn: number): void {
  machine.memory.bytesAt(pfn * PAGE_SIZE, PAGE_SIZE).forEach((_, i, bytes) => {
    bytes[i] = pfn * 31 + i * 7 + Math.floor(i / 256)
  })
}

export function bytesOf(machine: Machine, pfn: number, from: number, count: number): number[] {
  return [...machine.memory.bytesAt(pfn * PAGE_SIZE + from, count)]
}
