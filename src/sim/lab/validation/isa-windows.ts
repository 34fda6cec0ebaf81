import { IsaDmaController } from '../../devices/isa-dma-controller.ts'
import { SegmentList } from '../../devices/segment-list.ts'
import { Simulator } from '../../engine/simulator.ts'
import { CALL_SITES, Site } from '../../kernel/call-sites.ts'
import { KernelCounters } from '../../kernel/counters.ts'
import { OK } from '../../kernel/errno.ts'
import { IsaDma } from '../../kernel/isa-dma.ts'
import { PageAllocator } from '../../kernel/vm/page-allocator.ts'
import { PageHolds } from '../../kernel/vm/page-holds.ts'
import { Pmap } from '../../kernel/vm/pmap.ts'
import { NO_COSTS } from '../../machine/costs.ts'
import { isaWindow } from '../../machine/datasheets/isa-dma.ts'
import { DmaBus } from '../../machine/dma-bus.ts'
import { Machine } from '../../machine/machine.ts'
import { PAGE_SIZE } from '../../machine/page.ts'

/** All that ISA reaches, and as much again. */
const MEMORY_PAGES = 8192
const ISA_ADDRESS_BITS = 24
/** Windows in which transfers begin; the first one is the lowest that a kernel uses. */
const WINDOWS = 3

/** What became of transfers of contiguous pages below 16 MiB, on one channel of the 8237s. */
export interface IsaWindowCounts {
  /** Transfers whose pages lie in two windows ... */
  readonly crossing: number
  /** ... and those of them that went through the bounce buffer. */
  readonly crossingBounced: number
  /** Transfers within one window that went through the bounce buffer for no reason. */
  readonly insideBounced: number
  /** Transfers that the driver refused, or whose registers send the controller elsewhere than the data or the buffer. */
  readonly astray: number
}

/** Notes where the controller goes. */
class Destinations extends SegmentList {
  pieces = 0

  override start(toMemory: boolean): void {
    this.pieces = 0
    super.start(toMemory)
  }

  override add(address: number, bytes: number): void {
    this.pieces++
    super.add(address, bytes)
  }
}

/**
 * Has the driver set up, for every place in three windows and every length that a channel can move, a transfer of contiguous
 * pages, and looks at what the controller's registers then say. A scenario cannot show this: in its memory, pages that
 * follow one another below 16 MiB are rare.
 * @param channel 0 to 3, of bytes; 5 to 7, of words
 */
export function probeIsaWindows(channel: number): IsaWindowCounts {
  const counters = new KernelCounters()
  const { dma, controllers, destinations } = build(counters, channel)
  const windowPages = isaWindow(channel) / PAGE_SIZE
  const frames = Int32Array.from({ length: windowPages }, () => 0)
  const counts = { crossing: 0, crossingBounced: 0, insideBounced: 0, astray: 0 }
  for (let first = windowPages; first < (WINDOWS + 1) * windowPages; first++) {
    for (let count = 1; count <= windowPages; count++) {
      for (let i = 0; i < count; i++) frames[i] = first + i
      const before = counters.bytesBounced
      const error = dma.isa_dmastart_pages(true, frames, count, 0, count * PAGE_SIZE, channel)
      controllers.request(channel, destinations, false)
      const isWhole = destinations.pieces === 1 && destinations.totalBytes === count * PAGE_SIZE
      dma.isa_dmadone(channel)
      const bounced = counters.bytesBounced > before
      const crosses = (first % windowPages) + count > windowPages
      if (error !== OK || !isWhole || destinations.isRefused) counts.astray++
      if (crosses) counts.crossing++
      if (bounced && crosses) counts.crossingBounced++
      if (bounced && !crosses) counts.insideBounced++
    }
  }
  return counts
}

function build(counters: KernelCounters, channel: number) {
  const machine = new Machine(new Simulator(), {
    cpus: 1,
    tlbEntries: 64,
    tlbWays: 4,
    memoryPages: MEMORY_PAGES,
    kvaPages: 1,
    holdsData: false,
    costs: NO_COSTS,
    callSites: CALL_SITES,
    tlbMissSite: Site['tlb miss'],
  })
  const pages = new PageAllocator(
    { pages: MEMORY_PAGES, domains: 1, fragmentation: 0, ageing: 0, seed: 1 },
    new PageHolds(),
    () => undefined,
  )
  const bus = new DmaBus(machine.memory, { addressBits: ISA_ADDRESS_BITS, isHeld: () => true })
  const controllers = new IsaDmaController(bus)
  const dma = new IsaDma({ machine, pmap: new Pmap(machine, counters, false), pages, counters }, controllers)
  dma.isa_dma_init(channel, isaWindow(channel))
  dma.isa_dma_acquire(channel)
  return { dma, controllers, destinations: new Destinations(bus) }
}
