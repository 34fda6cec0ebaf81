import { BUILTIN_DEVICES } from '../../../../../src/shared/profiles/builtin-devices.ts'
import type { FaultRates } from '../../../../../src/sim/devices/faults.ts'
import { Random } from '../../../../../src/sim/engine/random.ts'
import { Simulator } from '../../../../../src/sim/engine/simulator.ts'
import { CALL_SITES, Site } from '../../../../../src/sim/kernel/call-sites.ts'
import { Ccb } from '../../../../../src/sim/kernel/cam/ccb.ts'
import type { CamOperation } from '../../../../../src/sim/kernel/cam/ccb.ts'
import { Xpt } from '../../../../../src/sim/kernel/cam/xpt.ts'
import { KernelCounters } from '../../../../../src/sim/kernel/counters.ts'
import { MsfBuf } from '../../../../../src/sim/kernel/msf-buf/msf-buf.ts'
import { Xio } from '../../../../../src/sim/kernel/xio.ts'
import type { DeviceProfile } from '../../../../../src/sim/lab/device-profile.ts'
import { buildKernel, kvaPagesFor } from '../../../../../src/sim/lab/kernel.ts'
import type { Kernel } from '../../../../../src/sim/lab/kernel.ts'
import type { BusDmaDialectName } from '../../../../../src/sim/kernel/busdma/dialects/names.ts'
import { buildStorage } from '../../../../../src/sim/lab/storage/build-storage.ts'
import type { Storage } from '../../../../../src/sim/lab/storage/build-storage.ts'
import { Machine } from '../../../../../src/sim/machine/machine.ts'
import { KVA_BASE } from '../../../../../src/sim/machine/page-table.ts'
import { builtinCosts } from '../../../machine/builtin-costs.ts'

const PAGE = 4096
export const SECTORS = 1 << 20
export const NO_FAULTS: FaultRates = {
  mediaErrors: 0,
  lostInterrupts: 0,
  shortTransfers: 0,
  strayTransfers: 0,
}

export interface BenchOptions {
  readonly changes?: Partial<DeviceProfile>
  readonly faults?: Partial<FaultRates>
  readonly busdma?: BusDmaDialectName
  readonly holdsData?: boolean
}

export interface BenchRequest {
  readonly operation: CamOperation
  readonly sector: number
  readonly sectors: number
  readonly pages: readonly number[]
  /** Of the data in the first page. */
  readonly offset: number
  readonly form: 'mapped' | 'msf'
}

/** A device of the lab with its driver on a kernel with 8 GiB, and requests one at a time. */
export class WholeBench {
  readonly simulator = new Simulator()
  readonly machine: Machine
  readonly counters = new KernelCounters()
  readonly kernel: Kernel
  readonly storage: Storage
  readonly finished: Ccb[] = []
  readonly xpt: Xpt
  private readonly window: number
  private readonly ccb = new Ccb(0)
  private readonly msf = new MsfBuf()
  private readonly xio = new Xio()

  constructor(device: string, options: BenchOptions = {}) {
    this.machine = new Machine(this.simulator, {
      cpus: 2,
      tlbEntries: 64,
      tlbWays: 4,
      memoryPages: (8 * 1024 * 1024 * 1024) / PAGE,
      kvaPages: kvaPagesFor(16, 16),
      holdsData: options.holdsData ?? true,
      sanitizer: true,
      costs: builtinCosts('p3smp'),
      callSites: CALL_SITES,
      tlbMissSite: Site['tlb miss'],
    })
    this.kernel = buildKernel(this.simulator, this.machine, this.counters, {
      path: 'direct',
      kernelBits: 64,
      busdma: options.busdma ?? 'dmalab',
      iommu: null,
      maxBouncePages: 1024,
      numaDomains: 1,
      fragmentation: 50,
      ageing: 0,
      memorySeed: 1,
    })
    this.xpt = new Xpt(this.machine, this.counters, (ccb) => void this.finished.push(ccb))
    const profile = BUILTIN_DEVICES.get(device)
    if (profile === undefined) throw new Error(`no device ${device}`)
    const { machine, counters, xpt } = this
    const { busdma, msfs, pages, pmap } = this.kernel
    this.storage = buildStorage(
      { machine, busdma, msfs, xpt, counters, pages, pmap },
      {
        profile: { ...profile, ...options.changes },
        iommu: null,
        sectors: SECTORS,
        faults: { ...NO_FAULTS, ...options.faults },
        random: new Random(1, 1),
        faultRandom: new Random(1, 2),
      },
    )
    this.xpt.attach(this.storage.sim)
    this.storage.startFaults()
    this.window = this.kernel.kernelMap.alloc(33)
  }

  get violations(): readonly string[] {
    return this.machine.sanitizer!.violations.map(({ kind, object }) => `${kind}: ${object}`)
  }

  /** `count` contiguous wired pages between two addresses. */
  takePages(count: number, low: number, high: number): number[] {
    const first = this.kernel.pages.contigmalloc(count, low, high, PAGE, 0)
    if (first < 0) throw new Error('no such pages')
    return Array.from({ length: count }, (_, i) => first + i)
  }

  /** Sends a request from one of the processors. */
  start(request: BenchRequest, cpu = 0): Ccb {
    const { ccb, msf, xio, machine, kernel } = this
    const { operation, sector, sectors, pages, offset, form } = request
    machine.switchTo(cpu, this.simulator.now)
    const bytes = operation === 'capacity' ? 512 : sectors * 512
    ccb.operation = operation
    ccb.sector = sector
    ccb.sectors = sectors
    ccb.resid = 0
    ccb.status = 0
    this.finished.length = 0
    if (form === 'mapped') {
      kernel.pmap.pmap_qenter(KVA_BASE + this.window * PAGE, Int32Array.from(pages), pages.length)
      ccb.useBuffer(KVA_BASE + this.window * PAGE + offset, bytes)
    } else {
      kernel.xios.xio_init_pages(xio, Int32Array.from(pages), pages.length)
      xio.offset = offset
      xio.bytes = bytes
      if (typeof kernel.msfs.msf_create_from_xio(msf, xio) === 'number') throw new Error('no msf_buf')
      ccb.useMsfBuf(msf)
    }
    this.xpt.xpt_action(ccb)
    return ccb
  }

  /** Sends a request and waits for its end; what it was sent with is as before. */
  run(request: BenchRequest, cpu = 0): Ccb {
    const ccb = this.start(request, cpu)
    this.settle()
    if (this.finished.length !== 1) throw new Error(`the request ended ${this.finished.length} times`)
    if (ccb.msf !== null) {
      this.kernel.msfs.msf_release(this.msf)
      this.kernel.xios.xio_release(this.xio)
      ccb.msf = null
    }
    return ccb
  }

  /** Handles all events. */
  settle(): void {
    for (let rounds = 0; this.simulator.run(100_000) === 100_000; rounds++) {
      if (rounds > 20) throw new Error('no end')
    }
  }

  /** Bytes of the whole pages of a request. */
  bytesOf(pages: readonly number[]): Uint8Array {
    const all = new Uint8Array(pages.length * PAGE)
    pages.forEach((pfn, i) => all.set(this.machine.memory.bytesAt(pfn * PAGE, PAGE), i * PAGE))
    return all
  }

  fill(pages: readonly number[], byteAt: (index: number) => number): void {
    pages.forEach((pfn, i) => {
      const view = this.machine.memory.bytesAt(pfn * PAGE, PAGE)
      for (let at = 0; at < PAGE; at++) view[at] = byteAt(i * PAGE + at)
    })
  }
}

/** Takes whole requests through a device both ways and checks every byte, those around the data included. */
export function checkRoundTrip(
  bench: WholeBench,
  request: BenchRequest,
  other: BenchRequest,
  salt: number,
): void {
  const bytes = request.sectors * 512
  const byteAt = (index: number): number => (index * 7 + (index >>> 8) * 13 + salt) & 0xff
  bench.fill(request.pages, byteAt)
  const sent = bench.run({ ...request, operation: 'write' })
  if (sent.status !== 0 || sent.resid !== 0) throw new Error(`write ended with ${sent.status}, ${sent.resid}`)
  const source = bench.bytesOf(request.pages)
  for (let i = 0; i < source.length; i++)
    if (source[i] !== byteAt(i)) throw new Error(`a write changed byte ${i} of memory`)
  bench.fill(other.pages, (index) => (index * 3 + 1) & 0xff)
  const got = bench.run({ ...other, operation: 'read' })
  if (got.status !== 0 || got.resid !== 0) throw new Error(`read ended with ${got.status}, ${got.resid}`)
  const found = bench.bytesOf(other.pages)
  for (let i = 0; i < found.length; i++) {
    const at = i - other.offset
    const due = at >= 0 && at < bytes ? byteAt(request.offset + at) : (i * 3 + 1) & 0xff
    if (found[i] !== due) throw new Error(`byte ${i} of the read is ${found[i]} instead of ${due}`)
  }
}
