import type { DeviceParts } from '../../../src/sim/devices/device-parts.ts'
import { Drive } from '../../../src/sim/devices/drive.ts'
import { FaultInjector } from '../../../src/sim/devices/faults.ts'
import type { FaultRates } from '../../../src/sim/devices/faults.ts'
import { InterruptLine } from '../../../src/sim/devices/interrupt-line.ts'
import { Media } from '../../../src/sim/devices/media.ts'
import { SegmentList } from '../../../src/sim/devices/segment-list.ts'
import { Random } from '../../../src/sim/engine/random.ts'
import { Simulator } from '../../../src/sim/engine/simulator.ts'
import { DmaBus } from '../../../src/sim/machine/dma-bus.ts'
import { PhysicalMemory } from '../../../src/sim/machine/physical-memory.ts'
import { Sanitizer } from '../../../src/sim/machine/sanitizer.ts'
import { testMachine } from '../machine/test-machine.ts'

export const SECTORS = 2 ** 33 + 5
export const SERVICE_NS = 1000

const SOUND: FaultRates = { mediaErrors: 0, lostInterrupts: 0, shortTransfers: 0, strayTransfers: 0 }

/** A drive that takes a microsecond, on a bus to memory of 8 GiB, for one controller with `queues` interrupts. */
export class ControllerBench {
  readonly simulator = new Simulator()
  readonly memory = new PhysicalMemory(2 * 1024 * 1024, true)
  readonly media = new Media(SECTORS)
  readonly drive: Drive
  /** When each interrupt was raised, ns. */
  readonly interrupts: number[] = []
  readonly sanitizer = new Sanitizer(testMachine())
  readonly bus: DmaBus
  readonly segments: SegmentList
  readonly parts: DeviceParts

  constructor(addressBits: number, rates: Partial<FaultRates> = {}, queues = 1) {
    const faults = new FaultInjector({ ...SOUND, ...rates }, new Random(1, 1))
    faults.start()
    this.drive = new Drive(
      this.media,
      { complete: (_write, _sector, _count, at) => at + SERVICE_NS },
      { holdsData: true, faults, memoryBytes: 2 ** 33 },
    )
    const { memory, sanitizer, simulator, drive } = this
    this.bus = new DmaBus(memory, { addressBits, isHeld: () => true, sanitizer })
    this.segments = new SegmentList(this.bus)
    const interrupts = Array.from(
      { length: queues },
      () => new InterruptLine(simulator, { commands: 1, ns: 0 }, (at) => this.interrupts.push(at)),
    )
    this.parts = { simulator, bus: this.bus, segments: this.segments, drive, interrupts }
  }

  /** What was reported so far. */
  get objects(): string[] {
    return this.sanitizer.violations.map(({ object }) => object)
  }
}
