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
