import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUS_SPACE_MAXADDR, BUS_SPACE_MAXADDR_32BIT } from '../../../../../src/sim/kernel/busdma/constants.ts'
import type { BusDmamap } from '../../../../../src/sim/kernel/busdma/map.ts'
import { DmaSim } from '../../../../../src/sim/kernel/cam/sims/dma-sim.ts'
import type { CommandStarter } from '../../../../../src/sim/kernel/cam/sims/dma-sim.ts'
import { EFBIG } from '../../../../../src/sim/kernel/errno.ts'
import { DeviceBench, FRAMES } from './device-bench.ts'

const SLOTS = 8

/** An adapter of 8 slots that takes bus addresses straight from the maps. */
class AdapterBench extends DeviceBench {
  readonly order: number[] = []
  readonly sim: DmaSim

  constructor(maxBouncePages: number, nsegments = 256) {
    super(maxBouncePages)
    const { segments } = this.connect(32)
    const lists: number[][][] = []
    const done = this.simulator.on((slot) => {
      const request = this.requests[this.order[running.indexOf(slot)]!]!
      running[running.indexOf(slot)] = -1
      segments.start(!request.write)
      for (const [address, length] of lists[slot]!) segments.add(address!, length!)
      this.drive.finish(request.sector, request.sectors, segments, this.simulator.now)
      this.machine.switchTo(slot % 2, this.simulator.now)
      this.sim.complete(slot)
    })
    const running: number[] = []
    const start = (slot: number, ccb: { readonly id: number }, map: BusDmamap, count: number): void => {
      const request = this.requests[ccb.id]!
      this.order.push(ccb.id)
      running.push(slot)
      lists[slot] = Array.from({ length: count }, (_, i) => [map.segAddr[i]!, map.segLen[i]!])
      const at = this.drive.accept(request.write, request.sector, request.sectors, this.machine.cpu.clock)
      this.simulator.schedule(at, done, slot)
    }
    const tag = {
      alignment: 1,
      boundary: 0,
      lowaddr: BUS_SPACE_MAXADDR_32BIT,
      highaddr: BUS_SPACE_MAXADDR,
      maxsize: 65536,
      nsegments,
      maxsegsz: 65536,
      flags: 0,
    }
    const starter: CommandStarter = { protocol: 'ata', start, interrupt: () => undefined }
    this.sim = new DmaSim(this.parts, starter, { tags: [tag], slots: SLOTS, timeoutNs: 5e9 })
    this.xpt.attach(this.sim)
  }
}

describe('DmaSim', () => {
  it('waits for bounce pages in order, and every request comes through', () => {
    const request = fc.record({
      write: fc.boolean(),
      count: fc.integer({ min: 1, max: 16 }),
      high: fc.boolean(),
      form: fc.constantFrom('mapped' as const, 'msf' as const),
    })
    let waits = 0
    fc.assert(
      fc.property(fc.array(request, { minLength: 10, maxLength: 24 }), (list) => {
        const bench = new AdapterBench(17)
        list.forEach(({ write, count, high, form }, i) => {
          const first = (high ? FRAMES / 2 : 0) + 40_000 + i * 40
          const pages = Array.from({ length: count }, (_, page) => first + page * 2)
          bench.start({ write, sector: i * 1000, sectors: count * 8, pages, offset: 0, form })
        })
        bench.simulator.run(100_000)
        expect(bench.finished.map((ccb) => ccb.status)).toEqual(list.map(() => 0))
        expect(bench.requests.map((each) => bench.isRight(each))).toEqual(list.map(() => true))
        // The queue is frozen while one waits, so that nothing overtakes it.
        expect(bench.order).toEqual(list.map((_, i) => i))
        expect(bench.busdma.bouncePagesActive).toBe(0)
        expect(bench.sim.openings).toBe(SLOTS)
        waits += bench.counters.bounceWaits
      }),
      { numRuns: 15 },
    )
    expect(waits).toBeGreaterThan(0)
  })

  it('takes no more requests than it has slots', () => {
    const bench = new AdapterBench(1024)
    for (let i = 0; i < SLOTS + 3; i++)
      bench.start({ write: false, sector: i, sectors: 1, pages: [40_000 + i], offset: 0, form: 'msf' })
    expect([bench.order.length, bench.sim.openings]).toEqual([SLOTS, 0])
    bench.simulator.run(1000)
    expect([bench.finished.length, bench.sim.openings]).toEqual([SLOTS + 3, SLOTS])
  })

  it('ends a request that cannot be loaded with its error, and goes on', () => {
    const bench = new AdapterBench(1024, 2)
    const scattered = [50_000, 50_002, 50_004]
    for (const form of ['mapped', 'msf'] as const) {
      bench.start({ write: false, sector: 0, sectors: 24, pages: scattered, offset: 0, form })
      expect(bench.finished.at(-1)?.status).toBe(EFBIG)
    }
    expect([bench.order, bench.sim.openings]).toEqual([[], SLOTS])
    bench.start({ write: false, sector: 0, sectors: 16, pages: [50_000, 50_002], offset: 0, form: 'msf' })
    bench.simulator.run(10)
    expect(bench.finished.at(-1)?.status).toBe(0)
    expect(bench.isRight(bench.requests[2]!)).toBe(true)
  })
})
