import { PAGE_SIZE } from '../../../../src/sim/machine/page.ts'
import type { Stretch } from './view.ts'

/** What each page must contain, kept apart from the simulated memory. */
export class PageModel {
  private readonly pages = new Map<number, Uint8Array>()

  store(stretches: readonly Stretch[], bytes: Uint8Array): void {
    let from = 0
    for (const { pfn, start, bytes: count } of stretches) {
      this.page(pfn).set(bytes.subarray(from, from + count), start)
      from += count
    }
  }

  load(stretches: readonly Stretch[]): Uint8Array {
    const bytes = new Uint8Array(stretches.reduce((sum, stretch) => sum + stretch.bytes, 0))
    let at = 0
    for (const { pfn, start, bytes: count } of stretches) {
      bytes.set(this.page(pfn).subarray(start, start + count), at)
      at += count
    }
    return bytes
  }

  zero(pfn: number): void {
    this.page(pfn).fill(0)
  }

  private page(pfn: number): Uint8Array {
    let page = this.pages.get(pfn)
    if (page === undefined) this.pages.set(pfn, (page = new Uint8Array(PAGE_SIZE)))
    return page
  }
}
