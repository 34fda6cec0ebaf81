import { expect, it } from 'vitest'
import { PageHolds } from '../../../../src/sim/kernel/vm/page-holds.ts'

it('counts holds of each page, and faults on one too few', () => {
  const holds = new PageHolds()
  for (const pfn of [5, 5, 4095, 4096, 0x3ffffff]) holds.hold(pfn)
  expect([5, 4095, 4096, 0x3ffffff, 6].map((pfn) => holds.of(pfn))).toEqual([2, 1, 1, 1, 0])
  expect(holds.total).toBe(5)
  holds.unhold(5)
  holds.unhold(4096)
  expect([5, 4095, 4096].map((pfn) => holds.of(pfn))).toEqual([1, 1, 0])
  expect(() => holds.unhold(4096)).toThrow('unhold of page 4096, whose count is 0')
  expect(() => holds.unhold(123_456)).toThrow('page 123456')
  expect(holds.total).toBe(3)
})
