import type { BufferCache } from '../kernel/bufcache/buffer-cache.ts'
import type { PageHolds } from '../kernel/vm/page-holds.ts'
import type { Machine } from '../machine/machine.ts'
import { PAGE_SIZE } from '../machine/page.ts'
import type { Sanitizer } from '../machine/sanitizer.ts'
import type { Kernel } from './kernel.ts'

const LEAF = 'end of run'

/**
 * Has the machine's sanitizer, if there is one, check at the end of a run that everything taken from now on is back or
 * belongs to a cached buffer: page holds, KVA, msf_bufs of the pool. Call it before the first request.
 */
export function watchEnd(machine: Machine, kernel: Kernel, cache: BufferCache): void {
  const { sanitizer } = machine
  if (sanitizer === null) return
  const { holds, slots, msfs, bufferMap, kernelMap } = kernel
  const before = { kernelMap: kernelMap.freePages, bufferMap: bufferMap.freePages }
  sanitizer.atEnd(() => {
    checkHolds(sanitizer, holds, cache)
    const own = ownedBy(cache)
    reportLost(sanitizer, 'kva-leak', 'KVA slots of msf_bufs', slots.size - slots.free - own.slots)
    reportLost(
      sanitizer,
      'kva-leak',
      'pages of the buffer map',
      before.bufferMap - bufferMap.freePages - own.pages,
    )
    reportLost(sanitizer, 'kva-leak', 'pages of the kernel map', before.kernelMap - kernelMap.freePages)
    reportLost(sanitizer, 'msf-leak', 'msf_bufs of the pool', msfs.poolSize - msfs.poolFree)
  })
}

/** KVA that buffers keep for their next block, or are mapped at without keeping it: slots of msf_bufs, and pages of the buffer map. */
function ownedBy(cache: BufferCache): { readonly slots: number; readonly pages: number } {
  return {
    slots: cache.bufs.filter((buf) => buf.msf.slot >= 0).length,
    pages: cache.bufs.reduce(
      (sum, buf) => sum + (buf.b_kvasize > 0 ? buf.b_kvasize / PAGE_SIZE : buf.mappedPages),
      0,
    ),
  }
}

function reportLost(sanitizer: Sanitizer, kind: 'kva-leak' | 'msf-leak', what: string, count: number): void {
  if (count !== 0) sanitizer.report(kind, LEAF, () => `${count} ${what} that nobody has and nobody gave back`)
}

/** Compares the holds on each page with those that the cache accounts for. */
function checkHolds(sanitizer: Sanitizer, holds: PageHolds, cache: BufferCache): void {
  const expected = new Map<number, number>()
  cache.forEachHold((pfn) => expected.set(pfn, (expected.get(pfn) ?? 0) + 1))
  const found = new Map<number, number>()
  holds.forEach((pfn, count) => found.set(pfn, count))
  for (const pfn of [...new Set([...expected.keys(), ...found.keys()])].toSorted((a, b) => a - b)) {
    const [due, is] = [expected.get(pfn) ?? 0, found.get(pfn) ?? 0]
    if (is !== due)
      sanitizer.report(
        is > due ? 'hold-leak' : 'hold-underflow',
        LEAF,
        () => `page ${pfn}: ${is} holds, of which buffers account for ${due}`,
      )
  }
}
