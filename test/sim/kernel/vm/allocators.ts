import { PageAllocator } from '../../../../src/sim/kernel/vm/page-allocator.ts'
import type { PageAllocatorOptions } from '../../../../src/sim/kernel/vm/page-allocator.ts'
import { PageHolds } from '../../../../src/sim/kernel/vm/page-holds.ts'

export const MIB_PAGES = 256
export const PAGE = 4096

/** An allocator over `mib` MiB: one domain, no fragmentation, no ageing, unless said otherwise. */
export function allocatorOf(
  mib: number,
  options: Partial<PageAllocatorOptions> = {},
  holds = new PageHolds(),
  forget: (pfn: number) => void = () => undefined,
): PageAllocator {
  return new PageAllocator(
    { pages: mib * MIB_PAGES, domains: 1, fragmentation: 0, ageing: 0, seed: 1, ...options },
    holds,
    forget,
  )
}

/** Allocates `count` pages. */
export function take(pages: PageAllocator, count: number, domain = 0): number[] {
  return Array.from({ length: count }, () => pages.alloc(domain))
}
