import { describe, expect, it } from 'vitest'
import { LabStepper } from '../../../../src/sim/lab/history/lab-stepper.ts'
import type { StepPosition } from '../../../../src/sim/lab/history/lab-stepper.ts'
import { spec } from '../scenarios.ts'
import { recorded } from './recorded-run.ts'

const RUN = spec('direct', { device: 'ide-pio-disk' }, { requests: 30 })

function stepper(run = RUN): LabStepper {
  return new LabStepper(() => recorded(run))
}

/** A position and all states there, to be compared. */
function seen(at: LabStepper): unknown {
  return { position: at.position(), objects: at.objects() }
}

describe('LabStepper', () => {
  it('steps event by event to the end, and stays there', () => {
    const steps = stepper()
    let position = steps.position()
    expect([position.event, position.over]).toEqual([0, false])
    for (let event = 1; !(position = steps.stepEvent()).over; event++) {
      expect(position.event).toBe(event)
      if (position.records.length > 0) expect(position.record).toEqual(position.records.at(-1))
    }
    expect(position.requests).toBe(30)
    expect(steps.stepEvent()).toEqual(steps.position())
    expect(steps.position().event).toBe(position.event)
  })

  it('comes to the same states when it goes back as when it came', () => {
    const steps = stepper()
    const forward = [seen(steps)]
    for (let i = 0; i < 60; i++) {
      steps.stepEvent()
      forward.push(seen(steps))
    }
    for (let event = 59; event >= 40; event--) {
      steps.stepBack()
      expect(seen(steps)).toEqual(forward[event])
    }
    steps.goTo(7)
    expect(seen(steps)).toEqual(forward[7])
    steps.goTo(0)
    expect(seen(steps)).toEqual(forward[0])
    expect(steps.stepBack().event).toBe(0)
    steps.goTo(60)
    expect(seen(steps)).toEqual(forward[60])
  })

  it('steps by requests, forward and back', () => {
    const steps = stepper()
    const ended: StepPosition[] = []
    for (let i = 0; i < 4; i++) ended.push(steps.stepRequest())
    expect(ended.every(({ records }) => records.some(({ name }) => name === 'request ends'))).toBe(true)
    expect(new Set(ended.map(({ event }) => event)).size).toBe(4)
    expect(steps.stepBackRequest()).toEqual(ended[2])
    expect(steps.stepBackRequest()).toEqual(ended[1])
  })

  it('stops at a call, and goes back to the call before', () => {
    const steps = stepper()
    steps.addBreakpoint({ kind: 'call', name: 'msf_require_buf' })
    const stops: StepPosition[] = []
    for (let position = steps.runToBreakpoint(); !position.over; position = steps.runToBreakpoint())
      stops.push(position)
    expect(stops.length).toBeGreaterThan(10)
    for (const { record, records } of stops) {
      expect(record!.name).toBe('msf_require_buf')
      expect(records.find(({ name }) => name === 'msf_require_buf')).toEqual(record)
    }
    steps.goTo(stops[6]!.event)
    expect(steps.runBackToBreakpoint()).toEqual(stops[5])
    expect(steps.runBackToBreakpoint()).toEqual(stops[4])
    expect(steps.runToBreakpoint()).toEqual(stops[5])
    steps.goTo(stops[0]!.event)
    expect(steps.runBackToBreakpoint().event).toBe(0)
  })

  it('stops at a request and at an event by name', () => {
    const steps = stepper()
    steps.addBreakpoint({ kind: 'request', request: 12 })
    const at = steps.runToBreakpoint()
    expect(at.record).toMatchObject({ name: 'request begins', request: 12 })
    expect(at.requests).toBe(13)
    steps.clearBreakpoints()
    steps.addBreakpoint({ kind: 'call', name: 'msf recreated' })
    expect(steps.runToBreakpoint().record).toMatchObject({ kind: 'event', name: 'msf recreated' })
  })

  it('stops at an error, or at the end without one', () => {
    const broken = stepper(spec('direct', { mediaErrors: 300_000 }, { requests: 30 }))
    broken.addBreakpoint({ kind: 'error' })
    expect(broken.runToBreakpoint().record).toMatchObject({ name: 'error', after: 5 })
    const sound = stepper()
    sound.addBreakpoint({ kind: 'error' })
    expect(sound.runToBreakpoint().over).toBe(true)
    expect(sound.goTo(0).over).toBe(false)
  })

  it('gives up a run to a breakpoint after as many events as it may', () => {
    const steps = stepper()
    steps.addBreakpoint({ kind: 'request', request: 29 })
    expect(steps.runToBreakpoint(5).event).toBe(5)
  })

  it('shows buffers, descriptors, the pool and the processors', () => {
    const steps = stepper(spec('direct', {}, { requests: 30 }))
    steps.addBreakpoint({ kind: 'call', name: 'device starts' })
    steps.clearBreakpoints()
    steps.addBreakpoint({ kind: 'request', request: 5 })
    steps.runToBreakpoint()
    const { buffers, cpus, threads } = steps.objects()
    expect(threads).toBe(8)
    expect(cpus.map(({ cpu }) => cpu)).toEqual([0, 1])
    expect(Math.max(...cpus.map(({ clockNs }) => clockNs))).toBeGreaterThan(0)
    expect(buffers.length).toBeGreaterThan(0)
    const reading = buffers.find(({ locked, flags }) => locked && flags.includes('B_READ'))
    expect(reading).toMatchObject({ mappedPages: 0, msf: { flags: ['HAS_XIO'], bytes: 16384, pages: 4 } })
    expect(reading!.pages.length).toBe(4)
  })

  it('refuses what it cannot stop at, and a run without a history', () => {
    const steps = stepper()
    expect(() => steps.addBreakpoint({ kind: 'call', name: 'msf_requite' })).toThrow(
      /neither a call nor an event.*msf_require_buf/,
    )
    expect(() => steps.addBreakpoint({ kind: 'request', request: -1 })).toThrow(RangeError)
    expect(() => new LabStepper(() => recorded(RUN, null))).toThrow(/without a history/)
  })
})
