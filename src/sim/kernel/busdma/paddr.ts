import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from './constants.ts'
import type { BusDmaState } from './state.ts'
import type { UserPages } from './uio-vector.ts'

/**
 * Physical address of byte `at` of a piece of a request: of a page list, else of the kernel's map or a process's. -1 for
 * a hole in a process's address space.
 */
export function paddrOrHole(
  state: BusDmaState,
  pages: Int32Array | null,
  space: UserPages | null,
  at: number,
): number {
  if (pages !== null) return (pages[at >>> PAGE_SHIFT] as number) * PAGE_SIZE + (at & PAGE_MASK)
  if (space === null) return state.platform.pmap_kextract(at)
  return space.pmap_extract(at) < 0 ? -1 : state.platform.pmap_extract(space, at)
}
