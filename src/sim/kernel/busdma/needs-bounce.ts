import type { BusDmaTag } from './tag.ts'

/** Is `paddr` in the window that the device does not reach? */
export function in_window(tag: BusDmaTag, paddr: number): boolean {
  return paddr > tag.lowaddr && paddr <= tag.highaddr
}

/** Is `paddr` no multiple of the tag's alignment? */
export function is_misaligned(tag: BusDmaTag, paddr: number): boolean {
  return tag.alignment > 1 && Math.floor(paddr * tag.alignmentInverse) * tag.alignment !== paddr
}

/** Is `paddr` out of reach, by the window and filter of any tag of the filter chain? */
export function chain_excludes(dmat: BusDmaTag, paddr: number): boolean {
  let tag: BusDmaTag | null = dmat
  do {
    if (in_window(tag, paddr) && (tag.filter === null || tag.filter(tag.filterarg, paddr))) return true
    tag = tag.parent
  } while (tag !== null)
  return false
}

/** Must the chunk that starts at `paddr` bounce, because of the window or the alignment of any tag of the filter chain? */
export function chain_needs_bounce(dmat: BusDmaTag, paddr: number): boolean {
  let tag: BusDmaTag | null = dmat
  do {
    if (
      (in_window(tag, paddr) || is_misaligned(tag, paddr)) &&
      (tag.filter === null || tag.filter(tag.filterarg, paddr))
    ) {
      return true
    }
    tag = tag.parent
  } while (tag !== null)
  return false
}
