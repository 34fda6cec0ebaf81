import { FirstFitArena } from '../../kernel/vm/first-fit-arena.ts'
import { Pmap2008 } from '../../kernel/vm/vmap.ts'
import type { Vmap, VmapParts } from '../../kernel/vm/vmap.ts'
import type { CostProfile } from '../../machine/costs.ts'
import { KVA_BASE } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { buildBench } from './bench.ts'

const PAGES_EACH = 4
/** Blocks wait for a flush while others are in use: room for both, with 64 processors as with 8. */
const KVA_PAGES = 256 * 1024

export interface VmapLoopOptions {
  readonly costs: CostProfile
  readonly cpus: number
  readonly sockets: number
  readonly threads: number
  /** Of each thread. */
  readonly loops: number
  readonly make: (parts: VmapParts) => Vmap
}

export interface VmapLoopTimes {
  /** Of one loop of a thread. */
  readonly nsPerLoop: number
  /** Processor time for one loop, waiting included. */
  readonly busyNsPerLoop: number
  /** Share of it that is waiting for the lock, 0 to 1. */
  readonly lockShare: number
  readonly shootdowns: number
  readonly staleAccesses: number
}

/** Threads on processors of their own, each of which maps four pages, touches them and unmaps them, over and over. */
export function runVmapLoop(options: VmapLoopOptions): VmapLoopTimes {
  const { costs, cpus, sockets, threads, loops } = options
  const { simulator, machine, counters } = buildBench({ costs, cpus, sockets, kvaPages: KVA_PAGES })
  const pmap = new Pmap2008(machine, counters)
  const vmap = options.make({ machine, pmap, arena: new FirstFitArena(0, KVA_PAGES) })
  const pages = Int32Array.from({ length: PAGES_EACH }, (_, i) => 100 + i)
  const left = new Int32Array(threads).fill(loops)
  const first = new Int32Array(threads).fill(-1)
  const cpuOf = (thread: number): number =>
    (thread % sockets) * (cpus / sockets) + Math.floor(thread / sockets)
  const step = simulator.on((thread) => {
    machine.switchTo(cpuOf(thread), simulator.now)
    if (first[thread]! < 0) {
      first[thread] = vmap.map(pages, PAGES_EACH)
      for (let i = 0; i < PAGES_EACH; i++) machine.translate(KVA_BASE + (first[thread] + i) * PAGE_SIZE)
    } else {
      vmap.unmap(first[thread]!, PAGES_EACH)
      first[thread] = -1
      if (--left[thread]! === 0) {
        machine.cpu.runnable = 0
        return
      }
    }
    simulator.schedule(machine.cpu.clock, step, thread)
  })
  for (let thread = 0; thread < threads; thread++) {
    machine.cpus[cpuOf(thread)]!.runnable = 1
    simulator.schedule(0, step, thread)
  }
  while (simulator.run(10_000) === 10_000) continue
  const own = Array.from({ length: threads }, (_, thread) => machine.cpus[cpuOf(thread)]!)
  const elapsed = own.reduce((sum, { clock }) => sum + clock, 0) / threads
  const busy = machine.cpus.reduce((sum, { busyNs }) => sum + busyNs, 0) - machine.idleHandlerNs
  return {
    nsPerLoop: elapsed / loops,
    busyNsPerLoop: busy / (threads * loops),
    lockShare: machine.lockStats().waitNs / busy,
    shootdowns: machine.counters.shootdowns,
    staleAccesses: machine.counters.staleAccesses,
  }
}
