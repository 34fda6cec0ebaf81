import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Breakpoints } from '../../../../src/sim/engine/history/breakpoints.ts'
import {
  DEFAULT_HISTORY_BYTES,
  HistoryRecorder,
  MIN_HISTORY_BYTES,
} from '../../../../src/sim/engine/history/history-recorder.ts'
import { EVENT_BASE, NO_REQUEST } from '../../../../src/sim/engine/history/record-ring.ts'

const BEGIN = 0
const END = 1
const OTHER = 2

interface Bench {
  readonly recorder: HistoryRecorder
  readonly cpu: { id: number; clock: number }
}

function bench(bytes = MIN_HISTORY_BYTES, requests?: number): Bench {
  const cpu = { id: 0, clock: 0 }
  const recorder = new HistoryRecorder(requests === undefined ? { bytes } : { bytes, requests })
  recorder.attach({ cpu })
  return { recorder, cpu }
}

/** A request of a span, a charge and `events` events. */
function oneRequest({ recorder, cpu }: Bench, events: number, thread = 0): void {
  recorder.begin(thread, 1, cpu.clock, 0, 4096, BEGIN)
  recorder.enter(1)
  cpu.clock += 10
  recorder.charge(2, 10)
  for (let i = 0; i < events; i++) recorder.event(OTHER, i, 0, 0, 0)
  recorder.leave()
  recorder.end(thread, false, END)
}

describe('HistoryRecorder', () => {
  it('refuses limits that hold nothing', () => {
    expect(() => bench(MIN_HISTORY_BYTES - 1)).toThrow(RangeError)
    expect(() => bench(MIN_HISTORY_BYTES, 0)).toThrow(RangeError)
    expect(() => bench(NaN)).toThrow(RangeError)
  })

  it('holds no more than its bytes for ten million requests, and the last of them', () => {
    const { recorder, cpu } = bench(DEFAULT_HISTORY_BYTES)
    expect(recorder.bytes).toBeLessThanOrEqual(DEFAULT_HISTORY_BYTES)
    const before = recorder.bytes
    for (let i = 0; i < 10_000_000; i++) oneRequest({ recorder, cpu }, 0, i % 32)
    expect(recorder.bytes).toBe(before)
    expect(recorder.requests.next).toBe(10_000_000)
    expect(recorder.records.next).toBe(40_000_000)
    const first = recorder.requests.oldestWhole(recorder.records.first)
    expect(first).toBeGreaterThan(9_800_000)
    expect(first).toBeLessThan(9_999_000)
  }, 60_000)

  it('lets the oldest requests go as a whole', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 400 }), (sizes) => {
        const made = bench()
        const { records, requests } = made.recorder
        const firsts: number[] = []
        for (const size of sizes) {
          firsts.push(records.next)
          oneRequest(made, size)
        }
        const expected = firsts.findIndex((first) => first >= records.first)
        expect(requests.oldestWhole(records.first)).toBe(expected < 0 ? sizes.length : expected)
      }),
    )
  })

  it('forgets requests beyond the number asked for', () => {
    const made = bench(MIN_HISTORY_BYTES, 5)
    for (let i = 0; i < 12; i++) oneRequest(made, 0)
    expect(made.recorder.requests.oldestWhole(made.recorder.records.first)).toBe(7)
    expect(made.recorder.requests.holds(6)).toBe(false)
    expect(made.recorder.requests.holds(7)).toBe(true)
  })

  it('tells charges at one site in a row as one record, and those of the span itself as none', () => {
    const { recorder, cpu } = bench()
    recorder.begin(0, 1, 0, 0, 512, BEGIN)
    recorder.enter(1)
    for (let i = 0; i < 3; i++) {
      cpu.clock += 5
      recorder.charge(2, 5)
    }
    cpu.clock += 7
    recorder.charge(1, 7)
    cpu.clock += 5
    recorder.charge(2, 5)
    recorder.leave()
    const { records } = recorder
    expect(records.next).toBe(4)
    expect([...records.code.subarray(0, 4)]).toEqual([EVENT_BASE + BEGIN, 1, 2, 2])
    expect([...records.object.subarray(1, 4)]).toEqual([1, 3, 1])
    expect([...records.time.subarray(1, 4)]).toEqual([0, 0, 22])
    expect([...records.value.subarray(1, 4)]).toEqual([27, 15, 27])
    expect(recorder.requests.cpuNs[0]).toBe(27)
  })

  it('does not join charges of two requests', () => {
    const { recorder, cpu } = bench()
    recorder.workFor(3)
    cpu.clock = 5
    recorder.charge(2, 5)
    recorder.workFor(4)
    cpu.clock = 10
    recorder.charge(2, 5)
    expect([...recorder.records.request.subarray(0, 2)]).toEqual([3, 4])
  })

  it('puts the time of an interrupted processor on that processor, outside of all spans', () => {
    const { recorder, cpu } = bench()
    const target = { id: 1, clock: 0 }
    recorder.enter(1)
    target.clock = 100
    recorder.beginInterrupt(target)
    recorder.charge(1, 40)
    recorder.endInterrupt()
    cpu.clock = 50
    recorder.charge(2, 50)
    recorder.leave()
    const { records } = recorder
    expect([...records.cpu.subarray(0, 3)]).toEqual([0, 1, 0])
    expect([...records.depth.subarray(0, 3)]).toEqual([0, 0, 1])
    expect([records.time[1], records.value[1]]).toEqual([60, 100])
    expect(records.value[0]).toBe(50)
  })

  it('works for the request of the thread, and for none after its end', () => {
    const { recorder } = bench()
    recorder.begin(2, 1, 0, 0, 512, BEGIN)
    recorder.begin(5, 1, 0, 0, 512, BEGIN)
    expect([recorder.threads.of(2), recorder.threads.of(5), recorder.current]).toEqual([0, 1, 1])
    expect(recorder.threads.of(9000)).toBe(NO_REQUEST)
    recorder.end(5, true, END)
    expect(recorder.threads.of(5)).toBe(NO_REQUEST)
    expect([...recorder.requests.state.subarray(0, 2)]).toEqual([0, 2])
  })

  it('remembers an owner of any number', () => {
    const { ccbs } = bench().recorder
    ccbs.set(3, 8)
    ccbs.set(100_000, 9)
    expect([ccbs.of(3), ccbs.of(4), ccbs.of(100_000)]).toEqual([8, NO_REQUEST, 9])
  })

  it('numbers objects by first sight', () => {
    const { recorder } = bench()
    const [a, b] = [{}, {}]
    expect([recorder.idOf(a), recorder.idOf(b), recorder.idOf(a)]).toEqual([0, 1, 0])
  })

  it('hits the first record of a code or of a request that is looked for', () => {
    const made = bench()
    const breakpoints = new Breakpoints()
    made.recorder.breakpoints = breakpoints
    breakpoints.onCode(2)
    breakpoints.onRequest(3)
    oneRequest(made, 1)
    expect(breakpoints.hit).toBe(2)
    breakpoints.clear()
    breakpoints.onRequest(3)
    for (let i = 0; i < 4; i++) oneRequest(made, 1)
    expect(breakpoints.hit).toBe(15)
    breakpoints.rearm()
    expect(breakpoints.hit).toBe(-1)
  })
})
