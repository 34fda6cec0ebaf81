import { Site } from '../call-sites.ts'
import { PG_V } from '../../machine/page-table.ts'
import { Pmap } from './pmap.ts'

/**
 * The primitives of FreeBSD 2013 (amd64 pmap.c). Entering pages tells other processors only when an entry was valid before;
 * removing them tells all, and each invalidates the range page by page (smp_invlpg_range).
 */
export class FreeBsdPmap extends Pmap {
  override enterEverywhere(first: number, pages: Int32Array, count: number, from: number): void {
    const { pageTable, accounting } = this.machine
    accounting.enter(Site.pmap_qenter)
    let replaced = 0
    for (let i = 0; i < count; i++) {
      replaced |= pageTable.flagsOf(first + i) & PG_V
      this.storePte(first + i, pages[from + i]!, this.mapped)
    }
    this.chargePages(count, 0)
    if (replaced !== 0) this.invalidateEverywhere(first, count)
    accounting.leave()
  }

  override removeEverywhere(first: number, count: number): void {
    this.machine.accounting.enter(Site.pmap_qremove)
    this.remove(first, count)
    this.invalidateEverywhere(first, count)
    this.machine.accounting.leave()
  }
}
