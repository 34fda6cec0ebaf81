import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CallTree } from '../../../src/sim/engine/cpu-accounting.ts'
import { CpuAccounting, quantizeNs } from '../../../src/sim/engine/cpu-accounting.ts'

const SITES = Array.from({ length: 12 }, (_, i) => ({ name: `site ${i}`, layer: `layer ${i % 3}` }))

/** Self time by call path, straight from the tree. */
function selfTimes(tree: CallTree, above = '', into = new Map<string, number>()): Map<string, number> {
  const path = `${above}/${tree.name}`
  if (tree.selfNs !== 0) into.set(path, tree.selfNs)
  for (const child of tree.children) selfTimes(child, path, into)
  return into
}

function expectExactSums(tree: CallTree): void {
  expect(tree.totalNs).toBe(tree.children.reduce((sum, child) => sum + child.totalNs, tree.selfNs))
  const totals = tree.children.map((child) => child.totalNs)
  expect(totals).toEqual(totals.toSorted((a, b) => b - a))
  for (const child of tree.children) expectExactSums(child)
}

describe('quantizeNs', () => {
  it.each([
    [0, 0],
    [1, 1],
    [0.1, 102 / 1024],
    [1 / 2048, 1 / 1024],
    [1 / 2049, 0],
    [86.7, 88781 / 1024],
  ])('rounds %d to a multiple of 2^-10', (ns, expected) => {
    expect(quantizeNs(ns)).toBe(expected)
  })

  it('makes sums that do not depend on their order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true })), (values) => {
        const quantized = values.map(quantizeNs)
        const sum = (list: number[]): number => list.reduce((a, b) => a + b, 0)
        expect(sum(quantized)).toBe(sum(quantized.toReversed()))
        quantized.forEach((value, i) => expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(1 / 2048))
      }),
    )
  })
})

describe('CpuAccounting', () => {
  it('has room for 256 call sites', () => {
    const sites = Array.from({ length: 257 }, (_, i) => ({ name: `site ${i}`, layer: 'layer' }))
    const accounting = new CpuAccounting(sites.slice(0, 256))
    accounting.enter(255)
    accounting.charge(255, 2)
    accounting.leave()
    accounting.charge(1, 3)
    expect(selfTimes(accounting.tree())).toEqual(
      new Map([
        ['/site 0/site 1', 3],
        ['/site 0/site 255/site 255', 2],
      ]),
    )
    expect(() => new CpuAccounting(sites)).toThrow('257 call sites, more than 256')
  })

  it('refuses more than 511 ways to reach the call sites', () => {
    const accounting = new CpuAccounting(SITES)
    for (let depth = 0; depth < 511; depth++) accounting.enter(1 + (depth % 11))
    expect(() => accounting.enter(1)).toThrow('more than 511 ways to reach the call sites')
    for (let depth = 0; depth < 511; depth++) accounting.leave()
    expect(() => accounting.enter(1)).not.toThrow()
  })

  it('knows its place in the call path', () => {
    const accounting = new CpuAccounting(SITES)
    expect(accounting.path()).toEqual([])
    for (const site of [3, 5, 3]) accounting.enter(site)
    accounting.charge(7, 1)
    expect(accounting.path()).toEqual(['site 3', 'site 5', 'site 3'])
    accounting.leave()
    accounting.reset()
    expect(accounting.path()).toEqual(['site 3', 'site 5'])
  })

  it('charges by call path', () => {
    const accounting = new CpuAccounting(SITES)
    accounting.charge(3, 1)
    accounting.enter(1)
    accounting.charge(3, 2)
    accounting.charge(3, 4)
    accounting.leave()
    accounting.charge(3, 8)
    expect(accounting.tree()).toEqual({
      name: 'site 0',
      layer: 'layer 0',
      selfNs: 0,
      totalNs: 15,
      children: [
        { name: 'site 3', layer: 'layer 0', selfNs: 9, totalNs: 9, children: [] },
        {
          name: 'site 1',
          layer: 'layer 1',
          selfNs: 0,
          totalNs: 6,
          children: [{ name: 'site 3', layer: 'layer 0', selfNs: 6, totalNs: 6, children: [] }],
        },
      ],
    })
  })

  it('forgets charges and keeps its place on reset', () => {
    const accounting = new CpuAccounting(SITES)
    accounting.enter(1)
    accounting.charge(2, 5)
    accounting.reset()
    expect(accounting.tree()).toMatchObject({ totalNs: 0, children: [] })
    accounting.charge(2, 7)
    expect(selfTimes(accounting.tree())).toEqual(new Map([['/site 0/site 1/site 2', 7]]))
  })

  it('adds up exactly and agrees with a plain map, whatever is entered, left and charged', () => {
    const step = fc.oneof(
      fc.record({ enter: fc.integer({ min: 1, max: 11 }) }),
      fc.record({
        charge: fc.integer({ min: 1, max: 11 }),
        ns: fc.double({ min: 0.01, max: 1e7, noNaN: true }),
      }),
      fc.constant('leave' as const),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 500 }), (steps) => {
        const accounting = new CpuAccounting(SITES)
        const path = ['/site 0']
        const model = new Map<string, number>()
        let total = 0
        for (const each of steps) {
          if (each === 'leave') {
            if (path.length === 1) continue
            path.pop()
            accounting.leave()
          } else if ('enter' in each) {
            path.push(`${path.at(-1)}/site ${each.enter}`)
            accounting.enter(each.enter)
          } else {
            const ns = quantizeNs(each.ns)
            const key = `${path.at(-1)}/site ${each.charge}`
            model.set(key, (model.get(key) ?? 0) + ns)
            total += ns
            accounting.charge(each.charge, ns)
          }
        }
        const tree = accounting.tree()
        expect(selfTimes(tree)).toEqual(model)
        expectExactSums(tree)
        expect(tree.totalNs).toBe(total)
      }),
    )
  })
})
