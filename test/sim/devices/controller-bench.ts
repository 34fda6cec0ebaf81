import { Drive } from '../../../src/sim/devices/drive.ts'
import { Media } from '../../../src/sim/devices/media.ts'
import { SegmentList } from '../../../src/sim/devices/segment-list.ts'
import { Simulator } from '../../../src/sim/engine/simulator.ts'
import { DmaBus } from '../../../src/sim/machine/dma-bus.ts'
import { PhysicalMemory } from '../../../src/sim/machine/physical-memory.ts'

export const SECTORS = 2 ** 33 + 5
export const SERVICE_NS = 1000

/** A drive that takes a microsecond, on a bus to memory of 8 GiB, for one controller. */
export class ControllerBench {
  readonly simulator = new Simulator()
  readonly memory = new PhysicalMemory(2 * 1024 * 1024, true)
  readonly media = new Media(SECTORS)
  readonly drive = new Drive(this.media, { complete: (_write, _sector, _count, at) => at + SERVICE_NS }, true)
  readonly interrupts: number[] = []
  readonly bus: DmaBus
  readonly segments: SegmentList
  readonly raise = (at: number): void => void this.interrupts.push(at)

  constructor(highest: number) {
    this.bus = new DmaBus(this.memory, highest, () => true)
    this.segments = new SegmentList(this.memory, this.bus)
  }
}
