import { SimulationFault } from './physical-memory.ts'

/** What a lock needs of the machine whose processors take it. */
export interface LockHost {
  readonly cpus: readonly LockOwner[]
  readonly cpu: LockOwner
  readonly simulator: { readonly now: number }
  readonly cost: {
    readonly lockUncontended: number
    readonly lockHandOff: number
    readonly lockHandOffRemote: number
    readonly wakeup: number
  }
  charge(site: number, ns: number): void
}

/** A processor, as far as locks know it. */
export interface LockOwner {
  readonly id: number
  readonly socket: number
  clock: number
  deafFrom: number
  deafUntil: number
}

export interface LockOptions {
  readonly name: string
  /** Call site of taking it when nobody has it. */
  readonly site: number
  /** Call site of waiting for it. */
  readonly waitSite: number
  /** A waiter leaves its processor idle and is woken, in place of spinning. */
  readonly sleeps?: boolean
  /** The owner's processor answers no interrupt until it lets go (spin_lock_irqsave, critical sections of that kind). */
  readonly masksInterrupts?: boolean
}

/** How a lock was used. */
export interface LockStats {
  acquisitions: number
  /** Acquisitions that had to wait. */
  contentions: number
  /** Ns from asking to having, over all that waited, hand-off included. */
  waitNs: number
}

/** Holds that are remembered: more than processors, each of which has at most one that is not over. */
const REMEMBERED = 128
/** Charges are multiples of it; see quantizeNs. */
const GRAIN = 1 / 1024

/**
 * A lock between processors. Pieces of kernel code run to their end one after another while their processor's clock runs
 * ahead of the simulated time, so who asks second in the simulation may ask first by its own clock. A lock therefore remembers when it
 * was held, and whoever asks gets the first gap after its own clock that is as long as the last hold: in the order of time for pieces
 * of code that start in that order, and without waiting for a holder of the future. A hold that turns out longer than its gap
 * overlaps the next one; that much waiting is lost.
 */
export class SimLock {
  readonly name: string
  readonly stats: LockStats = { acquisitions: 0, contentions: 0, waitNs: 0 }
  private readonly host: LockHost
  private readonly options: LockOptions
  private readonly from = new Float64Array(REMEMBERED)
  private readonly to = new Float64Array(REMEMBERED)
  private readonly owners = new Int32Array(REMEMBERED)
  private holds = 0
  /** When the hold under way began, and how long the last one was. */
  private readonly times = new Float64Array(2)
  private isHeld = false

  constructor(host: LockHost, options: LockOptions) {
    this.host = host
    this.options = options
    this.name = options.name
  }

  /**
   * The current processor takes the lock, as soon as it is free.
   * @throws SimulationFault when it has it: no kernel lock here may be taken twice
   */
  acquire(): void {
    const { host, stats } = this
    if (this.isHeld) throw new SimulationFault(`the ${this.name} lock is taken by its own holder`)
    this.isHeld = true
    stats.acquisitions++
    host.charge(this.options.site, host.cost.lockUncontended)
    const before = this.holderBefore(host.cpu.clock)
    // A lock on its way to a waiter is nobody else's.
    this.times[0] = before >= 0 ? this.to[before]! : host.cpu.clock
    if (before >= 0) this.wait(before)
  }

  /** Lets go, now by the clock of the current processor. @throws SimulationFault when nobody has the lock */
  release(): void {
    const { host, times } = this
    if (!this.isHeld) throw new SimulationFault(`the ${this.name} lock is released and nobody has it`)
    this.isHeld = false
    const { cpu } = host
    times[1] = cpu.clock - times[0]!
    if (this.options.masksInterrupts === true) {
      cpu.deafFrom = times[0]!
      cpu.deafUntil = cpu.clock
    }
    this.remember(cpu)
  }

  /** Starts counting afresh. */
  resetMeasurement(): void {
    this.stats.acquisitions = 0
    this.stats.contentions = 0
    this.stats.waitNs = 0
  }

  /** The hold after which who asks at `at` has its turn; -1 when nobody is in the way. */
  private holderBefore(at: number): number {
    const { from, to, times } = this
    let after = -1
    let start = at
    for (let i = 0; i < this.holds; i++) {
      const isClear = to[i]! <= start || (from[i]! > start && from[i]! >= start + times[1]!)
      if (isClear) continue
      after = i
      start = to[i]!
      i = -1
    }
    return after
  }

  private wait(hold: number): void {
    const { host, stats, options } = this
    const { cpu, cost } = host
    const asked = cpu.clock
    const ns = Math.ceil((this.to[hold]! - asked) / GRAIN) * GRAIN
    const near = host.cpus[this.owners[hold]!]!.socket === cpu.socket
    const handOff = near ? cost.lockHandOff : cost.lockHandOffRemote
    if (options.sleeps === true) {
      cpu.clock = asked + ns
      host.charge(options.waitSite, cost.wakeup + handOff)
    } else {
      host.charge(options.waitSite, ns + handOff)
    }
    stats.contentions++
    stats.waitNs += cpu.clock - asked
  }

  /** Forgets holds that are over for everybody, or the one that ends first when there is no room. */
  private remember(owner: LockOwner): void {
    const { from, to, owners, host } = this
    let kept = 0
    let first = 0
    for (let i = 0; i < this.holds; i++) {
      if (to[i]! <= host.simulator.now) continue
      from[kept] = from[i]!
      to[kept] = to[i]!
      owners[kept] = owners[i]!
      if (to[kept]! < to[first]!) first = kept
      kept++
    }
    const place = kept < REMEMBERED ? kept++ : first
    from[place] = this.times[0]!
    to[place] = owner.clock
    owners[place] = owner.id
    this.holds = kept
  }
}
