import { describe, expect, it } from 'vitest'
import { Simulator } from '../../../../../src/sim/engine/simulator.ts'
import { Watchdog } from '../../../../../src/sim/kernel/cam/sims/watchdog.ts'
import { KernelCounters } from '../../../../../src/sim/kernel/counters.ts'
import { testMachine } from '../../../machine/test-machine.ts'

function watched() {
  const simulator = new Simulator()
  const counters = new KernelCounters()
  const polls: number[] = []
  const given: [number, boolean][] = []
  const driver = {
    oldest: Infinity,
    onPoll: (): void => undefined,
    onGiveUp: (_before: number, _all: boolean): void => undefined,
  }
  const watchdog = new Watchdog(testMachine({}, simulator), counters, 1000, {
    oldestStart: () => driver.oldest,
    poll: () => {
      polls.push(simulator.now)
      driver.onPoll()
    },
    giveUp: (before, all) => {
      given.push([before, all])
      driver.onGiveUp(before, all)
    },
  })
  return { simulator, counters, polls, driver, watchdog, given }
}

describe('Watchdog', () => {
  it('looks when the oldest command is overdue, not before', () => {
    const { simulator, counters, polls, driver, watchdog } = watched()
    driver.oldest = 0
    watchdog.started()
    const newer = simulator.on(() => (driver.oldest = 600))
    simulator.schedule(600, newer, 0)
    driver.onPoll = () => (driver.oldest = Infinity)
    simulator.run(100)
    expect(polls).toEqual([1600])
    expect(counters.commandTimeouts).toBe(1)
  })

  it('is silent when everything ends in time, and starts again with the next command', () => {
    const { simulator, polls, driver, watchdog } = watched()
    driver.oldest = 0
    watchdog.started()
    driver.oldest = Infinity
    expect(simulator.run(100)).toBe(1)
    expect(polls).toEqual([])
    driver.oldest = 1000
    watchdog.started()
    driver.onPoll = () => (driver.oldest = Infinity)
    simulator.run(100)
    expect(polls).toHaveLength(1)
  })

  it('gives up on a device that has stopped for good', () => {
    const { simulator, polls, driver, watchdog } = watched()
    driver.oldest = 0
    watchdog.started()
    expect(simulator.run(100_000)).toBeLessThan(2000)
    expect(polls.length).toBeGreaterThan(1)
  })

  it('takes an overdue command for lost only after several looks', () => {
    const { simulator, driver, watchdog, given } = watched()
    driver.oldest = 0
    watchdog.started()
    driver.onGiveUp = (_before, all) => {
      if (all) driver.oldest = Infinity
    }
    simulator.run(100)
    expect(given).toEqual([
      [0, false],
      [1000, false],
      [2000, false],
      [3000, false],
      [4000, true],
    ])
  })

  it('has one timer, also when a look starts a command', () => {
    const { simulator, driver, watchdog } = watched()
    driver.oldest = 0
    watchdog.started()
    let left = 20
    driver.onPoll = () => {
      driver.oldest = left-- > 0 ? simulator.now : Infinity
      watchdog.started()
    }
    expect(simulator.run(1000)).toBe(21)
  })
})
