import { describe, expect, it } from 'vitest'
import { InterruptLine } from '../../../src/sim/devices/interrupt-line.ts'
import { Simulator } from '../../../src/sim/engine/simulator.ts'

function lineWith(commands: number, ns: number) {
  const simulator = new Simulator()
  const delivered: number[] = []
  const line = new InterruptLine(simulator, { commands, ns }, (at) => delivered.push(at))
  const completeAt = simulator.on(() => line.completed(simulator.now))
  const acknowledgeAt = simulator.on(() => line.acknowledge())
  return {
    simulator,
    line,
    delivered,
    complete: (...times: number[]) => times.forEach((at) => simulator.schedule(at, completeAt, 0)),
    acknowledge: (...times: number[]) => times.forEach((at) => simulator.schedule(at, acknowledgeAt, 0)),
  }
}

describe('InterruptLine', () => {
  it('interrupts at the first completion, and not again until the driver has looked', () => {
    const { simulator, delivered, complete, acknowledge } = lineWith(1, 0)
    complete(10, 20, 40)
    acknowledge(30)
    simulator.run(100)
    expect(delivered).toEqual([10, 40])
  })

  it('waits for as many completions as are worth an interrupt, or for the time', () => {
    const { simulator, delivered, complete, acknowledge } = lineWith(3, 1000)
    complete(10, 20, 30, 5000)
    acknowledge(40)
    simulator.run(100)
    expect(delivered).toEqual([30, 6000])
  })

  it('does not take the timer of completions that were reported for a newer one', () => {
    const { simulator, delivered, complete, acknowledge } = lineWith(2, 1000)
    complete(0, 10, 900)
    acknowledge(20)
    simulator.run(100)
    expect(delivered).toEqual([10, 1900])
  })

  it('loses one interrupt when told to, and stays silent until somebody looks', () => {
    const { simulator, line, delivered, complete, acknowledge } = lineWith(1, 0)
    line.loseNext()
    complete(10, 20, 40)
    acknowledge(30)
    simulator.run(100)
    expect(delivered).toEqual([40])
  })
})
