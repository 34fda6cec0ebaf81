/** Where the longest segment ends that starts at `start`: at the boundary (0 for none) or after `maxsegsz` bytes. */
export function segment_end(
  start: number,
  maxsegsz: number,
  boundary: number,
  boundaryInverse: number,
): number {
  const longest = start + maxsegsz
  if (boundary === 0) return longest
  const window = (Math.floor(start * boundaryInverse) + 1) * boundary
  return window < longest ? window : longest
}

/** Most bytes of a segment that starts at `start`, up to `end`. What follows them is aligned again, unless chunks stand alone. */
export function capacity(start: number, end: number, alignment: number, alignmentInverse: number): number {
  const bytes = end - start
  if (alignment === 1) return bytes
  return Math.floor(bytes * alignmentInverse) * alignment || bytes
}
