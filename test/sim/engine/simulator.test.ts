import { describe, expect, it } from 'vitest'
import { Simulator } from '../../../src/sim/engine/simulator.ts'

describe('Simulator', () => {
  it('calls the handler of each kind with its argument, at its time', () => {
    const simulator = new Simulator()
    const log: [string, number, number][] = []
    const a = simulator.on((arg) => log.push(['a', arg, simulator.now]))
    const b = simulator.on((arg) => log.push(['b', arg, simulator.now]))
    simulator.schedule(20, a, 1)
    simulator.schedule(10, b, 2)
    simulator.schedule(20, b, 3)
    expect(simulator.run(100)).toBe(3)
    expect(log).toEqual([
      ['b', 2, 10],
      ['a', 1, 20],
      ['b', 3, 20],
    ])
  })

  it('handles no more events than asked, and events that handlers schedule', () => {
    const simulator = new Simulator()
    let handled = 0
    const kind = simulator.on((left) => {
      handled++
      if (left > 0) simulator.schedule(simulator.now + 1, kind, left - 1)
    })
    simulator.schedule(0, kind, 9)
    expect(simulator.run(4)).toBe(4)
    expect([handled, simulator.now]).toEqual([4, 3])
    expect(simulator.run(100)).toBe(6)
    expect([handled, simulator.now]).toEqual([10, 9])
    expect(simulator.run(100)).toBe(0)
  })

  it('never turns the clock back', () => {
    const simulator = new Simulator()
    const times: number[] = []
    const late = simulator.on(() => times.push(simulator.now))
    const kind = simulator.on(() => simulator.schedule(5, late, 0))
    simulator.schedule(50, kind, 0)
    simulator.run(10)
    expect(times).toEqual([50])
  })
})
