import type { Machine } from '../../../machine/machine.ts'
import { Site } from '../../call-sites.ts'
import type { KernelCounters } from '../../counters.ts'

/** Looks at one overdue command before the driver takes it for lost. */
const MOST_LOOKS = 4
/** Looks after which the timer stops, so that a device which never ends what it says it has cannot keep a run alive. */
const LAST_LOOK = 1000

/** What a driver does about commands that take too long. */
export interface WatchedDriver {
  /** When the oldest command at the device was started, simulated ns; Infinity without one. */
  oldestStart(): number
  /** Looks at the device as the interrupt handler does, for what it completed and nobody was told of. */
  poll(): void
  /**
   * Ends the requests of commands that were started at `before` or earlier and that the device does not know any more.
   * @param all those that it may know too: it has had time enough
   */
  giveUp?(before: number, all: boolean): void
}

/** A driver's timer: looks after the device when a command did not end in time, as after a lost interrupt. */
export class Watchdog {
  private readonly machine: Machine
  private readonly counters: KernelCounters
  private readonly timeoutNs: number
  private readonly driver: WatchedDriver
  private readonly timerEvent: number
  private armed = false
  /** The oldest command at the last look, and how often it was looked after. */
  private lastOldest = Infinity
  private looks = 0

  constructor(machine: Machine, counters: KernelCounters, timeoutNs: number, driver: WatchedDriver) {
    this.machine = machine
    this.counters = counters
    this.timeoutNs = timeoutNs
    this.driver = driver
    this.timerEvent = machine.simulator.on(() => this.look())
  }

  /** A command was started. */
  started(): void {
    if (this.armed) return
    this.armed = true
    this.machine.simulator.schedule(this.machine.cpu.clock + this.timeoutNs, this.timerEvent, 0)
  }

  private look(): void {
    const { machine } = this
    const { now } = machine.simulator
    const overdue = this.driver.oldestStart() + this.timeoutNs
    if (overdue <= now) {
      this.counters.commandTimeouts++
      machine.switchTo(0, now)
      machine.accounting.enter(Site['driver watchdog'])
      machine.charge(Site['driver watchdog'], machine.cost.driverCommand)
      this.driver.poll()
      this.driver.giveUp?.(now - this.timeoutNs, this.looks === MOST_LOOKS - 1)
      machine.accounting.leave()
    }
    const oldest = this.driver.oldestStart()
    this.looks = oldest === this.lastOldest ? this.looks + 1 : 0
    this.lastOldest = oldest
    if (oldest === Infinity || this.looks === LAST_LOOK) {
      this.armed = false
      return
    }
    const due = oldest + this.timeoutNs
    machine.simulator.schedule(due > now ? due : now + this.timeoutNs, this.timerEvent, 0)
  }
}
