import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SparseWords } from '../../../src/sim/engine/sparse-words.ts'

it('agrees with a map, over indices up to 2^53', () => {
  const index = fc.oneof(
    fc.integer({ min: 0, max: 5000 }),
    fc.constantFrom(2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1, 2 ** 42 + 1023, 2 ** 42 + 1024),
  )
  const step = fc.record({ index, value: fc.option(fc.integer({ min: 0, max: 0xffffffff })) })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const words = new SparseWords()
      const model = new Map<number, number>()
      for (const each of steps) {
        expect(words.get(each.index)).toBe(model.get(each.index) ?? 0)
        if (each.value === null) continue
        words.set(each.index, each.value)
        model.set(each.index, each.value)
      }
      for (const [key, value] of model) expect(words.get(key)).toBe(value)
    }),
  )
})
