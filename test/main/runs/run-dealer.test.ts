import { describe, expect, it } from 'vitest'
import { RunDealer } from '../../../src/main/runs/run-dealer.ts'
import type { IoPath, RunSpec } from '../../../src/sim/lab/scenario.ts'
import { spec } from '../../sim/lab/scenarios.ts'

const of = (path: IoPath, requests: number, device = 'ahci-ssd'): RunSpec =>
  spec(path, { device }, { requests })

/** Lets one worker take all that there is for it. */
function takeAll(dealer: RunDealer, worker: number): number[] {
  const dealt: number[] = []
  for (let index = dealer.deal(worker); index !== null; index = dealer.deal(worker)) dealt.push(index)
  return dealt
}

describe('RunDealer', () => {
  it('deals runs of one kind together, the kind with the most work first, and in it the longest run', () => {
    const dealer = new RunDealer([of('direct', 10), of('mapped', 20), of('direct', 30), of('mapped', 5)])
    expect(takeAll(dealer, 0)).toEqual([2, 0, 1, 3])
  })

  it('keeps workers apart as long as there are kinds that nobody has, and lets them help then', () => {
    const dealer = new RunDealer([of('direct', 10), of('direct', 9), of('direct', 8), of('mapped', 5)])
    expect([dealer.deal(0), dealer.deal(1)]).toEqual([0, 3])
    expect([dealer.deal(1), dealer.deal(0), dealer.deal(1)]).toEqual([1, 2, null])
  })

  it('tells kinds apart by device as well', () => {
    const dealer = new RunDealer([of('direct', 10), of('direct', 10, 'nvme-p3700'), of('direct', 10)])
    expect(takeAll(dealer, 0)).toEqual([0, 2, 1])
  })

  it('knows what is left', () => {
    const dealer = new RunDealer([of('direct', 1), of('direct', 2), of('mapped', 1)])
    expect(dealer.deal(0)).toBe(1)
    expect(dealer.left).toEqual([0, 2])
  })
})
