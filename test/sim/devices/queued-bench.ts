import type { DeviceParts } from '../../../src/sim/devices/device-parts.ts'
import { Drive } from '../../../src/sim/devices/drive.ts'
import { FaultInjector } from '../../../src/sim/devices/faults.ts'
import type { FaultRates } from '../../../src/sim/devices/faults.ts'
import { InterruptLine } from '../../../src/sim/devices/interrupt-line.ts'
import { Media } from '../../../src/sim/devices/media.ts'
import { SegmentList } from '../../../src/sim/devices/segment-list.ts'
import type { ServiceModel } from '../../../src/sim/devices/service-model.ts'
import { Random } from '../../../src/sim/engine/random.ts'
import { writeStamp } from '../../../src/sim/engine/sector-stamp.ts'
import { Simulator } from '../../../src/sim/engine/simulator.ts'
import { DmaBus } from '../../../src/sim/machine/dma-bus.ts'
import { PhysicalMemory } from '../../../src/sim/machine/physical-memory.ts'

export const SECTORS = 2 ** 33 + 5
export const MICROSECOND: ServiceModel = { complete: (_write, _sector, _sectors, at) => at + 1000 }

/** A drive on a bus to 8 GiB of memory, for one device with queues; what the bus rejects and who is interrupted is noted. */
export class QueuedBench implements DeviceParts {
  readonly simulator = new Simulator()
  readonly memory = new PhysicalMemory(2 * 1024 * 1024, true)
  readonly media = new Media(SECTORS)
  readonly bus = new DmaBus(this.memory, { addressBits: 64, isHeld: () => true })
  readonly segments = new SegmentList(this.bus)
  readonly drive: Drive
  /** Queue and time of each interrupt. */
  readonly raised: [queue: number, at: number][] = []
  readonly interrupts: InterruptLine[]

  constructor(queues = 1, faults: Partial<FaultRates> = {}, model = MICROSECOND) {
    const rates = { mediaErrors: 0, lostInterrupts: 0, shortTransfers: 0, strayTransfers: 0, ...faults }
    const injector = new FaultInjector(rates, new Random(1, 1))
    injector.start()
    this.drive = new Drive(this.media, model, { holdsData: true, faults: injector, memoryBytes: 2 ** 33 })
    this.interrupts = Array.from(
      { length: queues },
      (_, queue) =>
        new InterruptLine(this.simulator, { commands: 1, ns: 0 }, (at) => this.raised.push([queue, at])),
    )
  }

  words(address: number, values: readonly number[]): void {
    values.forEach((value, i) => this.memory.write32(address + i * 4, value))
  }

  read(address: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.memory.read32(address + i * 4))
  }

  run(): void {
    this.simulator.run(1000)
  }
}

/** The words of a sector that holds version 0, as the medium has it. */
export function blank(sector: number): number[] {
  const words = new Int32Array(128)
  writeStamp(words, 0, sector, 0)
  return [...words].map((word) => word >>> 0)
}
