import type { Simulator } from '../engine/simulator.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import type { Drive } from './drive.ts'
import type { InterruptLine } from './interrupt-line.ts'
import type { ScsiDevice } from './scsi-device.ts'
import type { SegmentList } from './segment-list.ts'

/** What a storage device is made from, whatever its interface. */
export interface DeviceParts {
  readonly simulator: Simulator
  readonly bus: DmaBus
  /** The transfer that the device works on now. */
  readonly segments: SegmentList
  readonly drive: Drive
  /** What a SCSI adapter has at its bus instead of a disk. @param tags most commands at one time */
  readonly scsiDevice?: ((tags: number) => ScsiDevice) | undefined
  /** One for each queue of the device; most have one. */
  readonly interrupts: readonly InterruptLine[]
}
