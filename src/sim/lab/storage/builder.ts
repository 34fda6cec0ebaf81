import type { DeviceParts } from '../../devices/device-parts.ts'
import type { DmaSimParts, DriverLimits } from '../../kernel/cam/sims/dma-sim.ts'
import type { CamSim } from '../../kernel/cam/xpt.ts'
import type { DeviceProfile } from '../device-profile.ts'

/** What a device and its driver are put together from. */
export interface StorageKit {
  readonly profile: DeviceProfile
  readonly device: DeviceParts
  readonly driver: DmaSimParts
  readonly limits: DriverLimits
}

/** A driver with its device attached. */
export interface StorageDriver {
  readonly sim: CamSim
  /** The handler of the interrupt of one of the device's queues. */
  interrupt(queue: number): void
}

/** Puts the device and the driver of one interface together. */
export type StorageBuilder = (kit: StorageKit) => StorageDriver
