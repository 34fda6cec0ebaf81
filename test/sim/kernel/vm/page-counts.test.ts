import fc from 'fast-check'
import { expect, it } from 'vitest'
import { HOLDS, PageCounts, WIRINGS } from '../../../../src/sim/kernel/vm/page-counts.ts'
import { PageMap } from '../../../../src/sim/machine/page-map.ts'

it('keeps the holds and the wirings of a page apart', () => {
  const step = fc.record({ pfn: fc.nat(3), isHold: fc.boolean(), up: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const map = new PageMap()
      const counts = [new PageCounts('unwire', map, WIRINGS), new PageCounts('unhold', map, HOLDS)] as const
      const model = [new Array<number>(4).fill(0), new Array<number>(4).fill(0)] as const
      for (const { pfn, isHold, up } of steps) {
        const which = isHold ? 1 : 0
        if (!up && model[which][pfn] === 0) continue
        model[which][pfn]! += up ? 1 : -1
        expect(up ? counts[which].add(pfn) : counts[which].subtract(pfn)).toBe(model[which][pfn])
      }
      for (const which of [0, 1] as const) {
        expect([0, 1, 2, 3].map((pfn) => counts[which].of(pfn))).toEqual(model[which])
        expect(counts[which].total).toBe(model[which].reduce((sum, count) => sum + count))
        const shown = new Map<number, number>()
        counts[which].forEach((pfn, count) => shown.set(pfn, count))
        expect([0, 1, 2, 3].map((pfn) => shown.get(pfn) ?? 0)).toEqual(model[which])
      }
    }),
  )
})

it('ends the only count of a page, and leaves one that has others', () => {
  const map = new PageMap()
  const wirings = new PageCounts('unwire', map, WIRINGS)
  const holds = new PageCounts('unhold', map, HOLDS)
  for (const pfn of [1, 2, 2, 3]) wirings.add(pfn)
  holds.add(3)
  holds.add(4)
  expect([1, 2, 3, 4, 5].map((pfn) => wirings.endOnly(pfn))).toEqual([true, false, false, false, false])
  expect([1, 2, 3, 4, 5].map((pfn) => wirings.of(pfn))).toEqual([0, 2, 1, 0, 0])
  expect([holds.of(3), holds.of(4), wirings.total, holds.total]).toEqual([1, 1, 3, 2])
})

it('refuses a count below 0 or beyond 16 bits', () => {
  const counts = new PageCounts('unhold', new PageMap(), HOLDS)
  expect(() => counts.subtract(5)).toThrow('unhold of page 5, whose count is 0')
  for (let i = 0; i < 0xfffe; i++) counts.add(5)
  expect(() => counts.add(5)).toThrow('page 5 has more than 65534')
})
