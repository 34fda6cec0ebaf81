import { describe, expect, it } from 'vitest'
import { CAM_PRIORITY_DEV, Ccb } from '../../../../src/sim/kernel/cam/ccb.ts'
import { Xpt } from '../../../../src/sim/kernel/cam/xpt.ts'
import { KernelCounters } from '../../../../src/sim/kernel/counters.ts'
import { MsfBuf } from '../../../../src/sim/kernel/msf-buf/msf-buf.ts'
import { MSG_ORDERED_Q_TAG } from '../../../../src/sim/machine/datasheets/scsi-messages.ts'
import { testMachine } from '../../machine/test-machine.ts'

/** A transport over an adapter with some slots, and what went in and came out. */
class XptBench {
  readonly started: number[] = []
  readonly finished: number[] = []
  readonly counters = new KernelCounters()
  readonly machine = testMachine()
  openings: number
  readonly xpt = new Xpt(this.machine, this.counters, (ccb) => this.finished.push(ccb.id))

  constructor(slots: number) {
    this.openings = slots
    const openings = (): number => this.openings
    this.xpt.attach({
      protocol: 'scsi',
      get openings() {
        return openings()
      },
      action: (ccb) => {
        this.openings--
        this.started.push(ccb.id)
      },
    })
  }

  /** Hands over new requests with these numbers. */
  ask(...ids: number[]): Ccb[] {
    return ids.map((id) => {
      const ccb = new Ccb(id)
      this.xpt.xpt_action(ccb)
      return ccb
    })
  }

  done(ccb: Ccb | undefined): void {
    this.openings++
    this.xpt.xpt_done(ccb!)
  }
}

describe('Xpt', () => {
  it('queues what has no slot, and starts it in order as slots come free', () => {
    const bench = new XptBench(2)
    const [one, two] = bench.ask(1, 2, 3, 4, 5)
    expect(bench.started).toEqual([1, 2])
    bench.done(two)
    expect(bench.started).toEqual([1, 2, 3])
    bench.done(one)
    expect([bench.started, bench.finished]).toEqual([
      [1, 2, 3, 4],
      [2, 1],
    ])
  })

  it('starts nothing while frozen, and keeps the order', () => {
    const bench = new XptBench(4)
    const [one] = bench.ask(1)
    bench.xpt.xpt_freeze_simq()
    bench.xpt.xpt_freeze_simq()
    bench.ask(2, 3)
    bench.done(one)
    bench.xpt.xpt_release_simq()
    expect(bench.started).toEqual([1])
    bench.ask(4)
    bench.xpt.xpt_release_simq()
    expect(bench.started).toEqual([1, 2, 3, 4])
    bench.ask(5)
    expect(bench.started).toEqual([1, 2, 3, 4, 5])
  })

  it('counts an msf_buf that it passes on', () => {
    const bench = new XptBench(4)
    const ccb = new Ccb(1)
    ccb.useMsfBuf(new MsfBuf())
    bench.xpt.xpt_action(ccb)
    expect(bench.counters.msfPassed).toBe(1)
    ccb.useBuffer(0x1000, 512)
    bench.xpt.xpt_action(ccb)
    expect(bench.counters.msfPassed).toBe(1)
    expect(ccb).toMatchObject({ msf: null, dataPtr: 0x1000, dxferLen: 512 })
  })

  it('starts what has priority first, and what is tried again before the younger ones', () => {
    const bench = new XptBench(1)
    const [one] = bench.ask(1)
    bench.ask(2, 3)
    const urgent = new Ccb(9)
    urgent.priority = CAM_PRIORITY_DEV
    bench.xpt.xpt_action(urgent)
    bench.openings++
    bench.xpt.xpt_requeue(one!)
    expect(bench.started).toEqual([1, 9])
    bench.done(urgent)
    expect(bench.started).toEqual([1, 9, 1])
    bench.done(one)
    expect(bench.started).toEqual([1, 9, 1, 2])
  })

  it('drains an adapter without tag messages around an ordered request', () => {
    const bench = new XptBench(8)
    const [one, two] = bench.ask(1, 2)
    const ordered = new Ccb(3)
    ordered.tagAction = MSG_ORDERED_Q_TAG
    bench.xpt.xpt_action(ordered)
    bench.ask(4)
    bench.done(two)
    expect(bench.started).toEqual([1, 2])
    bench.done(one)
    expect(bench.started).toEqual([1, 2, 3])
    bench.done(ordered)
    expect(bench.started).toEqual([1, 2, 3, 4])
  })

  it('gives a device no more requests than it takes', () => {
    const bench = new XptBench(8)
    const [one, two, three] = bench.ask(1, 2, 3, 4)
    bench.xpt.halveOpenings()
    expect(bench.xpt.dev_openings).toBe(2)
    bench.ask(5)
    bench.done(one)
    bench.done(two)
    expect(bench.started).toEqual([1, 2, 3, 4])
    bench.done(three)
    expect(bench.started).toEqual([1, 2, 3, 4, 5])
  })
})
