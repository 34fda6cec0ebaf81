import { Simulator } from '../../../src/sim/engine/simulator.ts'
import { KernelCounters } from '../../../src/sim/kernel/counters.ts'
import { KvaSlots } from '../../../src/sim/kernel/msf-buf/kva-slots.ts'
import { MsfBufCalls } from '../../../src/sim/kernel/msf-buf/post.ts'
import { PageAllocator } from '../../../src/sim/kernel/vm/page-allocator.ts'
import { PageHolds } from '../../../src/sim/kernel/vm/page-holds.ts'
import { Pmap } from '../../../src/sim/kernel/vm/pmap.ts'
import { XIO_INTERNAL_PAGES, XioCalls } from '../../../src/sim/kernel/xio.ts'
import type { Machine, MachineOptions } from '../../../src/sim/machine/machine.ts'
import { KVA_BASE } from '../../../src/sim/machine/page-table.ts'
import { testMachine } from '../machine/test-machine.ts'

/** Where msf_bufs are mapped in the KVA window, and how many at a time. */
export const SLOTS_START = 512
export const SLOTS = 3
export const POOL = 3

export interface Resources {
  readonly counters: Pick<KernelCounters, 'kvaMaps' | 'kvaUnmaps' | 'kvaBytes' | 'kvaBytesMax'>
  readonly holds: number
  readonly pool: number
  readonly freeSlots: number
}

/** The lower half of a kernel on a small machine, without devices. */
export class KernelBench {
  readonly simulator = new Simulator()
  readonly machine: Machine
  readonly counters = new KernelCounters()
  readonly pages: PageAllocator
  readonly holds = new PageHolds()
  readonly pmap: Pmap
  readonly xios: XioCalls
  readonly slots = new KvaSlots(SLOTS_START, SLOTS, XIO_INTERNAL_PAGES)
  readonly msfs: MsfBufCalls

  constructor(options: Partial<MachineOptions> = {}) {
    this.machine = testMachine(options, this.simulator)
    const memory = { pages: this.machine.memory.pages, domains: 1, fragmentation: 100, ageing: 0, seed: 1 }
    this.pages = new PageAllocator(memory, this.holds, () => undefined)
    this.pmap = new Pmap(this.machine, this.counters)
    this.xios = new XioCalls(this.machine, this.pmap, this.holds, this.counters)
    const { machine, pmap, xios, slots, counters } = this
    this.msfs = new MsfBufCalls({ machine, pmap, xios, slots, counters, threads: null, bindings: null }, POOL)
  }

  /** Maps fresh pages at a page of the window and gives their frames. */
  mapPages(page: number, count: number): number[] {
    const pfns = Array.from({ length: count }, () => this.pages.alloc())
    this.pmap.pmap_qenter(KVA_BASE + page * 4096, Int32Array.from(pfns), count)
    return pfns
  }

  /** What must be as before after a call that failed, or after a release. */
  resources(): Resources {
    const { kvaMaps, kvaUnmaps, kvaBytes, kvaBytesMax } = this.counters
    return {
      counters: { kvaMaps, kvaUnmaps, kvaBytes, kvaBytesMax },
      holds: this.holds.total,
      pool: this.msfs.poolFree,
      freeSlots: this.slots.free,
    }
  }
}
