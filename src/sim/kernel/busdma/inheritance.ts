import type { BusDmaTag } from './tag.ts'

/** The tag excludes all that either of the two windows excludes, and what lies between them. */
export function inherit_window(tag: BusDmaTag, parent: BusDmaTag): void {
  tag.lowaddr = Math.min(parent.lowaddr, tag.lowaddr)
  tag.highaddr = Math.max(parent.highaddr, tag.highaddr)
}

/** The tighter of the two boundaries; 0 is none. */
export function inherit_tighter_boundary(tag: BusDmaTag, parent: BusDmaTag): void {
  if (tag.boundary === 0) tag.setBoundary(parent.boundary)
  else if (parent.boundary !== 0) tag.setBoundary(Math.min(parent.boundary, tag.boundary))
}

/** Puts the tag into the parent's filter chain. A tag without a filter takes the parent's and the parent's place. */
export function join_filter_chain(tag: BusDmaTag, parent: BusDmaTag): void {
  tag.parent = parent
  if (tag.filter === null) {
    // The parent's window is part of this tag's by now: only tags above it are left to ask.
    tag.filter = parent.filter
    tag.filterarg = parent.filterarg
    tag.parent = parent.parent
  }
  if (tag.parent !== null) tag.parent.refCount++
}
