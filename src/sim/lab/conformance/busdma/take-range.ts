import { PAGE_SIZE } from '../../../kernel/busdma/constants.ts'

/** Takes a contiguous range out of a list of free page frames, as BusDmaPlatform.allocContiguous; its first pfn, or -1. */
export function takeRange(
  supply: number[],
  pages: number,
  limit: number,
  alignment: number,
  boundary: number,
): number {
  const free = new Set(supply)
  const first = supply.find((pfn) => {
    const start = pfn * PAGE_SIZE
    const end = start + pages * PAGE_SIZE
    if (start % alignment !== 0 || end - 1 > limit) return false
    if (boundary > 0 && (start % boundary) + end - start > boundary) return false
    for (let next = pfn; next < pfn + pages; next++) if (!free.has(next)) return false
    return true
  })
  if (first === undefined) return -1
  const rest = supply.filter((pfn) => pfn < first || pfn >= first + pages)
  supply.splice(0, supply.length, ...rest)
  return first
}
