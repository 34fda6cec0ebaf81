import { BUILTIN_DEVICES } from '../../../../../src/shared/profiles/builtin-devices.ts'
import type { DriverLimits } from '../../../../../src/sim/kernel/cam/sims/dma-sim.ts'
import { tagArgsOf } from '../../../../../src/sim/lab/storage/tag-args.ts'

/** What the driver of one of the lab's devices is built with. */
export function limitsOf(device: string): DriverLimits {
  const { tags, slots, timeoutNs } = BUILTIN_DEVICES.get(device)!
  return { tags: tags.map(tagArgsOf), slots, timeoutNs }
}
