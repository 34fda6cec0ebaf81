import { MAXPHYS } from '../kernel/bufcache/limits.ts'
import type { DeviceProfile } from './device-profile.ts'

/** A channel of the ISA DMA controllers moves at most this many bytes, or as many words. */
const ISA_COUNT = 64 * 1024

/** Most bytes that one transfer of a device can have (si_iosize_max), at most MAXPHYS: what its driver's tags and engine take. */
export function maxTransfer({ interface: kind, tags }: DeviceProfile): number {
  return Math.min(MAXPHYS, kind === 'isa-dma' ? ISA_COUNT : MAXPHYS, ...tags.map(({ maxsize }) => maxsize))
}
