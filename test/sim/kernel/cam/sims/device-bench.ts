import type { DeviceParts } from '../../../../../src/sim/devices/device-parts.ts'
import { Drive } from '../../../../../src/sim/devices/drive.ts'
import { FaultInjector } from '../../../../../src/sim/devices/faults.ts'
import type { FaultRates } from '../../../../../src/sim/devices/faults.ts'
import { InterruptLine } from '../../../../../src/sim/devices/interrupt-line.ts'
import type { Coalescing } from '../../../../../src/sim/devices/interrupt-line.ts'
import { Media } from '../../../../../src/sim/devices/media.ts'
import { SegmentList } from '../../../../../src/sim/devices/segment-list.ts'
import { Random } from '../../../../../src/sim/engine/random.ts'
import { stampMatches, stampVersion, writeStamp } from '../../../../../src/sim/engine/sector-stamp.ts'
import { BusDmaGlue } from '../../../../../src/sim/kernel/busdma-glue.ts'
import { BusDma } from '../../../../../src/sim/kernel/busdma/busdma.ts'
import type { BusDmaDialect } from '../../../../../src/sim/kernel/busdma/dialects/dialect.ts'
import { dragonfly2020 } from '../../../../../src/sim/kernel/busdma/dialects/dragonfly-2020.ts'
import { Ccb } from '../../../../../src/sim/kernel/cam/ccb.ts'
import type { DmaSimParts } from '../../../../../src/sim/kernel/cam/sims/dma-sim.ts'
import { Xpt } from '../../../../../src/sim/kernel/cam/xpt.ts'
import { MsfBuf } from '../../../../../src/sim/kernel/msf-buf/msf-buf.ts'
import { Xio } from '../../../../../src/sim/kernel/xio.ts'
import { DmaBus } from '../../../../../src/sim/machine/dma-bus.ts'
import { KVA_BASE } from '../../../../../src/sim/machine/page-table.ts'
import { KernelBench } from '../../kernel-bench.ts'

/** Frames of 8 GiB: half of them are out of a 32-bit device's reach. */
export const FRAMES = 2 * 1024 * 1024

const SOUND: FaultRates = { mediaErrors: 0, lostInterrupts: 0, shortTransfers: 0, strayTransfers: 0 }

export interface Request {
  readonly write: boolean
  readonly sector: number
  readonly sectors: number
  /** At least as many as the data needs. */
  readonly pages: readonly number[]
  /** Of the data in the first page. */
  readonly offset: number
  readonly form: 'mapped' | 'msf'
}

/** CAM, BUSDMA and a drive with real bytes; each request gets memory, and its data is checked. */
export class DeviceBench extends KernelBench {
  readonly media = new Media(1 << 20)
  /** Sound until a test starts the faults. */
  readonly faults: FaultInjector
  readonly drive: Drive
  readonly finished: Ccb[] = []
  readonly xpt = new Xpt(this.machine, this.counters, (ccb) => this.finished.push(ccb))
  readonly busdma: BusDma
  readonly parts: DmaSimParts
  readonly requests: Request[] = []
  handler = (): void => undefined
  private readonly interruptEvent = this.simulator.on(() => {
    this.machine.switchTo(0, this.simulator.now)
    this.handler()
  })

  constructor(
    maxBouncePages = 1024,
    dialect: BusDmaDialect = dragonfly2020,
    rates: Partial<FaultRates> = {},
  ) {
    super({ memoryPages: FRAMES, kvaPages: 4096, cpus: 2 })
    this.faults = new FaultInjector({ ...SOUND, ...rates }, new Random(1, 1))
    this.drive = new Drive(
      this.media,
      { complete: (_w, _s, count, at) => at + 1000 * count },
      { holdsData: true, faults: this.faults, memoryBytes: FRAMES * 4096 },
    )
    const { machine, simulator, pmap, pages, counters, msfs, xpt } = this
    const glue = new BusDmaGlue(machine, simulator, pmap, pages, counters, () => this.busdma.busdma_swi())
    this.busdma = new BusDma(glue, dialect, maxBouncePages)
    this.parts = { machine, busdma: this.busdma, msfs, xpt, counters, pages, pmap }
  }

  /** What a controller is made from. @param addressBits its address lines */
  connect(addressBits: number, coalescing: Coalescing = { commands: 1, ns: 0 }): DeviceParts {
    const { pages, machine, simulator, drive } = this
    const bus = new DmaBus(machine.memory, {
      addressBits,
      isHeld: (pfn) => pages.isPinned(pfn),
      sanitizer: machine.sanitizer,
    })
    const raise = (at: number): void => simulator.schedule(at, this.interruptEvent, 0)
    const interrupts = [new InterruptLine(simulator, coalescing, raise)]
    return { simulator, bus, segments: new SegmentList(bus), drive, interrupts }
  }

  /** Starts a request; a write has its data stamped with version 1. */
  start(request: Request): void {
    const { write, sector, sectors, pages, offset, form } = request
    const window = KVA_BASE + (1024 + this.requests.length * 40) * 4096
    this.pmap.pmap_qenter(window, Int32Array.from(pages), pages.length)
    const ccb = new Ccb(this.requests.push(request) - 1)
    ccb.operation = write ? 'write' : 'read'
    ccb.sector = sector
    ccb.sectors = sectors
    if (write) {
      const words = new Int32Array(sectors * 128)
      for (let i = 0; i < sectors; i++) writeStamp(words, i * 128, sector + i, 1)
      this.eachByte(request, (bytes, i) => bytes.set([new Uint8Array(words.buffer)[i]!]))
    }
    const xio = new Xio()
    this.xios.xio_init_kbuf(xio, window + offset, sectors * 512)
    if (form === 'mapped') ccb.useBuffer(window + offset, sectors * 512)
    else {
      const msf = this.msfs.msf_create_from_xio(new MsfBuf(), xio)
      if (typeof msf === 'number') throw new Error(`errno ${msf}`)
      ccb.useMsfBuf(msf)
    }
    this.xpt.xpt_action(ccb)
  }

  /** Whether all data of a finished request came through. */
  isRight(request: Request): boolean {
    const words = new Int32Array(request.sectors * 128)
    const expected = request.write ? 1 : 0
    if (request.write) {
      for (let i = 0; i < request.sectors; i++) this.media.read(request.sector + i, words, i * 128)
    } else {
      const bytes = new Uint8Array(words.buffer)
      this.eachByte(request, (byte, i) => bytes.set(byte, i))
    }
    return Array.from({ length: request.sectors }, (_, i) => request.sector + i).every(
      (sector, i) =>
        stampMatches(words, i * 128, sector, expected) && stampVersion(words, i * 128, sector) === expected,
    )
  }

  private eachByte({ pages, offset, sectors }: Request, visit: (byte: Uint8Array, i: number) => void): void {
    for (let i = 0; i < sectors * 512; i++) {
      const at = offset + i
      visit(this.machine.memory.bytesAt(pages[at >> 12]! * 4096 + (at & 4095), 1), i)
    }
  }
}
