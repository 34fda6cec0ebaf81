import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AhciController } from '../../../../../src/sim/devices/ahci-controller.ts'
import { IdeController } from '../../../../../src/sim/devices/ide-controller.ts'
import { AhciSim } from '../../../../../src/sim/kernel/cam/sims/ahci-sim.ts'
import { IdeSim } from '../../../../../src/sim/kernel/cam/sims/ide-sim.ts'
import type { AhciPort } from '../../../../../src/sim/machine/datasheets/ahci.ts'
import type { IdeChannel } from '../../../../../src/sim/machine/datasheets/bus-master-ide.ts'
import { limitsOf } from './driver-limits.ts'
import type { Request } from './device-bench.ts'
import { DeviceBench, FRAMES } from './device-bench.ts'

/** One to eight requests over runs of neighbouring and scattered pages, on both sides of 4 GiB, no page used twice. */
const requests = fc
  .array(
    fc.record({
      write: fc.boolean(),
      runs: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
      high: fc.boolean(),
      offset: fc.integer({ min: 0, max: 127 }).map((step) => step * 32),
      trim: fc.nat(7),
      form: fc.constantFrom('mapped' as const, 'msf' as const),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((list) => {
    let low = 30_000
    let high = FRAMES / 2 + 30_000
    return list.map(({ runs, high: isHigh, trim, ...rest }, i): Request => {
      const pages = runs.flatMap((count, run) => {
        const far = isHigh === (run % 2 === 0)
        const first = far ? (high += 40) : (low += 40)
        return Array.from({ length: count }, (_, page) => first + page)
      })
      const offset = Math.min(rest.offset, pages.length * 4096 - 512)
      const sectors = Math.max(1, Math.min(128, Math.floor((pages.length * 4096 - offset) / 512) - trim))
      return { ...rest, offset, pages, sectors, sector: i * 1000 }
    })
  })

function runAll(bench: DeviceBench, list: readonly Request[]): void {
  for (const request of list) bench.start(request)
  bench.simulator.run(100_000)
  expect(bench.finished.map((ccb) => ccb.status)).toEqual(list.map(() => 0))
  expect(list.map((request) => bench.isRight(request))).toEqual(list.map(() => true))
  expect(bench.busdma.bouncePagesActive).toBe(0)
}

describe('AhciSim', () => {
  it('writes structures that the controller accepts, and never bounces', () => {
    fc.assert(
      fc.property(requests, (list) => {
        const bench = new DeviceBench()
        const port = new AhciController(bench.connect(64))
        const driver = new AhciSim(bench.parts, limitsOf('ahci-ssd'), port)
        bench.handler = () => driver.interrupt()
        bench.xpt.attach(driver.sim)
        runAll(bench, list)
        expect(bench.counters.bytesBounced).toBe(0)
      }),
      { numRuns: 25 },
    )
  })

  it('joins neighbouring pages into segments of at most 64 KiB', () => {
    const bench = new DeviceBench()
    let list = 0
    const counts: number[] = []
    const port: AhciPort = {
      setCommandList: (address) => (list = address),
      issue: (slot) => {
        const { memory } = bench.machine
        const header = list + slot * 32
        const table = memory.read32(header + 8)
        for (let i = 0; i < memory.read32(header) >>> 16; i++)
          counts.push(memory.read32(table + 128 + i * 16 + 12) + 1)
      },
      takeCompleted: () => 0,
      takeFailed: () => 0,
    }
    bench.xpt.attach(new AhciSim(bench.parts, limitsOf('ahci-ssd'), port).sim)
    const pages = [...Array.from({ length: 20 }, (_, i) => 50_000 + i), 60_000]
    bench.start({ write: true, sector: 0, sectors: 168, pages, offset: 0, form: 'msf' })
    expect(counts).toEqual([65536, 16384, 4096])
  })
})

describe('IdeSim', () => {
  it('writes PRD tables that the controller accepts, and bounces what is out of reach', () => {
    fc.assert(
      fc.property(requests, (list) => {
        const bench = new DeviceBench()
        const channel = new IdeController(bench.connect(32))
        const driver = new IdeSim(bench.parts, limitsOf('ide-disk'), channel)
        bench.handler = () => driver.interrupt()
        bench.xpt.attach(driver.sim)
        runAll(bench, list)
        const bounces = list.some(({ pages, offset, sectors }) =>
          pages.slice(0, Math.ceil((offset + sectors * 512) / 4096)).some((pfn) => pfn >= FRAMES / 2),
        )
        expect(bench.counters.bytesBounced > 0).toBe(bounces)
        expect(bench.finished.map((ccb) => ccb.id)).toEqual(list.map((_, i) => i))
      }),
      { numRuns: 25 },
    )
  })

  it('splits regions at 64 KiB lines, writes 64 KiB as 0, and ends the table once', () => {
    const bench = new DeviceBench()
    let table = 0
    const tables: number[][][] = []
    const channel: IdeChannel = {
      writeTaskFile: () => undefined,
      setPrdTable: (address) => (table = address),
      start: () => {
        const prds: number[][] = []
        for (let at = table; prds.at(-1)?.[2] !== 1; at += 8) {
          const word = bench.machine.memory.read32(at + 4)
          prds.push([bench.machine.memory.read32(at), word & 0xffff, word >>> 31])
        }
        tables.push(prds)
      },
      takeInterrupt: () => true,
      error: false,
    }
    const driver = new IdeSim(bench.parts, limitsOf('ide-disk'), channel)
    bench.xpt.attach(driver.sim)
    const run = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i)
    bench.start({ write: true, sector: 0, sectors: 128, pages: run(0x8000, 16), offset: 0, form: 'msf' })
    driver.interrupt()
    bench.start({
      write: true,
      sector: 0,
      sectors: 120,
      pages: run(0x900c, 16),
      offset: 1024,
      form: 'mapped',
    })
    expect(tables).toEqual([
      [[0x8000000, 0, 1]],
      [
        [0x900c400, 0x3c00, 0],
        [0x9010000, 120 * 512 - 0x3c00, 1],
      ],
    ])
  })
})
