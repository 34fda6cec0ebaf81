import type { Machine } from '../../machine/machine.ts'
import { DMAP_BASE, KVA_BASE, kvaPage } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import type { CpuMask } from './cpu-mask.ts'

/**
 * The kernel's page-table primitives, as DragonFly had them on the day of the post (i386 pmap.c): a mapping change is
 * followed by a local invalidation of each page and one flush of all other processors.
 */
export class Pmap {
  private readonly machine: Machine
  private readonly counters: KernelCounters

  constructor(machine: Machine, counters: KernelCounters) {
    this.machine = machine
    this.counters = counters
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

  /** Enters `count` pages from `va` on, page aligned, and makes every processor see them. */
  pmap_qenter(va: number, pages: Int32Array, count: number): void {
    this.machine.accounting.enter(Site.pmap_qenter)
    const first = kvaPage(va)
    for (let i = 0; i < count; i++) this.writePte(first + i, pages[i]!)
    this.machine.shootDownOthers(Site.smp_invltlb, Site['ipi handler'])
    this.machine.accounting.leave()
  }

  /** Removes `count` pages from `va` on, page aligned, and makes every processor forget them. */
  pmap_qremove(va: number, count: number): void {
    this.machine.accounting.enter(Site.pmap_qremove)
    const first = kvaPage(va)
    for (let i = 0; i < count; i++) this.writePte(first + i, -1)
    this.machine.shootDownOthers(Site.smp_invltlb, Site['ipi handler'])
    this.machine.accounting.leave()
  }

  /**
   * Enters pages for the current processor only. `mask` names the processors that see the mapping as it is now; when an
   * entry changes, nobody else does any more. Never sends an IPI: each processor calls this before it uses the mapping.
   */
  pmap_qenter2(va: number, pages: Int32Array, count: number, mask: CpuMask): void {
    this.machine.accounting.enter(Site.pmap_qenter)
    const first = kvaPage(va)
    const cpu = this.machine.cpu.id
    for (let i = 0; i < count; i++) {
      if (this.machine.pageTable.frameOf(first + i) !== pages[i]) {
        mask.clear()
        this.writePte(first + i, pages[i]!)
      } else if (!mask.has(cpu)) {
        this.machine.invalidateLocal(Site.invlpg, first + i)
      }
    }
    mask.add(cpu)
    this.machine.accounting.leave()
  }

  private writePte(page: number, frame: number): void {
    this.counters.pteWrites++
    this.machine.pageTable.set(page, frame)
    this.machine.charge(Site['pte write'], this.machine.cost.pteWrite)
    this.machine.invalidateLocal(Site.invlpg, page)
  }
}
