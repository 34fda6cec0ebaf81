import { Simulator } from '../../../../src/sim/engine/simulator.ts'
import { BusDma } from '../../../../src/sim/kernel/busdma/busdma.ts'
import type { BusDmaTag } from '../../../../src/sim/kernel/busdma/tag.ts'
import { dragonfly2020 } from '../../../../src/sim/kernel/busdma/dialects/dragonfly-2020.ts'
import { BusDmaGlue } from '../../../../src/sim/kernel/busdma-glue.ts'
import { KernelCounters } from '../../../../src/sim/kernel/counters.ts'
import { MsfCopyCalls } from '../../../../src/sim/kernel/msf-buf/copy.ts'
import { DmaBindings } from '../../../../src/sim/kernel/msf-buf/dma-binding.ts'
import { MsfDmaCalls } from '../../../../src/sim/kernel/msf-buf/dma.ts'
import { KvaSlots } from '../../../../src/sim/kernel/msf-buf/kva-slots.ts'
import type { MsfBuf } from '../../../../src/sim/kernel/msf-buf/msf-buf.ts'
import { MsfBufCalls } from '../../../../src/sim/kernel/msf-buf/post.ts'
import { MsfSourceCalls } from '../../../../src/sim/kernel/msf-buf/sources.ts'
import { DirectMapLwBufs } from '../../../../src/sim/kernel/sf-buf/lwbuf-direct-map.ts'
import { KernelThreads } from '../../../../src/sim/kernel/sleep-channel.ts'
import { UioCalls } from '../../../../src/sim/kernel/uio.ts'
import { CopyCalls } from '../../../../src/sim/kernel/vm/copy-calls.ts'
import { PageAllocator } from '../../../../src/sim/kernel/vm/page-allocator.ts'
import { PageHolds } from '../../../../src/sim/kernel/vm/page-holds.ts'
import { Pmap } from '../../../../src/sim/kernel/vm/pmap.ts'
import { UserSpace } from '../../../../src/sim/kernel/vm/user-space.ts'
import { XioCalls, XIO_INTERNAL_PAGES } from '../../../../src/sim/kernel/xio.ts'
import { XioCopy2020 } from '../../../../src/sim/kernel/xio/copy-2020.ts'
import { KVA_BASE } from '../../../../src/sim/machine/page-table.ts'
import { PAGE_SIZE } from '../../../../src/sim/machine/page.ts'
import { testMachine } from '../../machine/test-machine.ts'

const SLOTS_START = 512
export const SLOTS = 2
export const POOL = 2

/** Pages from here on are out of reach of `lowTag`. */
export const HIGH_PFN = 2048

/** Everything that msf_bufs work with: 16 MiB, two slots, a pool of two, user memory, BUSDMA with a few bounce pages. */
export class MsfBench {
  readonly simulator = new Simulator()
  readonly machine = testMachine({ cpus: 2 }, this.simulator)
  readonly counters = new KernelCounters()
  readonly holds = new PageHolds()
  readonly pages = new PageAllocator(
    { pages: this.machine.memory.pages, domains: 1, fragmentation: 0, ageing: 0, seed: 1 },
    this.holds,
    () => undefined,
  )
  readonly pmap = new Pmap(this.machine, this.counters)
  readonly xios = new XioCalls(this.machine, this.pmap, this.holds, this.counters)
  readonly copies = new CopyCalls(this.machine, this.counters)
  readonly space = new UserSpace(256, { zeroFilledPage: () => this.pages.alloc() })
  readonly slots = new KvaSlots(SLOTS_START, SLOTS, XIO_INTERNAL_PAGES)
  readonly woken: number[] = []
  readonly threads = new KernelThreads(4, (thread) => this.woken.push(thread))
  readonly busdma: BusDma
  readonly bindings: DmaBindings
  readonly msfs: MsfBufCalls
  readonly sources: MsfSourceCalls
  readonly copy: MsfCopyCalls
  readonly dma: MsfDmaCalls

  constructor(maxBouncePages = 4) {
    const { machine, simulator, pmap, pages, counters, xios, slots, threads } = this
    const glue = new BusDmaGlue(machine, simulator, pmap, pages, counters, () => this.busdma.busdma_swi())
    this.busdma = new BusDma(glue, dragonfly2020, maxBouncePages)
    this.bindings = new DmaBindings(this.busdma)
    this.msfs = new MsfBufCalls(
      { machine, pmap, xios, slots, counters, threads, bindings: this.bindings },
      POOL,
    )
    this.sources = new MsfSourceCalls(this.msfs, xios, this.holds)
    const window = new DirectMapLwBufs(machine)
    const uios = new UioCalls(machine, this.copies, window, 'dragonfly-2020')
    this.copy = new MsfCopyCalls(this.copies, new XioCopy2020(this.copies, window, uios))
    this.dma = new MsfDmaCalls(machine, this.msfs, this.bindings)
  }

  /** A tag whose device reaches the first half of memory only. */
  lowTag(nsegments = 32): BusDmaTag {
    const { tag } = this.busdma.bus_dma_tag_create(null, {
      alignment: 1,
      boundary: 0,
      lowaddr: HIGH_PFN * PAGE_SIZE - 1,
      highaddr: Number.MAX_SAFE_INTEGER,
      maxsize: 131_072,
      nsegments,
      maxsegsz: 65_536,
      flags: 0,
    })
    return tag!
  }

  /** Maps frames at a page of the window. @returns the address */
  map(page: number, pfns: readonly number[]): number {
    this.pmap.pmap_qenter(KVA_BASE + page * PAGE_SIZE, Int32Array.from(pfns), pfns.length)
    return KVA_BASE + page * PAGE_SIZE
  }

  fill(pfn: number, value: number): void {
    this.machine.memory.bytesAt(pfn * PAGE_SIZE, PAGE_SIZE).fill(value)
  }

  byteAt(pfn: number, offset: number): number {
    return this.machine.memory.bytesAt(pfn * PAGE_SIZE + offset, 1)[0]!
  }

  /** What must be as before after a call that failed, or after a release. */
  resources(): readonly number[] {
    return [
      this.holds.total,
      this.msfs.poolFree,
      this.slots.free,
      this.counters.kvaBytes,
      this.busdma.bouncePagesActive,
    ]
  }
}

export function made(result: MsfBuf | number): MsfBuf {
  if (typeof result === 'number') throw new Error(`errno ${result}`)
  return result
}
