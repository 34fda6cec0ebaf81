import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { EINVAL, EIO, OK } from '../../../../../src/sim/kernel/errno.ts'
import { IsaDma } from '../../../../../src/sim/kernel/isa-dma.ts'
import { SECTORS, WholeBench, checkRoundTrip } from './whole-bench.ts'
import type { BenchRequest } from './whole-bench.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30
const MILLION = 1_000_000

const shape = fc.record({
  sector: fc.integer({ min: 0, max: SECTORS - 300 }),
  sectors: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 24 }) },
    fc.integer({ min: 1, max: 240 }),
  ),
  offset: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 2047 }).map((n) => n * 2),
  ),
  odd: fc.boolean(),
  /** A run of neighbours below 16 MiB, of neighbours above, or single pages of everywhere. */
  kind: fc.constantFrom('low run', 'high run', 'scattered'),
  first: fc.nat(),
  form: fc.constantFrom<'mapped' | 'msf'>('mapped', 'msf'),
})
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never

describe.each([1, 5] as const)('a disk on ISA DMA channel %i', (channel) => {
  it('moves exactly the right bytes, both ways, wherever the pages lie', () => {
    const bench = new WholeBench('isa-dma-disk', { changes: { channel } })
    const low = bench.takePages(72, 0, 16 * MIB - 1)
    const high = bench.takePages(40, 5 * GIB, 6 * GIB)
    const mixed = low.flatMap((pfn, i) => (i % 2 === 0 ? [pfn, high[i % 40]!] : [])).slice(0, 40)
    let salt = 0
    let unbounced = 0
    fc.assert(
      fc.property(shape, shape, (a, b) => {
        const request = (s: Shape): BenchRequest => {
          const offset = s.offset + (channel === 1 && s.odd ? 1 : 0)
          const count = Math.ceil((offset + a.sectors * 512) / 4096)
          const pool = s.kind === 'low run' ? low : s.kind === 'high run' ? high : [...new Set(mixed)]
          const from = s.first % (pool.length - count + 1)
          return {
            operation: 'write',
            form: s.form,
            offset,
            sector: a.sector,
            sectors: a.sectors,
            pages: pool.slice(from, from + count),
          }
        }
        const before = bench.counters.bytesBounced
        checkRoundTrip(bench, request(a), request(b), ++salt)
        if (bench.counters.bytesBounced === before) unbounced++
      }),
      { numRuns: 1000 },
    )
    expect(bench.violations).toEqual([])
    expect(bench.storage.bus.faults).toBe(0)
    expect(unbounced).toBeGreaterThan(10)
    expect(unbounced).toBeLessThan(900)
    if (channel === 1) expect(bench.counters.requestSplits).toBeGreaterThan(20)
    else expect(bench.counters.requestSplits).toBe(0)
  })
})

describe('the driver of a disk on ISA DMA', () => {
  afterEach(() => void vi.restoreAllMocks())

  const low = (bench: WholeBench): BenchRequest => ({
    operation: 'read',
    sector: 40,
    sectors: 16,
    // From the last page of a window on: never in one window.
    pages: [0x40f, 0x410, 0x411],
    offset: 0,
    form: bench.counters.msfCreated === 0 ? 'mapped' : 'msf',
  })

  it('gets wrong bytes when it does not check the range', () => {
    const bench = new WholeBench('isa-dma-disk', { changes: { channel: 1 } })
    for (const pfn of low(bench).pages) bench.takePages(1, pfn * 4096, pfn * 4096 + 4095)
    expect(() => checkRoundTrip(bench, low(bench), low(bench), 1)).not.toThrow()
    vi.spyOn(IsaDma.prototype, 'isa_dmarangecheck').mockReturnValue(false)
    // Written and read by the same wrong way the data would look right, so it comes back to a good place.
    const good = { ...low(bench), pages: bench.takePages(2, 8 * MIB, 8 * MIB + 8191) }
    expect(() => checkRoundTrip(bench, low(bench), good, 2)).toThrow(/byte \d+ of the read/)
    expect(bench.violations.join()).toMatch(/dma-to-free-page/)
  })

  it('ends a request at an odd address with an error and a report', () => {
    const bench = new WholeBench('isa-dma-disk')
    const pages = bench.takePages(3, MIB, 2 * MIB)
    const request = { ...low(bench), pages, offset: 1 }
    expect(bench.run(request).status).toBe(EINVAL)
    expect(bench.violations).toHaveLength(1)
    expect(bench.run({ ...request, offset: 2 }).status).toBe(OK)
  })

  it.each([
    ['media errors', { mediaErrors: MILLION }, EIO],
    ['short transfers', { shortTransfers: MILLION }, EIO],
    ['stray transfers', { strayTransfers: MILLION }, null],
    ['lost interrupts', { lostInterrupts: MILLION }, OK],
  ])('ends every request under %s', (_what, faults, status) => {
    const bench = new WholeBench('isa-dma-disk', { faults })
    const pages = bench.takePages(2, 5 * GIB, 6 * GIB)
    for (const operation of ['read', 'write'] as const) {
      const ccb = bench.run({ ...low(bench), pages, operation })
      if (status !== null) expect(ccb.status).toBe(status)
      else expect([OK, EIO]).toContain(ccb.status)
    }
    if (status === OK) expect(bench.counters.commandTimeouts).toBe(2)
    else if (status === EIO) expect(bench.counters.deviceErrors).toBe(2)
  })
})
