import fc from 'fast-check'
import { expect } from 'vitest'
import type { DeviceParts } from '../../../../../src/sim/devices/device-parts.ts'
import { Drive } from '../../../../../src/sim/devices/drive.ts'
import { FaultInjector } from '../../../../../src/sim/devices/faults.ts'
import type { FaultRates } from '../../../../../src/sim/devices/faults.ts'
import { InterruptLine } from '../../../../../src/sim/devices/interrupt-line.ts'
import { Media } from '../../../../../src/sim/devices/media.ts'
import { SegmentList } from '../../../../../src/sim/devices/segment-list.ts'
import { Random } from '../../../../../src/sim/engine/random.ts'
import { BusDmaGlue } from '../../../../../src/sim/kernel/busdma-glue.ts'
import { BusDma } from '../../../../../src/sim/kernel/busdma/busdma.ts'
import type { BusDmaDialect } from '../../../../../src/sim/kernel/busdma/dialects/dialect.ts'
import { Ccb } from '../../../../../src/sim/kernel/cam/ccb.ts'
import type { DmaSimParts } from '../../../../../src/sim/kernel/cam/sims/dma-sim.ts'
import type { CamSim } from '../../../../../src/sim/kernel/cam/xpt.ts'
import { Xpt } from '../../../../../src/sim/kernel/cam/xpt.ts'
import { MsfBuf } from '../../../../../src/sim/kernel/msf-buf/msf-buf.ts'
import { Xio } from '../../../../../src/sim/kernel/xio.ts'
import { DmaBus } from '../../../../../src/sim/machine/dma-bus.ts'
import { KVA_BASE } from '../../../../../src/sim/machine/page-table.ts'
import { KernelBench } from '../../kernel-bench.ts'

const FOUR_GIB = 2 ** 32
/** Runs of contiguous pages that requests take their memory from: even ones below 4 GiB, odd ones above. */
const RUNS = 24
const RUN_PAGES = 16
const QUEUES = 3

export interface Request {
  readonly write: boolean
  readonly sector: number
  readonly sectors: number
  /** Run, first page in it, and number of pages of each piece of the memory. */
  readonly pieces: readonly (readonly [run: number, first: number, pages: number])[]
  /** Of the data in the first page. */
  readonly offset: number
  readonly form: 'mapped' | 'msf'
}

/** One to three requests with memory of their own, at offsets that are multiples of `step`. */
export function requestsAt(step: number): fc.Arbitrary<Request[]> {
  const piece = fc.tuple(fc.nat(RUN_PAGES - 1), fc.integer({ min: 1, max: RUN_PAGES }))
  const request = fc.record({
    write: fc.boolean(),
    spans: fc.array(piece, { minLength: 1, maxLength: 8 }),
    offset: fc.oneof(
      fc.constant(0),
      fc.nat(Math.floor(4095 / step)).map((steps) => steps * step),
    ),
    sectors: fc.integer({ min: 1, max: 256 }),
    form: fc.constantFrom('mapped' as const, 'msf' as const),
  })
  const runs = fc.shuffledSubarray(
    Array.from({ length: RUNS }, (_, run) => run),
    { minLength: RUNS },
  )
  return fc.tuple(fc.array(request, { minLength: 1, maxLength: 3 }), runs).map(([list, order]) =>
    list.map(({ spans, ...rest }, i): Request => {
      let room = 32
      const pieces = spans.flatMap(([first, pages], j): Request['pieces'] => {
        const count = Math.min(pages, RUN_PAGES - first, room)
        room -= count
        return count === 0 ? [] : [[order[i * 8 + j]!, first, count]]
      })
      const fits = Math.floor(((32 - room) * 4096 - rest.offset) / 512)
      const offset = fits < 1 ? 0 : rest.offset
      return { ...rest, offset, sectors: Math.min(rest.sectors, Math.max(1, fits)), pieces, sector: i * 1000 }
    }),
  )
}

/** CAM, BUSDMA and a drive with real bytes, on 8 GiB; every byte that a request may or may not touch is checked. */
export class RequestBench extends KernelBench {
  readonly media = new Media(1 << 20)
  readonly bus: DmaBus
  readonly device: DeviceParts
  readonly driver: DmaSimParts
  private readonly runs: number[]
  private readonly finished: Ccb[] = []
  private handler: (queue: number) => void = () => undefined
  private xpt = new Xpt(this.machine, this.counters, (ccb) => this.finished.push(ccb))
  private round = 0

  constructor(dialect: BusDmaDialect, addressBits = 64, faults: Partial<FaultRates> = {}) {
    super({ memoryPages: (2 * FOUR_GIB) / 4096, kvaPages: 4096, cpus: 4 })
    const { machine, simulator, pmap, pages, counters, msfs, xpt } = this
    const glue = new BusDmaGlue(machine, simulator, pmap, pages, counters, () => busdma.busdma_swi())
    const busdma: BusDma = new BusDma(glue, dialect, 1024)
    this.driver = { machine, busdma, msfs, xpt, counters, pages, pmap }
    this.bus = new DmaBus(machine.memory, { addressBits, isHeld: () => true })
    const rates = { mediaErrors: 0, lostInterrupts: 0, shortTransfers: 0, strayTransfers: 0, ...faults }
    const injector = new FaultInjector(rates, new Random(1, 1))
    injector.start()
    const drive = new Drive(
      this.media,
      { complete: (_w, _s, count, at) => at + 100 * count },
      { holdsData: true, faults: injector },
    )
    const event = simulator.on((queue) => {
      machine.switchTo(queue, simulator.now)
      this.handler(queue)
    })
    const interrupts = Array.from(
      { length: QUEUES },
      (_, queue) =>
        new InterruptLine(simulator, { commands: 1, ns: 0 }, (at) => simulator.schedule(at, event, queue)),
    )
    this.device = { simulator, bus: this.bus, segments: new SegmentList(this.bus), drive, interrupts }
    this.runs = Array.from({ length: RUNS }, (_, run) => {
      const high = run % 2 === 1
      const pfn = pages.contigmalloc(
        RUN_PAGES,
        high ? FOUR_GIB : 0,
        high ? 2 * FOUR_GIB - 1 : FOUR_GIB - 1,
        4096,
        0,
      )
      expect(pfn).toBeGreaterThan(0)
      return pfn
    })
  }

  attach(driver: { readonly sim: CamSim; interrupt(queue: number): void } | number): void {
    if (typeof driver === 'number') throw new Error(`errno ${driver}`)
    this.handler = (queue) => driver.interrupt(queue)
    this.xpt.attach(driver.sim)
  }

  /** Carries requests out together. @returns the status of each; data that should have moved and did not fails the test */
  carryOut(requests: readonly Request[]): number[] {
    this.round++
    this.finished.length = 0
    const expected = requests.map((request, i) => this.prepare(request, i))
    const started = requests.map((request, i) => {
      this.machine.switchTo((this.round + i) % 4, this.simulator.now)
      return this.start(request, i)
    })
    this.simulator.run(100_000)
    expect(this.finished.length).toBe(requests.length)
    requests.forEach((request, i) => {
      const msf = started[i]!.msf
      if (started[i]!.status === 0) expect(this.contents(request).equals(expected[i]!)).toBe(true)
      if (msf !== null) this.msfs.msf_release(msf)
    })
    return started.map((ccb) => ccb.status)
  }

  private framesOf({ pieces }: Request): number[] {
    return pieces.flatMap(([run, first, pages]) =>
      Array.from({ length: pages }, (_, page) => this.runs[run]! + first + page),
    )
  }

  /** Memory and medium of a request, all pages whole: memory first. */
  private contents(request: Request): Buffer {
    const pages = this.framesOf(request).map((pfn) => this.machine.memory.bytesAt(pfn * 4096, 4096))
    const medium = new Int32Array(request.sectors * 128)
    for (let i = 0; i < request.sectors; i++) this.media.read(request.sector + i, medium, i * 128)
    return Buffer.concat([...pages, new Uint8Array(medium.buffer)])
  }

  /** Fills memory and medium of a request with different bytes. @returns what they must hold afterwards */
  private prepare(request: Request, index: number): Buffer {
    const { write, sector, sectors, offset } = request
    let word = this.round * 8 + index
    const next = (): number => (word = (Math.imul(word, 1664525) + 1013904223) | 0)
    for (const pfn of this.framesOf(request))
      for (let i = 0; i < 1024; i++) this.machine.memory.write32(pfn * 4096 + i * 4, next())
    const words = new Int32Array(128)
    for (let i = 0; i < sectors; i++) this.media.write(sector + i, words.map(next), 0)
    const contents = this.contents(request)
    const medium = contents.length - sectors * 512
    if (write) contents.copy(contents, medium, offset, offset + sectors * 512)
    else contents.copy(contents, offset, medium)
    return contents
  }

  private start(request: Request, index: number): Ccb {
    const { write, sector, sectors, offset, form } = request
    const frames = Int32Array.from(this.framesOf(request))
    const ccb = new Ccb(index)
    ccb.operation = write ? 'write' : 'read'
    ccb.sector = sector
    ccb.sectors = sectors
    const window = KVA_BASE + (1024 + index * 40) * 4096
    if (form === 'mapped') {
      this.pmap.pmap_qenter(window, frames, frames.length)
      ccb.useBuffer(window + offset, sectors * 512)
    } else {
      const xio = new Xio()
      xio.pages.set(frames)
      xio.npages = frames.length
      xio.offset = offset
      xio.bytes = sectors * 512
      const msf = this.msfs.msf_create_from_xio(new MsfBuf(), xio)
      if (typeof msf === 'number') throw new Error(`errno ${msf}`)
      ccb.useMsfBuf(msf)
    }
    this.xpt.xpt_action(ccb)
    return ccb
  }
}
