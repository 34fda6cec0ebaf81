import type { CpuMask } from '../../machine/cpu-mask.ts'
import type { Machine } from '../../machine/machine.ts'
import { DMAP_BASE, KVA_BASE, PG_A, PG_G, PG_RW, PG_V, kvaPage } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import type { KernelObserver } from '../kernel-observer.ts'

/**
 * The kernel's page-table primitives, as DragonFly had them on the day of the post (i386 pmap.c). The plain calls make
 * every processor see the change before they return; the quick ones tell the current processor only. Addresses are page
 * aligned.
 */
export class Pmap {
  observer: KernelObserver | null = null
  /** A kernel for several processors: one without sends nothing to others, and lets mappings be global (PG_G). */
  readonly smp: boolean
  protected readonly machine: Machine
  protected readonly counters: KernelCounters
  /** Flags of a kernel mapping. */
  protected readonly mapped: number

  /** @param smp whether the kernel was built for several processors */
  constructor(machine: Machine, counters: KernelCounters, smp = true) {
    this.machine = machine
    this.counters = counters
    this.smp = smp
    this.mapped = smp ? PG_V | PG_RW : PG_V | PG_RW | PG_G
  }

  /**
   * Physical address of a kernel virtual address, by walking the page table.
   * @returns -1 for a hole
   */
  pmap_kextract(va: number): number {
    this.counters.kvaTranslations++
    this.machine.charge(Site.pmap_kextract, this.machine.cost.kextract)
    if (va >= DMAP_BASE) return va - DMAP_BASE
    const page = kvaPage(va)
    const frame = this.machine.pageTable.frameOf(page)
    return frame < 0 ? -1 : frame * PAGE_SIZE + (va - KVA_BASE - page * PAGE_SIZE)
  }

  /**
   * The frames of `count` pages from `va` on, by walking the page table as pmap_kextract does for each. It stops at a hole,
   * and at frame 0, whose address callers take for one.
   * @returns pages found; their frames are in `frames`
   */
  pmap_kextract_pages(va: number, count: number, frames: Int32Array): number {
    return va >= DMAP_BASE
      ? this.listFrames(Math.floor((va - DMAP_BASE) / PAGE_SIZE), count, frames, false)
      : this.listFrames(kvaPage(va), count, frames, true)
  }

  /** Enters one page, and waits until every processor has dropped what it knew of the address. */
  pmap_kenter(va: number, pfn: number): void {
    this.enterPageEverywhere(kvaPage(va), pfn)
  }

  /** Enters one page for the current processor. */
  pmap_kenter_quick(va: number, pfn: number): void {
    this.enterPageHere(kvaPage(va), pfn)
  }

  /** Makes every processor see the page-table entry as it is. */
  pmap_kenter_sync(va: number): void {
    this.machine.accounting.enter(Site.pmap_kenter)
    this.invalidateEverywhere(kvaPage(va), 1)
    this.machine.accounting.leave()
  }

  /** Makes the current processor see the page-table entry as it is. */
  pmap_kenter_sync_quick(va: number): void {
    this.machine.accounting.enter(Site.pmap_kenter)
    this.invalidateHere(kvaPage(va))
    this.machine.accounting.leave()
  }

  /** Removes one page, and waits until every processor has dropped it. */
  pmap_kremove(va: number): void {
    this.machine.accounting.enter(Site.pmap_kremove)
    this.writePte(kvaPage(va), -1, 0)
    this.invalidateEverywhere(kvaPage(va), 1)
    this.machine.accounting.leave()
  }

  /** Removes one page for the current processor. */
  pmap_kremove_quick(va: number): void {
    this.machine.accounting.enter(Site.pmap_kremove)
    this.writePte(kvaPage(va), -1, 0)
    this.invalidateHere(kvaPage(va))
    this.machine.accounting.leave()
  }

  /**
   * Enters `count` pages from `va` on and makes every processor see them.
   * @param from index in `pages` of the page to enter first
   */
  pmap_qenter(va: number, pages: Int32Array, count: number, from = 0): void {
    this.enterEverywhere(kvaPage(va), pages, count, from)
  }

  /**
   * Removes pages without any invalidation: what processors know of them stays until the address is entered again, and may
   * not be used.
   */
  pmap_qremove_noinval(va: number, count: number): void {
    this.removeUnseen(kvaPage(va), count)
  }

  /** Removes `count` pages from `va` on and makes every processor forget them. */
  pmap_qremove(va: number, count: number): void {
    this.removeEverywhere(kvaPage(va), count)
  }

  /**
   * Enters pages for the current processor only. `mask` names the processors that see the mapping as it is now; when an
   * entry changes, nobody else does any more. Never sends an IPI: each processor calls this before it uses the mapping.
   * An entry counts as unchanged when it is what this call would write, which has PG_A from the start and no PG_M: pages
   * written to since, or entered by pmap_qenter and not touched yet, are entered again.
   * @param from index in `pages` of the page to enter first
   */
  pmap_qenter2(va: number, pages: Int32Array, count: number, mask: CpuMask, from = 0): void {
    this.enterPagesHere(kvaPage(va), pages, count, mask, from)
  }

  /**
   * pmap_qenter2 by number of the first page in the window: an integer, so that the call allocates nothing, which one with an
   * address does wherever the compiler does not inline it.
   */
  enterPagesHere(first: number, pages: Int32Array, count: number, mask: CpuMask, from: number): void {
    this.machine.accounting.enter(Site.pmap_qenter)
    const { pageTable, cpu } = this.machine
    const flags = this.mapped | PG_A
    let written = 0
    let invalidated = 0
    for (let i = 0; i < count; i++) {
      const page = first + i
      const pfn = pages[from + i]!
      const changed = pageTable.frameOf(page) !== pfn || pageTable.flagsOf(page) !== flags
      if (changed) {
        mask.clear()
        this.storePte(page, pfn, flags)
        written++
      } else if (mask.has(cpu.id)) {
        continue
      }
      this.dropHere(page)
      invalidated++
    }
    this.chargePages(written, invalidated)
    mask.add(cpu.id)
    this.machine.accounting.leave()
  }

  /** Makes the current processor forget what it knows of `count` pages of the window. */
  invalidatePagesHere(first: number, count: number): void {
    for (let page = first; page < first + count; page++) this.dropHere(page)
    this.chargePages(0, count)
  }

  /**
   * Writes the entry of one page and leaves invalidation to the caller, who knows who used the old one.
   * @returns the PG_ flags of the entry before, 0 for a hole
   */
  pmap_store(va: number, pfn: number): number {
    const before = this.machine.pageTable.flagsOf(kvaPage(va))
    this.writePte(kvaPage(va), pfn, this.mapped)
    return before
  }

  /** Flushes the TLBs of all other processors. */
  smp_invltlb(): void {
    if (!this.smp) return
    const sent = this.machine.shootDownOthers(Site.smp_invltlb, Site['ipi handler'], this.skipsIdle)
    if (sent && this.observer !== null) this.observer.flushed(this.machine.ipiTargets)
  }

  /** Invalidates one page on the processors of `targets`, other than the current one (smp_masked_invlpg). */
  smp_masked_invlpg(targets: CpuMask, va: number): void {
    const page = kvaPage(va)
    const sent = this.machine.shootDownPageOn(targets, Site.smp_invlpg, Site['ipi handler'], page)
    if (sent && this.observer !== null) this.observer.pagesShotDown(page, 1, this.machine.ipiTargets)
  }

  /** Whether a shootdown leaves idle processors to flush when they wake. */
  protected get skipsIdle(): boolean {
    return false
  }

  private enterPageEverywhere(page: number, pfn: number): void {
    this.machine.accounting.enter(Site.pmap_kenter)
    this.writePte(page, pfn, this.mapped)
    this.invalidateEverywhere(page, 1)
    this.machine.accounting.leave()
  }

  private enterPageHere(page: number, pfn: number): void {
    this.machine.accounting.enter(Site.pmap_kenter)
    this.writePte(page, pfn, this.mapped)
    this.invalidateHere(page)
    this.machine.accounting.leave()
  }

  /** pmap_qenter, by page of the window. Page numbers, unlike addresses, are integers that calls pass without an allocation. */
  enterEverywhere(first: number, pages: Int32Array, count: number, from: number): void {
    this.machine.accounting.enter(Site.pmap_qenter)
    for (let i = 0; i < count; i++) {
      this.storePte(first + i, pages[from + i]!, this.mapped)
      this.dropHere(first + i)
    }
    this.chargePages(count, count)
    this.smp_invltlb()
    this.machine.accounting.leave()
  }

  /** Clears entries without any invalidation. */
  protected remove(first: number, count: number): void {
    for (let i = 0; i < count; i++) this.storePte(first + i, -1, 0)
    this.chargePages(count, 0)
  }

  /** pmap_qremove, by page of the window. */
  removeEverywhere(first: number, count: number): void {
    this.machine.accounting.enter(Site.pmap_qremove)
    for (let i = 0; i < count; i++) {
      this.storePte(first + i, -1, 0)
      this.dropHere(first + i)
    }
    this.chargePages(count, count)
    this.smp_invltlb()
    this.machine.accounting.leave()
  }

  protected writePte(page: number, frame: number, flags: number): void {
    this.storePte(page, frame, flags)
    this.chargePages(1, 0)
  }

  /** Writes an entry; its time is charged by the caller. */
  protected storePte(page: number, frame: number, flags: number): void {
    this.counters.pteWrites++
    if (frame < 0) this.machine.pageTable.clear(page)
    else this.machine.pageTable.set(page, frame, flags)
    if (this.observer !== null) this.observer.pteWritten(page, frame)
  }

  /** cpu_invlpg */
  protected invalidateHere(page: number): void {
    this.dropHere(page)
    this.chargePages(0, 1)
  }

  /** Charges a whole loop at once: its time is a multiple of the primitive's, exactly. */
  protected chargePages(written: number, invalidated: number): void {
    const { machine } = this
    if (written > 0) machine.charge(Site['pte write'], written * machine.cost.pteWrite)
    if (invalidated > 0) machine.charge(Site.invlpg, invalidated * machine.cost.invlpg)
  }

  private dropHere(page: number): void {
    this.machine.invalidateLocal(page)
    if (this.observer !== null) this.observer.invalidated(page)
  }

  /** pmap_qremove_noinval, by page of the window. */
  removeUnseen(first: number, count: number): void {
    this.machine.accounting.enter(Site.pmap_qremove)
    this.remove(first, count)
    this.machine.accounting.leave()
  }

  /** @param first page of the window, or a frame of the direct map */
  private listFrames(first: number, count: number, frames: Int32Array, inWindow: boolean): number {
    let found = 0
    for (; found < count; found++) {
      const frame = inWindow ? this.machine.pageTable.frameOf(first + found) : first + found
      if (frame <= 0) break
      frames[found] = frame
    }
    const walked = Math.min(found + 1, count)
    this.counters.kvaTranslations += walked
    this.machine.charge(Site.pmap_kextract, walked * this.machine.cost.kextract)
    return found
  }

  /** The other processors first, then the current one. */
  protected invalidateEverywhere(first: number, count: number): void {
    if (this.smp) {
      const { machine } = this
      const handler = Site['ipi handler']
      const sent = machine.shootDownPages(Site.smp_invlpg, handler, this.skipsIdle, first, count)
      if (sent && this.observer !== null) this.observer.pagesShotDown(first, count, machine.ipiTargets)
    }
    for (let page = first; page < first + count; page++) this.invalidateHere(page)
  }
}
