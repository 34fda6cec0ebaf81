import type { Simulator } from '../engine/simulator.ts'

/** When a device interrupts. */
export interface Coalescing {
  /** Completions that are worth an interrupt ... */
  readonly commands: number
  /** ... or the time after which fewer are, ns. */
  readonly ns: number
}

/**
 * One interrupt of a device. It stays raised until the driver looks at the device; what completes in between needs no
 * further interrupt.
 */
export class InterruptLine {
  private readonly simulator: Simulator
  private readonly deliver: (at: number) => void
  private readonly coalescing: Coalescing
  private readonly timerEvent: number
  private waiting = 0
  private raised = false
  private lose = false
  /** Numbers the timers, so that one for completions already reported is seen to be late. */
  private epoch = 0

  /** @param deliver runs the handler on a processor, at `at` */
  constructor(simulator: Simulator, coalescing: Coalescing, deliver: (at: number) => void) {
    this.simulator = simulator
    this.deliver = deliver
    this.coalescing = coalescing
    this.timerEvent = simulator.on((epoch) => {
      if (epoch === this.epoch && this.waiting > 0) this.raise(simulator.now)
    })
  }

  /** A command is complete, at `at` ns. */
  completed(at: number): void {
    this.waiting++
    if (this.raised) return
    if (this.waiting >= this.coalescing.commands) this.raise(at)
    else if (this.waiting === 1) this.simulator.schedule(at + this.coalescing.ns, this.timerEvent, this.epoch)
  }

  /** The next interrupt is raised at the device and reaches nobody. */
  loseNext(): void {
    this.lose = true
  }

  /** The driver took what is complete. */
  acknowledge(): void {
    this.raised = false
    this.waiting = 0
    this.epoch++
  }

  private raise(at: number): void {
    this.raised = true
    if (this.lose) this.lose = false
    else this.deliver(at)
  }
}
