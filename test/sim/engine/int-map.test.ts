import fc from 'fast-check'
import { expect, it } from 'vitest'
import { IntMap } from '../../../src/sim/engine/int-map.ts'

it('agrees with a Map over any sequence of sets and deletes', () => {
  const key = fc.oneof(fc.nat(40), fc.nat(0x7fffffff))
  const steps = fc.array(fc.tuple(fc.constantFrom('set', 'set', 'delete'), key, fc.nat(3)), {
    minLength: 200,
    maxLength: 600,
  })
  fc.assert(
    fc.property(steps, (sequence) => {
      const map = new IntMap()
      const model = new Map<number, number>()
      for (const [step, k, value] of sequence) {
        if (step === 'set') {
          map.set(k, value)
          model.set(k, value)
        } else {
          map.delete(k)
          model.delete(k)
        }
        expect(map.get(k, -1)).toBe(model.get(k) ?? -1)
      }
      expect(map.size).toBe(model.size)
      for (const [k, value] of model) expect(map.get(k, -1)).toBe(value)
    }),
    { numRuns: 100 },
  )
})
