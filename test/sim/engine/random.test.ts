import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/sim/engine/random.ts'

function draw(seed: number, stream: number, count: number): number[] {
  const random = new Random(seed, stream)
  return Array.from({ length: count }, () => random.uint32())
}

describe('Random', () => {
  // From a separate implementation of the two published generators in arbitrary-precision integers.
  it.each([
    [1, 1, [39879872, 1386179531, 2051494375, 2387623059, 1024386699]],
    [0, 0, [1124887014, 3599819727, 2505802108, 3049555024, 3567247500]],
    [0xffffffff, 2, [256421502, 830407729, 3341764224, 2622939696, 971813870]],
  ])('draws the same numbers everywhere: seed %d, stream %d', (seed, stream, expected) => {
    expect(draw(seed, stream, 5)).toEqual(expected)
  })

  it('makes a fraction of two draws, in steps of 2^-53', () => {
    const expected = ((1386179531 >>> 6) + (39879872 >>> 5) * 2 ** 26) / 2 ** 53
    expect(new Random(1, 1).unit()).toBe(expected)
  })

  it('differs with the seed and with the stream', () => {
    expect(draw(1, 1, 4)).not.toEqual(draw(2, 1, 4))
    expect(draw(1, 1, 4)).not.toEqual(draw(1, 2, 4))
  })

  it('stays below n and reaches both ends', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 5 }), (seed, n) => {
        const random = new Random(seed, 0)
        const seen = new Set(Array.from({ length: 300 }, () => random.below(n)))
        expect([...seen].toSorted((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
      }),
    )
  })

  it('is uniform: chi-square over 256 cells, and the mean of fractions', () => {
    const random = new Random(7, 3)
    const cells = new Float64Array(256)
    const draws = 256 * 400
    let sum = 0
    for (let i = 0; i < draws; i++) {
      cells[random.below(256)]!++
      sum += random.unit()
    }
    const chiSquare = cells.reduce((total, count) => total + (count - 400) ** 2 / 400, 0)
    // 255 degrees of freedom: 5 standard deviations of 22.6 around the mean.
    expect(Math.abs(chiSquare - 255)).toBeLessThan(113)
    expect(Math.abs(sum / draws - 0.5)).toBeLessThan(0.005)
  })
})
