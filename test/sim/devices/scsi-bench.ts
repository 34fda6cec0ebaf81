import type { DeviceParts } from '../../../src/sim/devices/device-parts.ts'
import { Drive } from '../../../src/sim/devices/drive.ts'
import { FaultInjector } from '../../../src/sim/devices/faults.ts'
import type { FaultRates } from '../../../src/sim/devices/faults.ts'
import { InterruptLine } from '../../../src/sim/devices/interrupt-line.ts'
import { Media } from '../../../src/sim/devices/media.ts'
import { SegmentList } from '../../../src/sim/devices/segment-list.ts'
import { Random } from '../../../src/sim/engine/random.ts'
import { stampMatches } from '../../../src/sim/engine/sector-stamp.ts'
import { Simulator } from '../../../src/sim/engine/simulator.ts'
import { DmaBus } from '../../../src/sim/machine/dma-bus.ts'
import { PhysicalMemory } from '../../../src/sim/machine/physical-memory.ts'
import { testMachine } from '../machine/test-machine.ts'

export const SECTORS = 2 ** 33 + 5
export const SERVICE_NS = 1000
const NO_FAULTS: FaultRates = { mediaErrors: 0, lostInterrupts: 0, shortTransfers: 0, strayTransfers: 0 }

/** A drive that takes a microsecond, on a bus to memory of 8 GiB, for one adapter whose structures a test lays out. */
export class ScsiBench {
  readonly simulator = new Simulator()
  readonly memory = new PhysicalMemory(2 * 1024 * 1024, true)
  readonly media: Media
  readonly interrupts: number[] = []
  readonly sanitizer = testMachine({ sanitizer: true }, this.simulator).sanitizer!
  readonly bus: DmaBus
  readonly segments: SegmentList
  readonly drive: Drive
  readonly parts: DeviceParts

  constructor(addressBits: number, faults: Partial<FaultRates> = {}, sectors = SECTORS) {
    const { simulator, memory, sanitizer } = this
    this.bus = new DmaBus(memory, { addressBits, isHeld: () => true, sanitizer })
    this.segments = new SegmentList(this.bus)
    const injector = new FaultInjector({ ...NO_FAULTS, ...faults }, new Random(1, 1))
    injector.start()
    this.media = new Media(sectors)
    const model = { complete: (_w: boolean, _s: number, _n: number, at: number) => at + SERVICE_NS }
    this.drive = new Drive(this.media, model, { holdsData: true, faults: injector })
    const line = new InterruptLine(simulator, { commands: 1, ns: 0 }, (at) => void this.interrupts.push(at))
    const { bus, segments, drive } = this
    this.parts = { simulator, bus, segments, drive, interrupts: [line] }
  }

  /** Puts bytes at an address. */
  put(address: number, ...bytes: readonly number[]): void {
    bytes.forEach((byte, i) => this.memory.bytesAt(address + i, 1).set([byte]))
  }

  bytes(address: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.memory.bytesAt(address + i, 1)[0]!)
  }

  /** Whether memory holds a sector as the fresh medium has it. */
  holds(address: number, sector: number): boolean {
    return stampMatches(new Int32Array(Uint8Array.from(this.bytes(address, 512)).buffer), 0, sector, 0)
  }

  /** What the sanitizer was told. */
  get reports(): string[] {
    return this.sanitizer.violations.map(({ object }) => object)
  }
}
