import type { Simulator } from '../engine/simulator.ts'
import type { Machine } from '../machine/machine.ts'
import { PAGE_SIZE } from '../machine/page.ts'
import type { Sanitizer } from '../machine/sanitizer.ts'
import { MBUF_PAGES_BASE } from './busdma/mbuf.ts'
import { BUSDMA_SITE_NAMES } from './busdma/platform.ts'
import type { BusDmaPlatform, BusDmaSite } from './busdma/platform.ts'
import type { UserPages } from './busdma/uio-vector.ts'
import { Site } from './call-sites.ts'
import type { KernelCounters } from './counters.ts'
import type { IommuDomain } from './iommu/domain.ts'
import type { PageAllocator } from './vm/page-allocator.ts'
import type { Pmap } from './vm/pmap.ts'

/** Call site and cost of one visit, for each site that BUSDMA knows. */
function siteCosts(
  machine: Machine,
): Record<(typeof BUSDMA_SITE_NAMES)[number], readonly [site: number, ns: number]> {
  const { cost } = machine
  return {
    load: [Site.bus_dmamap_load, cost.busdmaLoad],
    'page-step': [Site['page step'], cost.busdmaPerPage],
    segment: [Site.segment, cost.busdmaPerSegment],
    'bounce-reserve': [Site['bounce reserve'], cost.busdmaPerPage],
    'bounce-free': [Site['bounce free'], cost.busdmaPerPage],
    unload: [Site.bus_dmamap_unload, cost.busdmaLoad],
    sync: [Site.bus_dmamap_sync, cost.busdmaLoad],
    defer: [Site['bounce wait'], cost.busdmaLoad],
  }
}

/** Gives BUSDMA the machine, the page allocator and the pmap, under its own narrow interface. */
export class BusDmaGlue implements BusDmaPlatform {
  readonly ramPages: number
  readonly sanitizer: Sanitizer | null
  readonly iommu: IommuDomain | null
  private readonly machine: Machine
  private readonly simulator: Simulator
  private readonly pmap: Pmap
  private readonly pages: PageAllocator
  private readonly counters: KernelCounters
  private readonly sites = new Int32Array(BUSDMA_SITE_NAMES.length)
  private readonly costs = new Float64Array(BUSDMA_SITE_NAMES.length)
  private readonly softInterruptEvent: number

  /**
   * @param softInterrupt runs busdma_swi
   * @param iommu what devices see memory through; null: nothing
   */
  constructor(
    machine: Machine,
    simulator: Simulator,
    pmap: Pmap,
    pages: PageAllocator,
    counters: KernelCounters,
    softInterrupt: () => void,
    iommu: IommuDomain | null = null,
  ) {
    this.ramPages = machine.memory.pages
    this.iommu = iommu
    this.sanitizer = machine.sanitizer
    this.machine = machine
    this.simulator = simulator
    this.pmap = pmap
    this.pages = pages
    this.counters = counters
    const table = siteCosts(machine)
    BUSDMA_SITE_NAMES.forEach((name, index) => {
      const [site, ns] = table[name]
      this.sites[index] = site
      this.costs[index] = ns
    })
    this.softInterruptEvent = simulator.on((cpu) => {
      machine.switchTo(cpu, simulator.now)
      machine.accounting.enter(Site.busdma_swi)
      softInterrupt()
      machine.accounting.leave()
    })
  }

  pmap_kextract(va: number): number {
    return va >= MBUF_PAGES_BASE ? va - MBUF_PAGES_BASE : this.pmap.pmap_kextract(va)
  }

  pmap_extract(space: UserPages, uaddr: number): number {
    this.machine.charge(Site.pmap_kextract, this.machine.cost.kextract)
    const pfn = space.pmap_extract(uaddr)
    return pfn < 0 ? 0 : pfn * PAGE_SIZE + (uaddr % PAGE_SIZE)
  }

  allocBouncePage(limit: number): number {
    return this.pages.contigmalloc(1, 0, limit, PAGE_SIZE, 0)
  }

  freeBouncePage(pfn: number): void {
    this.pages.contigfree(pfn, 1)
  }

  allocContiguous(pages: number, limit: number, alignment: number, boundary: number): number {
    return this.pages.contigmalloc(pages, 0, limit, alignment, boundary)
  }

  freeContiguous(pfn: number, pages: number): void {
    this.pages.contigfree(pfn, pages)
  }

  bounceCopy(fromPaddr: number, toPaddr: number, bytes: number): void {
    this.counters.bytesBounced += bytes
    this.counters.bytesCopied += bytes
    if (this.sanitizer !== null) {
      this.sanitizer.checkAccess(Math.floor(fromPaddr / PAGE_SIZE), -1, false)
      this.sanitizer.checkAccess(Math.floor(toPaddr / PAGE_SIZE), -1, true)
    }
    this.machine.memory.copy(fromPaddr, toPaddr, bytes)
    this.machine.chargeBytes(Site['bounce copy'], this.machine.cost.bounceCopyPerByte, bytes)
  }

  charge(site: BusDmaSite, times: number): void {
    this.machine.charge(this.sites[site]!, times * this.costs[site]!)
  }

  raiseSoftInterrupt(): void {
    this.simulator.schedule(this.machine.cpu.clock, this.softInterruptEvent, this.machine.cpu.id)
  }

  wakeBusdmaThread(): void {
    this.machine.charge(Site.wakeup, this.machine.cost.wakeup)
    this.raiseSoftInterrupt()
  }

  bounceWait(): void {
    this.counters.bounceWaits++
  }
}
