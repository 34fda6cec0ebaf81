import type { Simulator } from '../../engine/simulator.ts'
import { IOPTE_R, IOPTE_W } from '../../machine/io-page-table.ts'
import type { Iommu } from '../../machine/iommu.ts'
import type { Machine } from '../../machine/machine.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import type { Sanitizer } from '../../machine/sanitizer.ts'
import { Site } from '../call-sites.ts'
import { FlushQueue } from './flush-queue.ts'
import { IovaAllocator } from './iova-allocator.ts'

/** A queued range waits no longer than this, as in Linux. */
const FLUSH_AFTER_NS = 10_000_000

/** Devices on a PCI bus get addresses of 32 bits as long as there are any, as in Linux. */
const LAST_PAGE_32BIT = 0x100000000 / PAGE_SIZE - 1

/**
 * The kernel's side of an IOMMU domain: which I/O virtual addresses are in use, what they mean, and when the IOTLB hears of
 * the end of it. `strict`: before unmap returns, so that nothing is reached through an address after it. `lazy`: with the
 * 256th unmapped range or after 10 ms, once for all; until then a device that still uses an address reaches the old frame, and
 * no mapping gets that address.
 */
export class IommuDomain {
  readonly policy: 'strict' | 'lazy'
  readonly iommu: Iommu
  readonly iovas: IovaAllocator
  private readonly machine: Machine
  private readonly simulator: Simulator
  private readonly queue = new FlushQueue()
  private readonly flushEvent: number
  private timerIsSet = false
  /** I/O pages of control memory, which drivers keep for good. */
  private controlPages = 0

  constructor(machine: Machine, simulator: Simulator, iommu: Iommu, policy: 'strict' | 'lazy') {
    this.machine = machine
    this.simulator = simulator
    this.iommu = iommu
    this.policy = policy
    this.iovas = new IovaAllocator(machine.cpus.length)
    this.flushEvent = simulator.on((cpu) => this.timer(cpu))
    const { sanitizer } = machine
    sanitizer?.atEnd(() => this.audit(sanitizer))
  }

  /** Unmapped I/O pages that wait for a flush. */
  get pagesQueued(): number {
    return this.queue.pagesWaiting
  }

  /**
   * Takes `pages` contiguous I/O pages up to page `last`; below 4 GiB where that can be. When no range is left, those that
   * wait for a flush are flushed first. All arguments count pages, which are small integers where addresses are not: so
   * nothing is allocated to pass them.
   * @param align the range starts at a multiple of it; a power of two
   * @returns the first I/O page, or -1
   */
  iova_alloc(pages: number, last: number, align: number): number {
    const first = this.search(pages, last, align)
    if (first >= 0 || this.queue.count === 0) return first
    this.flush()
    return this.search(pages, last, align)
  }

  /** Gives back a range that was never entered in the I/O page table: no device knows of it. */
  iova_free(first: number, pages: number): void {
    this.machine.charge(Site['iova free'], this.machine.cost.iovaFree)
    this.iovas.free(first, pages, this.machine.cpu.id)
  }

  /**
   * Enters one page for reading and writing; BUSDMA does not know the direction of a transfer when it loads. Charged by
   * `charge_map`, once for all pages of a range.
   */
  enter(ioPage: number, pfn: number): void {
    this.iommu.table.set(ioPage, pfn, IOPTE_R | IOPTE_W)
  }

  /** Spends the time that entering `pages` pages took. */
  charge_map(pages: number): void {
    const { cost } = this.machine
    this.machine.charge(Site['iommu map'], cost.iommuMap + pages * cost.iommuMapPerPage)
  }

  /** Removes a range from the I/O page table and gives it back as the policy says. */
  unmap(first: number, pages: number): void {
    const { machine, iommu } = this
    const { cost } = machine
    for (let ioPage = first; ioPage < first + pages; ioPage++) iommu.table.clear(ioPage)
    machine.charge(Site['iommu unmap'], cost.iommuUnmap + pages * cost.iommuUnmapPerPage)
    if (this.policy === 'lazy') {
      this.enqueue(first, pages)
      return
    }
    machine.charge(Site['iotlb invalidate'], cost.iotlbInvalidate)
    iommu.invalidatePages(first, pages)
    this.iova_free(first, pages)
  }

  /**
   * Maps control memory: `pages` frames from `pfn` on, until `unmap_control`.
   * @returns the first I/O page, or -1 when no range is left
   */
  map_control(pfn: number, pages: number, last: number, align: number): number {
    const first = this.iova_alloc(pages, last, align)
    if (first < 0) return -1
    for (let i = 0; i < pages; i++) this.enter(first + i, pfn + i)
    this.charge_map(pages)
    this.controlPages += pages
    return first
  }

  unmap_control(first: number, pages: number): void {
    if (pages > this.controlPages)
      throw new SimulationFault(`${pages} pages of control memory unmapped, of ${this.controlPages}`)
    this.controlPages -= pages
    this.unmap(first, pages)
  }

  /** Has the IOTLB forget everything and frees what waited for that; nothing when nothing waits. */
  flush(): void {
    const { machine, queue } = this
    if (queue.count === 0) return
    machine.accounting.enter(Site['iommu flush'])
    machine.charge(Site['iotlb invalidate'], machine.cost.iotlbInvalidate)
    this.iommu.invalidateAll()
    machine.charge(Site['iova free'], queue.count * machine.cost.iovaFree)
    for (let i = 0; i < queue.count; i++) this.iovas.free(queue.firstAt(i), queue.pagesAt(i), machine.cpu.id)
    queue.clear()
    machine.accounting.leave()
  }

  private search(pages: number, last: number, align: number): number {
    const first = this.searchBelow(pages, Math.min(last, LAST_PAGE_32BIT), align)
    return first >= 0 || last <= LAST_PAGE_32BIT ? first : this.searchBelow(pages, last, align)
  }

  private searchBelow(pages: number, last: number, align: number): number {
    const { cost } = this.machine
    const first = this.iovas.alloc(pages, last, align, this.machine.cpu.id)
    this.machine.charge(Site['iova alloc'], cost.iovaAlloc + this.iovas.steps * cost.iovaSearchStep)
    return first
  }

  private enqueue(first: number, pages: number): void {
    const { machine, queue } = this
    machine.charge(Site['iommu queue'], machine.cost.iommuQueue)
    queue.push(first, pages)
    if (queue.isFull) this.flush()
    else if (!this.timerIsSet) {
      this.timerIsSet = true
      this.simulator.schedule(machine.cpu.clock + FLUSH_AFTER_NS, this.flushEvent, machine.cpu.id)
    }
  }

  /** Runs on the processor that set it. Without a range that waits, nothing happens and no processor wakes. */
  private timer(cpu: number): void {
    this.timerIsSet = false
    if (this.queue.count === 0) return
    this.machine.switchTo(cpu, this.simulator.now)
    this.flush()
  }

  /** Every transfer is over: all I/O pages are control memory, or wait for a flush. */
  private audit(sanitizer: Sanitizer): void {
    const kept = this.iovas.taken - this.queue.pagesWaiting - this.controlPages
    const mapped = this.iommu.table.entries - this.controlPages
    if (kept !== 0 || mapped !== 0)
      sanitizer.report(
        'iova-leak',
        'end of run',
        () => `${kept} I/O pages that nobody gave back, ${mapped} of them in the I/O page table`,
      )
  }
}
