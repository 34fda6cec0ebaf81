import { EINVAL, type Errno } from '../../errno.ts'
import { BUS_DMA_MAX_NSEGMENTS } from '../constants.ts'
import { isPowerOfTwo, type BusDmaTag, type BusDmaTagArgs } from '../tag.ts'

/**
 * The arguments of a new tag, with the alignment, boundary and segment size of the parent where they are stricter. EINVAL: a
 * size that is no power of two where one must be, or out of range.
 */
export function inherit_limits(args: BusDmaTagArgs, parent: BusDmaTag | null): BusDmaTagArgs | Errno {
  if (args.alignment !== 0 && !isPowerOfTwo(args.alignment)) return EINVAL
  if (args.boundary !== 0 && !isPowerOfTwo(args.boundary)) return EINVAL
  if (!(args.nsegments >= 1 && args.nsegments <= BUS_DMA_MAX_NSEGMENTS)) return EINVAL
  if (!(args.maxsegsz >= 1)) return EINVAL
  const alignment = Math.max(args.alignment, parent?.alignment ?? 1, 1)
  const boundary = Math.min(args.boundary || Infinity, parent?.boundary || Infinity)
  const maxsegsz = Math.min(args.maxsegsz, parent?.maxsegsz ?? Infinity, boundary)
  return { ...args, alignment, boundary: boundary === Infinity ? 0 : boundary, maxsegsz }
}
