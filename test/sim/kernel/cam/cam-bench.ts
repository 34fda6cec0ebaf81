import { Aha1542Controller } from '../../../../src/sim/devices/aha-1542-controller.ts'
import { Drive } from '../../../../src/sim/devices/drive.ts'
import { MpsController } from '../../../../src/sim/devices/mps-controller.ts'
import type { ScsiDevice } from '../../../../src/sim/devices/scsi-device.ts'
import { Sym53c8xxController } from '../../../../src/sim/devices/sym-53c8xx-controller.ts'
import { B_READ, Buf } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { DiskPeripheral } from '../../../../src/sim/kernel/cam/disk.ts'
import { AhaSim } from '../../../../src/sim/kernel/cam/sims/aha-sim.ts'
import { MpsSim } from '../../../../src/sim/kernel/cam/sims/mps-sim.ts'
import { SymSim } from '../../../../src/sim/kernel/cam/sims/sym-sim.ts'
import type { IoPathHooks } from '../../../../src/sim/kernel/path/io-path.ts'
import { KVA_BASE } from '../../../../src/sim/machine/page-table.ts'
import { DeviceBench } from './sims/device-bench.ts'
import { limitsOf } from './sims/driver-limits.ts'

export const ADAPTERS = ['sym-disk', 'aha1542-disk', 'mps-ssd'] as const
export type Adapter = (typeof ADAPTERS)[number]

export interface CamBenchOptions {
  readonly scsiDevice?: (tags: number) => ScsiDevice
  /** Commands that the drive takes at one time. */
  readonly queueDepth?: number
  /** Time that a command takes the drive, ns. */
  readonly serviceNs?: (sector: number) => number
  /** Requests go through the threads of GEOM. */
  readonly hasThreads?: boolean
}

/** A SCSI adapter under the disk peripheral, whose buffers each have a mapped page. */
export class CamBench {
  readonly bench = new DeviceBench()
  readonly drive: Drive
  readonly disk: DiskPeripheral
  /** Buffers in the order in which they were done, and their errors. */
  readonly ended: number[] = []
  readonly errors: number[] = []
  /** When the last of them was done, ns. */
  endedAt = 0
  /** Sectors in the order in which the drive was done with them. */
  readonly order: number[] = []
  private readonly window = KVA_BASE + 2048 * 4096

  constructor(adapter: Adapter, options: CamBenchOptions = {}) {
    const { machine, counters, media, pages, pmap } = this.bench
    const serviceNs = options.serviceNs ?? (() => 1000)
    const noted = {
      sectors: media.sectors,
      read: (sector: number, words: Int32Array, base: number) => {
        this.order.push(sector)
        media.read(sector, words, base)
      },
      write: (sector: number, words: Int32Array, base: number) => {
        this.order.push(sector)
        media.write(sector, words, base)
      },
    }
    this.drive = new Drive(
      Object.assign(Object.create(media) as typeof media, noted),
      { complete: (_write, sector, _count, at) => at + serviceNs(sector) },
      { holdsData: true, queueDepth: options.queueDepth },
    )
    pmap.pmap_qenter(
      this.window,
      Int32Array.from({ length: 64 }, () => pages.alloc()),
      64,
    )
    const path = {
      toDevice: (buf, ccb) => ccb.useBuffer(this.addressOf(buf.id), 512),
    } as Partial<IoPathHooks> as IoPathHooks
    const biodone = ({ id }: Buf, error: number): void => {
      this.ended.push(id)
      this.endedAt = machine.cpu.clock
      this.errors[id] = error
    }
    this.disk = new DiskPeripheral(machine, counters, path, biodone, options.hasThreads)
    const parts = { ...this.bench.parts, xpt: this.disk.xpt }
    const bits = adapter === 'aha1542-disk' ? 24 : adapter === 'sym-disk' ? 32 : 64
    const device = { ...this.bench.connect(bits), drive: this.drive, scsiDevice: options.scsiDevice }
    const driver =
      adapter === 'sym-disk'
        ? new SymSim(parts, limitsOf(adapter), new Sym53c8xxController(device))
        : adapter === 'mps-ssd'
          ? new MpsSim(parts, limitsOf(adapter), new MpsController(device))
          : new AhaSim(parts, limitsOf(adapter), new Aha1542Controller(device))
    this.bench.handler = () => driver.interrupt()
    this.disk.xpt.attach(driver.sim)
  }

  /** Kernel address of one of 64 mapped pages. */
  addressOf(page: number): number {
    return this.window + page * 4096
  }

  /** The page's memory. */
  memoryOf(page: number, bytes: number): Uint8Array {
    const { machine } = this.bench
    return machine.memory.bytesAt(machine.translate(this.addressOf(page), false), bytes)
  }

  /** Hands buffer `id` of one sector to the disk. */
  start(id: number, sector: number, flags: number = B_READ): void {
    const buf = new Buf(id)
    buf.b_flags = flags
    buf.b_blkno = sector
    buf.b_bcount = 512
    this.disk.strategy(buf)
  }

  settle(): void {
    this.bench.simulator.run(1_000_000)
  }
}
