import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PageMap } from '../../../src/sim/machine/page-map.ts'

it('keeps the words of pages apart, near and far', () => {
  const pfn = fc.oneof(fc.nat(40), fc.integer({ min: 0x3fff0, max: 0x40010 }), fc.nat(0xffffff))
  const write = fc.record({ pfn, adds: fc.boolean(), word: fc.integer() })
  fc.assert(
    fc.property(fc.array(write, { maxLength: 60 }), (writes) => {
      const map = new PageMap()
      const model = new Map<number, number>()
      for (const { pfn, adds, word } of writes) {
        const now = adds ? ((model.get(pfn) ?? 0) + word) | 0 : word
        if (adds) expect(map.add(pfn, word)).toBe(now)
        else map.set(pfn, word)
        model.set(pfn, now)
      }
      for (const { pfn } of writes) expect(map.get(pfn)).toBe(model.get(pfn))
    }),
    { numRuns: 30 },
  )
})

it('has 0 for a page that nothing was set for', () => {
  const map = new PageMap()
  map.set(3, 7)
  expect([map.get(2), map.get(3), map.get(0x40003), map.get(0xfffffff)]).toEqual([0, 7, 0, 0])
})

it('replaces a word by another only when it is the expected one', () => {
  const map = new PageMap()
  map.set(3, 7)
  expect([map.replace(3, 8, 1), map.get(3)]).toEqual([false, 7])
  expect([map.replace(4, 7, 1), map.get(4)]).toEqual([false, 0])
  expect([map.replace(3, 7, 9), map.get(3)]).toEqual([true, 9])
})

it('shows the pages with a word, lowest first', () => {
  const map = new PageMap()
  map.set(0x40005, 4)
  map.set(9, 2)
  map.set(8, 5)
  map.set(8, 0)
  const shown: [number, number][] = []
  map.forEach((pfn, word) => shown.push([pfn, word]))
  expect(shown).toEqual([
    [9, 2],
    [0x40005, 4],
  ])
})

it('stays small while pages come and go', () => {
  const map = new PageMap()
  const live = new Map<number, number>()
  for (let step = 0; step < 60_000; step++) {
    const pfn = Math.imul(step, 0x9e3779b9) >>> 8
    map.set(pfn, step + 1)
    live.set(pfn, step + 1)
    if (live.size <= 1500) continue
    const [oldest] = live.keys()
    live.delete(oldest!)
    map.set(oldest!, 0)
  }
  expect(map.capacity).toBeLessThanOrEqual(8192)
  const shown: [number, number][] = []
  map.forEach((pfn, word) => shown.push([pfn, word]))
  expect(shown).toEqual([...live].sort(([a], [b]) => a - b))
})
