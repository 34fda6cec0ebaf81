import { BUILTIN_DEVICES } from '../../../../../src/shared/profiles/builtin-devices.ts'
import type { FaultRates } from '../../../../../src/sim/devices/faults.ts'
import { Random } from '../../../../../src/sim/engine/random.ts'
import { stampMatches, writeStamp } from '../../../../../src/sim/engine/sector-stamp.ts'
import { BusDmaGlue } from '../../../../../src/sim/kernel/busdma-glue.ts'
import { BusDma } from '../../../../../src/sim/kernel/busdma/busdma.ts'
import type { BusDmaDialect } from '../../../../../src/sim/kernel/busdma/dialects/dialect.ts'
import { dmalab } from '../../../../../src/sim/kernel/busdma/dialects/dmalab.ts'
import { Ccb } from '../../../../../src/sim/kernel/cam/ccb.ts'
import type { CamOperation } from '../../../../../src/sim/kernel/cam/ccb.ts'
import type { DmaSimParts } from '../../../../../src/sim/kernel/cam/sims/dma-sim.ts'
import { Xpt } from '../../../../../src/sim/kernel/cam/xpt.ts'
import { MsfBuf } from '../../../../../src/sim/kernel/msf-buf/msf-buf.ts'
import { Xio } from '../../../../../src/sim/kernel/xio.ts'
import { buildStorage } from '../../../../../src/sim/lab/storage/build-storage.ts'
import type { Storage } from '../../../../../src/sim/lab/storage/build-storage.ts'
import { KVA_BASE } from '../../../../../src/sim/machine/page-table.ts'
import { KernelBench } from '../../kernel-bench.ts'

/** Frames of 8 GiB, and the first ones out of reach of 24 and of 32 address lines. */
const FRAMES = 2 * 1024 * 1024
export const ISA_END = 4096
export const PCI_END = FRAMES / 2
const WINDOW_PAGES = 40
const GUARD = 0xa5
const NO_FAULTS: FaultRates = { mediaErrors: 0, lostInterrupts: 0, shortTransfers: 0, strayTransfers: 0 }

export interface Transfer {
  readonly operation: CamOperation
  readonly sector: number
  readonly sectors: number
  readonly pages: readonly number[]
  /** Of the data in the first page. */
  readonly offset: number
  readonly form: 'mapped' | 'msf'
}

/** A driver of the lab with its device, under CAM, with real bytes: each transfer gets its memory, and its data is checked. */
export class ScsiDriverBench extends KernelBench {
  readonly finished: Ccb[] = []
  readonly xpt = new Xpt(this.machine, this.counters, (ccb) => this.finished.push(ccb))
  readonly busdma: BusDma
  readonly parts: DmaSimParts
  readonly storage: Storage
  /** Version that each written sector holds. */
  readonly versions = new Map<number, number>()
  /** Contiguous pages below 16 MiB, below 4 GiB and above. */
  readonly arenas: readonly number[]
  private version = 0

  constructor(device: string, dialect: BusDmaDialect = dmalab, faults: Partial<FaultRates> = {}) {
    super({ memoryPages: FRAMES, kvaPages: 4096, cpus: 1 })
    const { machine, simulator, pmap, pages, counters, msfs, xpt } = this
    this.arenas = [
      pages.contigmalloc(1024, 0, ISA_END * 4096 - 1, 4096, 0),
      pages.contigmalloc(1024, 2 ** 30, PCI_END * 4096 - 1, 4096, 0),
      pages.contigmalloc(1024, PCI_END * 4096, FRAMES * 4096 - 1, 4096, 0),
    ]
    const glue = new BusDmaGlue(machine, simulator, pmap, pages, counters, () => this.busdma.busdma_swi())
    this.busdma = new BusDma(glue, dialect, 256)
    this.parts = { machine, busdma: this.busdma, msfs, xpt, counters, pages, pmap }
    this.storage = buildStorage(this.parts, {
      profile: BUILTIN_DEVICES.get(device)!,
      sectors: 1 << 28,
      faults: { ...NO_FAULTS, ...faults },
      iommu: null,
      random: new Random(1, 1),
      faultRandom: new Random(1, 2),
    })
    xpt.attach(this.storage.sim)
    this.storage.startFaults()
  }

  /** Starts transfers and waits for all of them. @returns their CCBs, in the order given */
  run(transfers: readonly Transfer[]): Ccb[] {
    this.finished.length = 0
    const ccbs = transfers.map((transfer, i) => this.start(transfer, i))
    this.simulator.run(100_000)
    return ccbs
  }

  /** Whether all data of a transfer came through, and nothing around it changed. */
  isRight(transfer: Transfer): boolean {
    const { sector, sectors, offset } = transfer
    const image = this.memoryOf(transfer)
    const bytes = sectors * 512
    const guards = [...image.subarray(0, offset), ...image.subarray(offset + bytes)]
    if (guards.some((byte) => byte !== GUARD)) return false
    const words = new Int32Array(image.slice(offset, offset + bytes).buffer)
    return Array.from({ length: sectors }, (_, i) => i).every((i) =>
      stampMatches(words, i * 128, sector + i, this.versions.get(sector + i) ?? 0),
    )
  }

  /** Hands a transfer to CAM. @param index chooses its window of KVA */
  start(transfer: Transfer, index: number): Ccb {
    const { operation, sector, sectors, pages, offset, form } = transfer
    const window = KVA_BASE + (1024 + index * WINDOW_PAGES) * 4096
    this.pmap.pmap_qenter(window, Int32Array.from(pages), pages.length)
    this.fill(transfer)
    const ccb = new Ccb(index)
    ccb.operation = operation
    ccb.sector = sector
    ccb.sectors = sectors
    const bytes = sectors * 512
    if (form === 'mapped') ccb.useBuffer(window + offset, bytes)
    else {
      const xio = new Xio()
      this.xios.xio_init_kbuf(xio, window + offset, bytes)
      const msf = this.msfs.msf_create_from_xio(new MsfBuf(), xio)
      if (typeof msf === 'number') throw new Error(`errno ${msf}`)
      ccb.useMsfBuf(msf)
    }
    this.xpt.xpt_action(ccb)
    return ccb
  }

  /** Guards everywhere, and new stamps where a write has its data. */
  private fill(transfer: Transfer): void {
    const { operation, sector, sectors, pages, offset } = transfer
    const image = new Uint8Array(pages.length * 4096).fill(GUARD)
    if (operation === 'write') {
      const words = new Int32Array(sectors * 128)
      this.version++
      for (let i = 0; i < sectors; i++) {
        writeStamp(words, i * 128, sector + i, this.version)
        this.versions.set(sector + i, this.version)
      }
      image.set(new Uint8Array(words.buffer), offset)
    }
    pages.forEach((pfn, i) =>
      this.machine.memory.bytesAt(pfn * 4096, 4096).set(image.subarray(i * 4096, i * 4096 + 4096)),
    )
  }

  private memoryOf({ pages }: Transfer): Uint8Array {
    const image = new Uint8Array(pages.length * 4096)
    pages.forEach((pfn, i) => image.set(this.machine.memory.bytesAt(pfn * 4096, 4096), i * 4096))
    return image
  }
}
