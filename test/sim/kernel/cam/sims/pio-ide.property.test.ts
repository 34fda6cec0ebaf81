import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stampMatches } from '../../../../../src/sim/engine/sector-stamp.ts'
import { SECTORS, WholeBench, checkRoundTrip } from './whole-bench.ts'
import type { BenchRequest } from './whole-bench.ts'

const GIB = 2 ** 30
const shape = fc.record({
  sector: fc.integer({ min: 0, max: SECTORS - 64 }),
  sectors: fc.integer({ min: 1, max: 40 }),
  offset: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 4095 }),
    fc.integer({ min: 0, max: 1023 }).map((n) => n * 4),
  ),
  order: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
  form: fc.constantFrom<'mapped' | 'msf'>('mapped', 'msf'),
})
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never

function pagesFor(pool: readonly number[], { sectors, offset, order }: Shape): number[] {
  const left = [...pool]
  return Array.from(
    { length: Math.ceil((offset + sectors * 512) / 4096) },
    (_, i) => left.splice(order[i % 8]! % left.length, 1)[0]!,
  )
}

describe.each([1, 8])('PIO, %i sectors for each interrupt', (sectorsPerInterrupt) => {
  it('moves exactly the right bytes, both ways, through either form', () => {
    const changes = { pio: { bytesPerSecond: 16.6e6, sectorsPerInterrupt } }
    const bench = new WholeBench('ide-pio-disk', { changes })
    const pool = [
      ...bench.takePages(6, 0, 16 * 2 ** 20),
      ...bench.takePages(6, GIB, 2 * GIB),
      ...bench.takePages(6, 5 * GIB, 8 * GIB - 1),
    ]
    const free = bench.kernel.slots.free
    let salt = 0
    fc.assert(
      fc.property(shape, shape, (a, b) => {
        const request = (s: Shape): BenchRequest => ({
          ...s,
          sector: a.sector,
          sectors: a.sectors,
          operation: 'write',
          pages: pagesFor(pool, { ...s, sectors: a.sectors }),
        })
        checkRoundTrip(bench, request(a), request(b), ++salt)
      }),
      { numRuns: 1000 },
    )
    expect(bench.violations).toEqual([])
    expect(bench.kernel.slots.free).toBe(free)
    expect(bench.storage.bus.faults).toBe(0)
  })
})

describe('PIO of sectors that were never written', () => {
  it('brings each in its place', () => {
    const bench = new WholeBench('ide-pio-disk')
    const pages = bench.takePages(2, GIB, 2 * GIB).concat(bench.takePages(2, 6 * GIB, 7 * GIB))
    bench.run({ operation: 'read', sector: 77, sectors: 32, pages, offset: 0, form: 'msf' })
    const words = new Int32Array(bench.bytesOf(pages).buffer)
    for (let i = 0; i < 32; i++) expect(stampMatches(words, i * 128, 77 + i, 0)).toBe(true)
  })
})
