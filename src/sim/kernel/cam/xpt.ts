import type { Machine } from '../../machine/machine.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import { MSF_PASSED, MsfOwner } from '../msf-buf/msf-counts.ts'
import type { IoPathHooks } from '../path/io-path.ts'
import type { DiskProtocol } from './capacity.ts'
import type { Ccb } from './ccb.ts'

/** A host adapter driver, as the transport layer sees it. */
export interface CamSim {
  /** What its disk speaks. */
  readonly protocol: DiskProtocol
  /** Command slots free now. */
  readonly openings: number
  /** It moves the data by the processor, and so needs an address for it. */
  readonly needsKva?: boolean
  /** Takes a request into a slot. Ends in xpt_done, at once or later. */
  action(ccb: Ccb): void
}

/** The CAM transport for one adapter: a queue of requests that wait for a slot, and a freeze that keeps their order. */
export class Xpt {
  private readonly machine: Machine
  private readonly counters: KernelCounters
  private readonly done: (ccb: Ccb) => void
  private readonly path: IoPathHooks | null
  private sim: CamSim | null = null
  private frozen = 0
  private head: Ccb | null = null
  private tail: Ccb | null = null

  /**
   * @param done the peripheral's completion (dadone)
   * @param path has a say at the border to the adapter; null: nobody has
   */
  constructor(
    machine: Machine,
    counters: KernelCounters,
    done: (ccb: Ccb) => void,
    path: IoPathHooks | null = null,
  ) {
    this.machine = machine
    this.counters = counters
    this.done = done
    this.path = path
  }

  /** @throws Error without an adapter */
  get protocol(): DiskProtocol {
    return this.sim!.protocol
  }

  attach(sim: CamSim): void {
    this.sim = sim
  }

  xpt_action(ccb: Ccb): void {
    this.machine.charge(Site.xpt_action, this.machine.cost.camStep)
    ccb.next = null
    if (this.tail === null) this.head = ccb
    else this.tail.next = ccb
    this.tail = ccb
    this.runQueue()
  }

  /** A request is finished: completes it and starts what waited for its slot. */
  xpt_done(ccb: Ccb): void {
    this.machine.charge(Site.xpt_done, this.machine.cost.camStep)
    this.done(ccb)
    this.runQueue()
  }

  /** Starts nothing until released: a request that waits for bounce pages must not be overtaken. */
  xpt_freeze_simq(): void {
    this.frozen++
  }

  xpt_release_simq(): void {
    this.frozen--
    this.runQueue()
  }

  private runQueue(): void {
    while (this.head !== null && this.frozen === 0 && this.sim !== null && this.sim.openings > 0) {
      const ccb = this.head
      this.head = ccb.next
      if (this.head === null) this.tail = null
      const { msf } = ccb
      if (ccb.buf !== null) this.path?.toAdapter?.(ccb, this.sim.needsKva === true)
      if (msf !== null && ccb.msf === msf) this.counters.msf.count(MSF_PASSED, MsfOwner.peripheral)
      this.sim.action(ccb)
    }
  }
}
