import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimeSeries } from '../../../src/sim/engine/time-series.ts'

describe('TimeSeries', () => {
  it('adds into bins and grows no longer than it has run', () => {
    const series = new TimeSeries(2, 8, 10)
    series.add(0, 0, 1)
    series.add(0, 9.5, 2)
    series.add(1, 25, 4)
    expect([...series.curve(0)]).toEqual([3, 0, 0])
    expect([...series.curve(1)]).toEqual([0, 0, 4])
  })

  it('merges neighbours when time runs past the last bin', () => {
    const series = new TimeSeries(1, 4, 10)
    for (const at of [0, 10, 20, 30]) series.add(0, at, 1 + at)
    series.add(0, 40, 100)
    expect(series.binNs).toBe(20)
    expect([...series.curve(0)]).toEqual([12, 52, 100])
  })

  it('keeps every sum in its place, whatever order the times come in', () => {
    const entry = fc.tuple(fc.nat(1), fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: -9, max: 9 }))
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1 }), (entries) => {
        const series = new TimeSeries(2, 16, 10)
        entries.forEach(([curve, at, amount]) => series.add(curve, at, amount))
        const latest = Math.max(...entries.map(([, at]) => at))
        for (const curve of [0, 1]) {
          const expected = Array.from({ length: Math.floor(latest / series.binNs) + 1 }, () => 0)
          for (const [which, at, amount] of entries)
            if (which === curve) expected[Math.floor(at / series.binNs)]! += amount
          expect([...series.curve(curve)]).toEqual(expected)
        }
        expect(series.curve(0).length).toBeLessThanOrEqual(16)
      }),
    )
  })
})
