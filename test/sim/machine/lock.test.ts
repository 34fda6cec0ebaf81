import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Simulator } from '../../../src/sim/engine/simulator.ts'
import { Site } from '../../../src/sim/kernel/call-sites.ts'
import type { SimLock } from '../../../src/sim/machine/lock.ts'
import type { Machine } from '../../../src/sim/machine/machine.ts'
import { busyNs, testMachine } from './test-machine.ts'

const OPTIONS = { name: 'test', site: Site['kva lock'], waitSite: Site['kva lock wait'] }
const UNCONTENDED = 30
const NEAR = 200
const REMOTE = 500

/** Takes the lock on a processor from `at` on and keeps it for `ns`. @returns when it had it */
function hold(machine: Machine, lock: SimLock, cpu: number, at: number, ns: number): number {
  machine.switchTo(cpu, at)
  lock.acquire()
  const had = machine.cpu.clock
  machine.charge(Site.getblk, ns)
  lock.release()
  return had
}

describe('SimLock', () => {
  it('costs little when nobody has it, and is free again when its holder lets go', () => {
    const machine = testMachine()
    const lock = machine.makeLock(OPTIONS)
    expect(hold(machine, lock, 0, 0, 1000)).toBe(UNCONTENDED)
    expect(hold(machine, lock, 1, 1030, 1000)).toBe(1030 + UNCONTENDED)
    expect(lock.stats).toEqual({ acquisitions: 2, contentions: 0, waitNs: 0 })
  })

  it('has who comes second spin until the holder lets go, and the line handed over', () => {
    const machine = testMachine({ sockets: 2 })
    const lock = machine.makeLock(OPTIONS)
    hold(machine, lock, 0, 0, 1000)
    expect(hold(machine, lock, 1, 100, 1000)).toBe(1030 + NEAR)
    expect(hold(machine, lock, 2, 200, 1000)).toBe(2230 + REMOTE)
    expect(lock.stats).toEqual({ acquisitions: 3, contentions: 2, waitNs: 1230 - 130 + 2730 - 230 })
    expect(machine.cpus[1]!.busyNs).toBe(2230 - 100)
    const waits = machine.accounting.tree().children.find(({ name }) => name === 'kva lock wait')
    expect(waits!.selfNs).toBe(lock.stats.waitNs)
  })

  it('leaves the processor of a sleeping waiter idle', () => {
    const machine = testMachine()
    const lock = machine.makeLock({ ...OPTIONS, sleeps: true })
    hold(machine, lock, 0, 0, 10_000)
    expect(hold(machine, lock, 1, 0, 100)).toBe(10_030 + machine.cost.wakeup + NEAR)
    expect(machine.cpus[1]!.busyNs).toBe(UNCONTENDED + machine.cost.wakeup + NEAR + 100)
  })

  it('does not wait for a holder of the future, unless the gap before it is too short', () => {
    const machine = testMachine()
    const lock = machine.makeLock(OPTIONS)
    hold(machine, lock, 0, 5000, 100)
    expect(hold(machine, lock, 1, 1000, 100)).toBe(1030)
    expect(hold(machine, lock, 2, 4950, 100)).toBe(5130 + NEAR)
  })

  it('refuses to be taken twice and to be released by nobody', () => {
    const lock = testMachine().makeLock(OPTIONS)
    lock.acquire()
    expect(() => lock.acquire()).toThrow('the test lock is taken by its own holder')
    lock.release()
    expect(() => lock.release()).toThrow('the test lock is released and nobody has it')
  })

  it('never has two holders at once when all hold it equally long and ask in the order of time', () => {
    const ask = fc.record({ cpu: fc.nat(3), after: fc.nat(3000) })
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 200 }), fc.integer({ min: 1, max: 2000 }), (asks, ns) => {
        const simulator = new Simulator()
        const machine = testMachine({}, simulator)
        const lock = machine.makeLock(OPTIONS)
        let at = 0
        let free = 0
        const event = simulator.on((cpu) => {
          if (machine.cpus[cpu]!.clock > simulator.now) return
          const had = hold(machine, lock, cpu, simulator.now, ns)
          expect(had).toBeGreaterThanOrEqual(free)
          free = had + ns
        })
        for (const { cpu, after } of asks) {
          at += after
          simulator.schedule(at, event, cpu)
        }
        simulator.run(1000)
      }),
    )
  })

  it('is counted with the others of its machine, afresh after a reset', () => {
    const machine = testMachine()
    const locks = [machine.makeLock(OPTIONS), machine.makeLock(OPTIONS)]
    for (const lock of locks) hold(machine, lock, 0, 0, 10)
    expect(machine.lockStats()).toEqual({ acquisitions: 2, contentions: 0, waitNs: 0 })
    machine.resetMeasurement()
    expect(machine.lockStats()).toEqual({ acquisitions: 0, contentions: 0, waitNs: 0 })
  })
})

describe('a shootdown', () => {
  const shoot = (machine: Machine, cpu: number, at: number): number => {
    machine.switchTo(cpu, at)
    machine.shootDownOthers(Site.smp_invltlb, Site['ipi handler'], false)
    return machine.cpu.clock
  }

  it('goes alone when there is a lock around it', () => {
    const ipiLock = { name: 'ipi', site: Site['ipi lock'], waitSite: Site['ipi lock wait'] }
    const free = testMachine()
    const locked = testMachine({ ipiLock })
    for (const machine of [free, locked]) for (const cpu of machine.cpus) cpu.runnable = 1
    const alone = shoot(free, 0, 0)
    const handler = free.cost.ipiHandler
    expect(shoot(free, 1, 0)).toBe(handler + alone)
    expect(shoot(locked, 0, 0)).toBe(UNCONTENDED + alone)
    expect(shoot(locked, 1, 0)).toBe(
      Math.max(handler + UNCONTENDED, UNCONTENDED + alone) + NEAR * Number(alone > handler) + alone,
    )
  })

  it('waits longer for a processor that is idle, and says whose time its handler took', () => {
    const machine = testMachine()
    Object.assign(machine.cost, { ipiIdleWake: 5000 })
    const alone = machine.cost.shootdownBase + 3 * machine.cost.shootdownPerTarget
    for (const cpu of machine.cpus) cpu.runnable = 1
    expect(shoot(machine, 0, 0)).toBe(alone)
    expect(machine.idleHandlerNs).toBe(0)
    machine.cpus[2]!.runnable = 0
    expect(shoot(machine, 0, 1_000_000)).toBe(1_000_000 + alone + 5000)
    expect(machine.idleHandlerNs).toBe(machine.cost.ipiHandler)
    machine.cpus[2]!.clock = 3_000_000
    expect(shoot(machine, 0, 2_000_000)).toBe(2_000_000 + alone)
  })

  it('waits for a processor that holds a lock with interrupts masked', () => {
    const machine = testMachine()
    const alone = machine.cost.shootdownBase + 3 * machine.cost.shootdownPerTarget
    hold(machine, machine.makeLock({ ...OPTIONS, masksInterrupts: true }), 1, 0, 10_000)
    expect(shoot(machine, 0, 4030)).toBe(4030 + alone + 6000)
    expect(shoot(machine, 0, 30_000)).toBe(30_000 + alone)
  })

  it('takes no time from a processor that spins before the IPI comes', () => {
    const machine = testMachine()
    machine.cpus[1]!.runnable = 1
    shoot(machine, 0, 9000)
    expect(machine.cpus[1]!.clock).toBe(machine.cost.ipiHandler)
    expect(machine.cpus[2]!.clock).toBe(9000 + machine.cost.ipiHandler)
    expect(busyNs(machine)).toBeGreaterThan(3 * machine.cost.ipiHandler)
  })
})
