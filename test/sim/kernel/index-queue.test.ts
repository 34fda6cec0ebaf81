import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IndexQueue } from '../../../src/sim/kernel/index-queue.ts'
import { queueOf } from '../../../src/sim/lab/conformance/mapping/pool-fields.ts'

describe('IndexQueue', () => {
  it('keeps the order of arrival through any appends and removals', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 60 }), (toggles) => {
        const queue = new IndexQueue(10)
        const model: number[] = []
        for (const index of toggles) {
          const at = model.indexOf(index)
          if (at < 0) {
            queue.append(index)
            model.push(index)
          } else {
            queue.remove(index)
            model.splice(at, 1)
          }
          expect(queueOf(queue)).toEqual(model)
          expect(queue.length).toBe(model.length)
          expect(queue.has(index)).toBe(at < 0)
        }
      }),
    )
  })
})
