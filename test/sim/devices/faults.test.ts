import { expect, it } from 'vitest'
import { FaultInjector } from '../../../src/sim/devices/faults.ts'
import { Random } from '../../../src/sim/engine/random.ts'

const RATES = { mediaErrors: 100_000, lostInterrupts: 0, shortTransfers: 200_000, strayTransfers: 50_000 }

function fates(rates: typeof RATES, count: number): number[] {
  const injector = new FaultInjector(rates, new Random(3, 4))
  injector.start()
  return Array.from({ length: count }, () => injector.next())
}

it('draws each kind as often as its rate says', () => {
  const counts = [0, 0, 0, 0, 0]
  for (const fate of fates(RATES, 100_000)) counts[fate]!++
  expect(counts[1]! / 100_000).toBeCloseTo(0.1, 2)
  expect(counts[2]).toBe(0)
  expect(counts[3]! / 100_000).toBeCloseTo(0.2, 2)
  expect(counts[4]! / 100_000).toBeCloseTo(0.05, 2)
})

it('spares every command until it is started', () => {
  const injector = new FaultInjector({ ...RATES, mediaErrors: 1_000_000 }, new Random(3, 4))
  expect([injector.next(), injector.next()]).toEqual([0, 0])
  injector.start()
  expect(injector.next()).toBe(1)
})

it('keeps the victims of one kind when the rate of a later kind changes', () => {
  const victims = (list: number[]): number[] => list.flatMap((fate, i) => (fate === 1 ? [i] : []))
  expect(victims(fates({ ...RATES, strayTransfers: 0 }, 1000))).toEqual(victims(fates(RATES, 1000)))
  expect(victims(fates(RATES, 1000)).length).toBeGreaterThan(50)
})

it('is wanted when any rate is above 0', () => {
  const none = { mediaErrors: 0, lostInterrupts: 0, shortTransfers: 0, strayTransfers: 0 }
  expect([FaultInjector.wanted(none), FaultInjector.wanted({ ...none, strayTransfers: 1 })]).toEqual([
    false,
    true,
  ])
})
