import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dmalab } from '../../../../../src/sim/kernel/busdma/dialects/dmalab.ts'
import { dragonfly2020 } from '../../../../../src/sim/kernel/busdma/dialects/dragonfly-2020.ts'
import { ScsiDriverBench } from './scsi-driver-bench.ts'
import type { Transfer } from './scsi-driver-bench.ts'

/** Pages of each arena that one transfer of a batch may use. */
const SECTION = 128
const MOST_BYTES = 65_536

/** Mostly single pages, so that lists get long. */
const runLength = fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 8 }))

/** Runs of neighbouring pages in any of the three kinds of memory, with gaps, and where in them the data lies. */
const shape = fc.record({
  runs: fc.array(fc.record({ arena: fc.nat(2), gap: fc.nat(2), count: runLength }), {
    minLength: 1,
    maxLength: 17,
    size: 'max',
  }),
  offset: fc.oneof(
    fc.constant(0),
    fc.nat(7).map((sector) => sector * 512),
    fc.nat(4095),
  ),
  trim: fc.nat(15),
  sector: fc.nat(500),
  form: fc.constantFrom('mapped' as const, 'msf' as const),
})

function layOut(
  bench: ScsiDriverBench,
  shapes: readonly (typeof shape extends fc.Arbitrary<infer T> ? T : never)[],
) {
  return shapes.map(({ runs, offset, trim, sector, form }, i): Omit<Transfer, 'operation'> => {
    const next = bench.arenas.map((first) => first + i * SECTION)
    const pages = runs
      .flatMap(({ arena, gap, count }) => {
        next[arena]! += gap
        return Array.from({ length: count }, () => next[arena]!++)
      })
      .slice(0, 17)
    const room = Math.floor(Math.min(pages.length * 4096 - offset, MOST_BYTES) / 512)
    if (room === 0) return { sector: i * 1000 + sector, sectors: 8, pages, offset: 0, form }
    return { sector: i * 1000 + sector, sectors: Math.max(1, room - trim), pages, offset, form }
  })
}

describe.each([
  ['aha1542-disk', dmalab],
  ['aha1542-disk', dragonfly2020],
  ['sym-disk', dmalab],
  ['sym-disk', dragonfly2020],
  ['mps-ssd', dmalab],
  ['mps-ssd', dragonfly2020],
])('the driver of %s', (device, dialect) => {
  it(`moves exactly the right bytes both ways, and breaks no rule of its hardware (${dialect.name})`, () => {
    const bench = new ScsiDriverBench(device, dialect)
    const slots = bench.storage.sim.openings
    let bounced = 0
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 6 }), (shapes) => {
        const places = layOut(bench, shapes)
        for (const operation of ['write', 'read'] as const) {
          const transfers = places.map((place) => ({ ...place, operation }))
          const before = bench.counters.bytesBounced
          const ccbs = bench.run(transfers)
          expect(ccbs.map(({ status, resid }) => [status, resid])).toEqual(ccbs.map(() => [0, 0]))
          expect(bench.finished).toHaveLength(ccbs.length)
          expect(transfers.map((transfer) => bench.isRight(transfer))).toEqual(ccbs.map(() => true))
          bounced += bench.counters.bytesBounced - before
        }
        expect(bench.storage.bus.faults).toBe(0)
        expect(bench.busdma.bouncePagesActive).toBe(0)
        expect(bench.storage.sim.openings).toBe(slots)
      }),
      { numRuns: 120, seed: 42 },
    )
    expect(bounced > 0).toBe(device !== 'mps-ssd')
  })
})
