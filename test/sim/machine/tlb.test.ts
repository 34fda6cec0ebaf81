import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Tlb } from '../../../src/sim/machine/tlb.ts'

describe('Tlb', () => {
  it('knows nothing at first, page 0 included', () => {
    expect(new Tlb(16, 4).lookup(0)).toBe(-1)
  })

  it('keeps as many pages of one set as it has ways, and replaces the one entered first', () => {
    const tlb = new Tlb(16, 4)
    // 4 sets: pages 3, 7, 11, ... share one.
    for (const page of [3, 7, 11, 15]) tlb.insert(page, 100 + page, false)
    tlb.insert(4, 104, false)
    expect([3, 7, 11, 15].map((page) => tlb.lookup(page))).toEqual([103, 107, 111, 115])
    tlb.insert(19, 119, false)
    expect([3, 7, 11, 15, 19, 4].map((page) => tlb.lookup(page))).toEqual([-1, 107, 111, 115, 119, 104])
    tlb.insert(23, 123, false)
    expect([7, 11, 19, 23].map((page) => tlb.lookup(page))).toEqual([-1, 111, 119, 123])
  })

  it('invalidates one page, and forgets all on a flush', () => {
    const tlb = new Tlb(16, 4)
    for (const page of [3, 7, 8]) tlb.insert(page, 100 + page, false)
    tlb.invalidate(7)
    tlb.invalidate(99)
    expect([3, 7, 8].map((page) => tlb.lookup(page))).toEqual([103, -1, 108])
    tlb.flush()
    expect([3, 7, 8].map((page) => tlb.lookup(page))).toEqual([-1, -1, -1])
    tlb.insert(3, 5, false)
    expect(tlb.lookup(3)).toBe(5)
  })

  it('agrees with a model of sets replaced round robin', () => {
    const page = fc.integer({ min: 0, max: 40 })
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ access: page }) },
      { weight: 2, arbitrary: fc.record({ invalidate: page }) },
      { weight: 1, arbitrary: fc.constant('flush' as const) },
    )
    const geometry = fc.constantFrom([8, 1], [8, 2], [8, 8], [12, 3] as const)
    fc.assert(
      fc.property(geometry, fc.array(step, { maxLength: 200 }), ([entries, ways], steps) => {
        const tlb = new Tlb(entries, ways)
        const sets = entries / ways
        const model = Array.from({ length: sets }, () => ({
          next: 0,
          ways: Array.from({ length: ways }, () => -1),
        }))
        steps.forEach((each, frame) => {
          if (each === 'flush') {
            tlb.flush()
            for (const set of model) set.ways.fill(-1)
          } else if ('invalidate' in each) {
            tlb.invalidate(each.invalidate)
            const set = model[each.invalidate % sets]!
            set.ways = set.ways.map((held) => (held >= 0 && held % 100 === each.invalidate ? -1 : held))
          } else {
            const set = model[each.access % sets]!
            const hit = set.ways.find((held) => held >= 0 && held % 100 === each.access)
            expect(tlb.lookup(each.access)).toBe(hit === undefined ? -1 : Math.floor(hit / 100))
            if (hit !== undefined) return
            tlb.insert(each.access, frame, false)
            set.ways[set.next] = frame * 100 + each.access
            set.next = (set.next + 1) % ways
          }
        })
      }),
    )
  })
})
