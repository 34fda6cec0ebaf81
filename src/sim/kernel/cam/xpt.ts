import type { HistoryRecorder } from '../../engine/history/history-recorder.ts'
import type { Machine } from '../../machine/machine.ts'
import { MSG_ORDERED_Q_TAG } from '../../machine/datasheets/scsi-messages.ts'
import { Site } from '../call-sites.ts'
import { Happening, noteMsf } from '../history-events.ts'
import type { KernelCounters } from '../counters.ts'
import { OK } from '../errno.ts'
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
  /** It sends tag messages (PI_TAG_ABLE): the device itself keeps ordered commands in their place. */
  readonly ordersTags?: boolean
  /** Takes a request into a slot. Ends in xpt_done, at once or later. */
  action(ccb: Ccb): void
}

/**
 * The CAM transport for one adapter with one device: a queue of requests by priority and, among equals, by age; the openings
 * of the device; and two freezes that keep the order, one for the adapter and one for the device.
 */
export class Xpt {
  private readonly machine: Machine
  private readonly counters: KernelCounters
  private readonly done: (ccb: Ccb) => void
  private readonly path: IoPathHooks | null
  private sim: CamSim | null = null
  private frozen = 0
  private head: Ccb | null = null
  private tail: Ccb | null = null
  /** Requests at the adapter. */
  private active = 0
  /** Most of them that the device takes; it has said so by QUEUE FULL. */
  private devOpenings = Infinity
  /** An ordered request is at an adapter without tag messages: nothing else goes there until it is done. */
  private draining = false
  private devqFrozen = false
  private untilDone = false
  /** Numbers the freezes of the device's queue, so that the timer of an earlier one is seen to be late. */
  private freezes = 0
  private readonly releaseEvent: number

  /**
   * @param done the completion of requests without one of their own (dadone)
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
    this.releaseEvent = machine.simulator.on((freeze) => {
      if (!this.devqFrozen || freeze !== this.freezes) return
      machine.switchTo(0, machine.simulator.now)
      machine.accounting.enter(Site.xpt_action)
      this.cam_release_devq()
      machine.accounting.leave()
    })
  }

  /** @throws Error without an adapter */
  get protocol(): DiskProtocol {
    return this.sim!.protocol
  }

  /** Requests that the device is given at one time (dev_openings), as far as it set a limit. */
  get dev_openings(): number {
    return this.devOpenings
  }

  attach(sim: CamSim): void {
    this.sim = sim
  }

  /** Queues a request behind those of its priority. */
  readonly xpt_action = (ccb: Ccb): void => {
    this.machine.charge(Site.xpt_action, this.machine.cost.camStep)
    this.insert(ccb, false)
    this.runQueue()
  }

  /** Queues a request that failed once more: it is older than all others of its priority, and goes before them. */
  xpt_requeue(ccb: Ccb): void {
    this.machine.charge(Site.xpt_action, this.machine.cost.camStep)
    this.insert(ccb, true)
    this.runQueue()
  }

  /** A request is finished: completes it and starts what waited for its slot. */
  readonly xpt_done = (ccb: Ccb): void => {
    const { history } = this.machine
    const outer = history === null ? 0 : history.workFor(history.ccbs.of(ccb.id))
    this.machine.charge(Site.xpt_done, this.machine.cost.camStep)
    this.active--
    if (this.active === 0) this.draining = false
    if (this.untilDone) this.devqFrozen = false
    if (history !== null) noteEnd(history, ccb)
    const { cbfcnp } = ccb
    if (cbfcnp === null) this.done(ccb)
    else cbfcnp(ccb)
    if (history !== null) history.workFor(outer)
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

  /**
   * Freezes the device's queue for `ns` (RELSIM_RELEASE_AFTER_TIMEOUT); a later call replaces the time of an earlier one.
   * @param untilDone or until one of the commands that the device has ends (RELSIM_RELEASE_AFTER_CMDCMPLT)
   */
  xpt_freeze_devq(ns: number, untilDone: boolean): void {
    this.devqFrozen = true
    this.untilDone = untilDone
    this.freezes++
    this.machine.simulator.schedule(this.machine.cpu.clock + ns, this.releaseEvent, this.freezes)
  }

  /** Ends the freeze of the device's queue, if there is one. */
  cam_release_devq(): void {
    this.devqFrozen = false
    this.runQueue()
  }

  /** The device had no room for a command (RELSIM_ADJUST_OPENINGS): it gets at most half as many, and always one. */
  halveOpenings(): void {
    const now = Math.min(this.devOpenings, this.active + 1)
    this.devOpenings = Math.max(1, Math.floor(now / 2))
  }

  private insert(ccb: Ccb, isOld: boolean): void {
    const last = isOld ? ccb.priority - 1 : ccb.priority
    let before: Ccb | null = null
    if (this.tail !== null && this.tail.priority <= last) before = this.tail
    else for (let at = this.head; at !== null && at.priority <= last; at = at.next) before = at
    if (before === null) {
      ccb.next = this.head
      this.head = ccb
    } else {
      ccb.next = before.next
      before.next = ccb
    }
    if (ccb.next === null) this.tail = ccb
  }

  private mayStart(ccb: Ccb, sim: CamSim): boolean {
    if (this.frozen > 0 || this.devqFrozen || this.draining) return false
    const { active } = this
    if (active >= this.devOpenings || sim.openings === 0) return false
    return active === 0 || ccb.tagAction !== MSG_ORDERED_Q_TAG || sim.ordersTags === true
  }

  private readonly runQueue = (): void => {
    const { sim } = this
    if (sim === null) return
    for (let ccb = this.head; ccb !== null && this.mayStart(ccb, sim); ccb = this.head) {
      this.head = ccb.next
      if (ccb.next === null) this.tail = null
      else ccb.next = null
      this.active++
      this.draining = ccb.tagAction === MSG_ORDERED_Q_TAG && sim.ordersTags !== true
      const { history } = this.machine
      const outer = history === null ? 0 : history.workFor(history.ccbs.of(ccb.id))
      this.start(ccb, sim)
      if (history !== null) history.workFor(outer)
    }
  }

  private readonly start = (ccb: Ccb, sim: CamSim): void => {
    const { history } = this.machine
    const { msf } = ccb
    if (ccb.buf !== null) this.path?.toAdapter?.(ccb, sim.needsKva === true)
    if (msf !== null && ccb.msf === msf) {
      this.counters.msf.count(MSF_PASSED, MsfOwner.peripheral)
      if (history !== null) noteMsf(history, 'msf passed', msf, msf.flags)
    }
    if (history !== null)
      history.event(Happening['ccb to driver'], ccb.id, ccb.sector, sim.openings, sim.openings - 1)
    sim.action(ccb)
  }
}

function noteEnd(history: HistoryRecorder, ccb: Ccb): void {
  history.event(Happening['ccb done'], ccb.id, ccb.resid, OK, ccb.status)
  if (ccb.status !== OK) history.event(Happening.error, ccb.id, ccb.sector, OK, ccb.status)
}
