import type { BusDmaTag } from './tag.ts'

/** Most bytes of a segment that starts at `start`. What follows them is aligned again, unless segments are shorter than that. */
export function capacityAt(tag: BusDmaTag, start: number): number {
  let bytes = tag.maxsegsz
  if (tag.boundary !== 0) {
    const toBoundary = (Math.floor(start * tag.boundaryInverse) + 1) * tag.boundary - start
    if (toBoundary < bytes) bytes = toBoundary
  }
  if (tag.alignment === 1) return bytes
  return Math.floor(bytes * tag.alignmentInverse) * tag.alignment || bytes
}
