import type { Sanitizer } from '../../machine/sanitizer.ts'
import type { IommuDomain } from '../iommu/domain.ts'
import type { UserPages } from './uio-vector.ts'

/** Places of BUSDMA where processor time goes, for `charge`. */
export const BUSDMA_SITE_LOAD = 0
/** One page chunk visited, by the counting pass or by the segment builder. */
export const BUSDMA_SITE_PAGE_STEP = 1
/** One segment handed to the callback. */
export const BUSDMA_SITE_SEGMENT = 2
/** One bounce page reserved and attached to a map. */
export const BUSDMA_SITE_BOUNCE_RESERVE = 3
/** One bounce page given back. */
export const BUSDMA_SITE_BOUNCE_FREE = 4
export const BUSDMA_SITE_UNLOAD = 5
/** One call of bus_dmamap_sync; the copies charge themselves. */
export const BUSDMA_SITE_SYNC = 6
/** One load queued for bounce pages. */
export const BUSDMA_SITE_DEFER = 7

export const BUSDMA_SITE_NAMES = [
  'load',
  'page-step',
  'segment',
  'bounce-reserve',
  'bounce-free',
  'unload',
  'sync',
  'defer',
] as const

/** Index into BUSDMA_SITE_NAMES. */
export type BusDmaSite = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7

/** What BUSDMA needs of the machine and of the rest of the kernel; nothing else of either is visible to it. */
export interface BusDmaPlatform {
  /** Pages of physical memory, numbered from 0. */
  readonly ramPages: number
  /** Checks the bounce zones; none when it is left out. */
  readonly sanitizer?: Sanitizer | null
  /** Through which devices see memory; where it is left out, bus addresses are physical addresses. */
  readonly iommu?: IommuDomain | null
  /** Physical address of a mapped kernel virtual address, or of an mbuf without one (MBUF_PAGES_BASE). Charges itself. */
  pmap_kextract(va: number): number
  /** Physical address of a user address, 0 for a hole, as the kernels' pmap_extract. Charges itself. */
  pmap_extract(space: UserPages, uaddr: number): number
  /** Takes a page for a bounce zone: a pfn whose page ends at or below `limit` (an address), or -1. */
  allocBouncePage(limit: number): number
  /**
   * Takes `pages` contiguous pages that end at or below `limit` (an address). The
   * range starts at a multiple of `alignment` and crosses no multiple of `boundary` (bytes, powers of two; 0 for none).
   * Returns its first pfn, or -1.
   */
  allocContiguous(pages: number, limit: number, alignment: number, boundary: number): number
  /** Gives back a page that allocBouncePage returned. */
  freeBouncePage(pfn: number): void
  /** Gives back what allocContiguous returned. */
  freeContiguous(pfn: number, pages: number): void
  /** Copies bytes between physical addresses; neither range crosses a page. Charges itself and counts. */
  bounceCopy(fromPaddr: number, toPaddr: number, bytes: number): void
  /** Accounts processor time for `times` visits of a site. */
  charge(site: BusDmaSite, times: number): void
  /** Asks for a later call of busdma_swi. */
  raiseSoftInterrupt(): void
  /** Asks a kernel thread to call busdma_swi, in kernels that defer loads to one. */
  wakeBusdmaThread(): void
  /** A load was deferred. */
  bounceWait(): void
}
