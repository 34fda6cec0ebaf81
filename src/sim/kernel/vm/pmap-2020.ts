import { kvaPage } from '../../machine/page-table.ts'
import { Site } from '../call-sites.ts'
import { Pmap } from './pmap.ts'

/** Pages above which one full flush takes the place of page after page. */
const MAX_INVAL_PAGES = 128

/**
 * The primitives of DragonFly 2020 (pc64 pmap.c): all entries are written first, then one shootdown covers the range, and
 * processors that idle are not interrupted but flush when they wake. The `_noinval` calls leave invalidation to a later
 * one, so what they remove may stay in TLBs until the address is entered again.
 */
export class Pmap2020 extends Pmap {
  /** Enters one page without any invalidation. */
  pmap_kenter_noinval(va: number, pfn: number): void {
    this.machine.accounting.enter(Site.pmap_kenter)
    this.writePte(kvaPage(va), pfn, this.mapped)
    this.machine.accounting.leave()
  }

  /** Removes one page without any invalidation. */
  pmap_kremove_noinval(va: number): void {
    this.machine.accounting.enter(Site.pmap_kremove)
    this.writePte(kvaPage(va), -1, 0)
    this.machine.accounting.leave()
  }

  /** Enters pages without any invalidation. */
  pmap_qenter_noinval(va: number, pages: Int32Array, count: number, from = 0): void {
    this.enterUnseen(kvaPage(va), pages, count, from)
  }

  /** pmap_qenter_noinval, by page of the window. */
  enterUnseen(first: number, pages: Int32Array, count: number, from: number): void {
    this.machine.accounting.enter(Site.pmap_qenter)
    this.enter(first, pages, count, from)
    this.machine.accounting.leave()
  }

  override enterEverywhere(first: number, pages: Int32Array, count: number, from: number): void {
    this.machine.accounting.enter(Site.pmap_qenter)
    this.enter(first, pages, count, from)
    this.invalidateRange(first, count)
    this.machine.accounting.leave()
  }

  override removeEverywhere(first: number, count: number): void {
    this.machine.accounting.enter(Site.pmap_qremove)
    this.remove(first, count)
    this.invalidateRange(first, count)
    this.machine.accounting.leave()
  }

  protected override get skipsIdle(): boolean {
    return true
  }

  private enter(first: number, pages: Int32Array, count: number, from: number): void {
    for (let i = 0; i < count; i++) this.storePte(first + i, pages[from + i]!, this.mapped)
    this.chargePages(count, 0)
  }

  private invalidateRange(first: number, count: number): void {
    if (count <= MAX_INVAL_PAGES) {
      this.invalidateEverywhere(first, count)
      return
    }
    this.smp_invltlb()
    for (let page = first; page < first + count; page++) this.invalidateHere(page)
  }
}
