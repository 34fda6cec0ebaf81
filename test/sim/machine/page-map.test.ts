import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PageMap } from '../../../src/sim/machine/page-map.ts'

it('keeps each number of each page apart, near and far', () => {
  const pfn = fc.oneof(fc.nat(40), fc.integer({ min: 0x3fff0, max: 0x40010 }), fc.nat(0xffffff))
  const write = fc.record({ pfn, place: fc.nat(1), value: fc.integer({ min: -5, max: 5 }) })
  fc.assert(
    fc.property(fc.array(write, { maxLength: 60 }), (writes) => {
      const map = new PageMap(2)
      const model = new Map<string, number>()
      for (const { pfn, place, value } of writes) {
        map.set(pfn, value, place)
        model.set(`${pfn}/${place}`, value)
      }
      for (const { pfn } of writes)
        for (const place of [0, 1]) expect(map.get(pfn, place)).toBe(model.get(`${pfn}/${place}`) ?? 0)
    }),
    { numRuns: 30 },
  )
})

it('has 0 for a page that nothing was set for', () => {
  const map = new PageMap()
  map.set(3, 7)
  expect([map.get(2), map.get(3), map.get(0x40003), map.get(0xfffffff)]).toEqual([0, 7, 0, 0])
})

it('shows the pages with a number at a place, lowest first', () => {
  const map = new PageMap(2)
  map.set(0x40005, 4, 1)
  map.set(9, 2, 1)
  map.set(7, 1, 0)
  map.set(8, 5, 1)
  map.set(8, 0, 1)
  const shown: [number, number][] = []
  map.forEach((pfn, value) => shown.push([pfn, value]), 1)
  expect(shown).toEqual([
    [9, 2],
    [0x40005, 4],
  ])
})
