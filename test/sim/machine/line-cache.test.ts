import { describe, expect, it } from 'vitest'
import { LineCache } from '../../../src/sim/machine/line-cache.ts'

describe('LineCache', () => {
  it('brings the neighbours in a line along', () => {
    const cache = new LineCache(1024, 64)
    const array = cache.array(100, 32)
    expect([0, 1, 2, 3, 0].map((index) => cache.touch(array, index))).toEqual([
      true,
      false,
      true,
      false,
      false,
    ])
  })

  it('loses a line once more than it holds has passed, and not before', () => {
    const cache = new LineCache(1024, 64)
    const array = cache.array(1, 4)
    cache.touch(array, 0)
    cache.stream(1024)
    expect(cache.touch(array, 0)).toBe(false)
    cache.stream(1025)
    expect(cache.touch(array, 0)).toBe(true)
  })
})
