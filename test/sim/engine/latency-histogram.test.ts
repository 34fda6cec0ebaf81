import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LatencyHistogram } from '../../../src/sim/engine/latency-histogram.ts'

function filled(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram()
  values.forEach((value) => histogram.record(value))
  return histogram
}

describe('LatencyHistogram', () => {
  it('is all zero when nothing was recorded', () => {
    const empty = new LatencyHistogram()
    expect([empty.count, empty.mean(), empty.percentile(0.5), empty.max]).toEqual([0, 0, 0, 0])
  })

  it('gives back a single value exactly', () => {
    const one = filled([123_456.75])
    expect([one.percentile(0), one.percentile(0.5), one.percentile(1)]).toEqual(
      Array.from({ length: 3 }, () => 123_456.75),
    )
    expect([one.mean(), one.max]).toEqual([123_456.75, 123_456.75])
  })

  it('takes values below a nanosecond and beyond its last bucket', () => {
    expect(filled([0, 0, 0.25]).percentile(1)).toBe(0.25)
    expect(filled([2 ** 70]).percentile(0.5)).toBe(2 ** 70)
  })

  it('has a percentile at or less than 0.8% above the exact one, never above the greatest value', () => {
    const value = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.double({ min: 1, max: 2, noNaN: true }))
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (parts, fraction) => {
          const values = parts.map(([exponent, mantissa]) => mantissa * 2 ** exponent)
          const sorted = values.toSorted((a, b) => a - b)
          const exact = sorted[Math.max(1, Math.ceil(fraction * sorted.length)) - 1]!
          const histogram = filled(values)
          const given = histogram.percentile(fraction)
          expect(given).toBeGreaterThanOrEqual(exact)
          expect(given).toBeLessThanOrEqual(exact * 1.008)
          expect(given).toBeLessThanOrEqual(sorted.at(-1)!)
          expect(histogram.max).toBe(sorted.at(-1)!)
          expect(histogram.mean()).toBe(values.reduce((a, b) => a + b, 0) / values.length)
        },
      ),
    )
  })
})
