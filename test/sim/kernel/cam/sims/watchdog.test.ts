import { describe, expect, it } from 'vitest'
import { Simulator } from '../../../../../src/sim/engine/simulator.ts'
import { Watchdog } from '../../../../../src/sim/kernel/cam/sims/watchdog.ts'
import { KernelCounters } from '../../../../../src/sim/kernel/counters.ts'
import { testMachine } from '../../../machine/test-machine.ts'

function watched() {
  const simulator = new Simulator()
  const counters = new KernelCounters()
  const polls: number[] = []
  const driver = { oldest: Infinity, onPoll: (): void => undefined }
  const watchdog = new Watchdog(testMachine({}, simulator), counters, 1000, {
    oldestStart: () => driver.oldest,
    poll: () => {
      polls.push(simulator.now)
      driver.onPoll()
    },
  })
  return { simulator, counters, polls, driver, watchdog }
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
    expect(simulator.run(1000)).toBeLessThan(20)
    expect(polls.length).toBeGreaterThan(1)
  })
})
