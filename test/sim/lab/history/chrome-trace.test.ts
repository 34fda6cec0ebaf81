import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { chromeTrace } from '../../../../src/sim/lab/history/chrome-trace.ts'
import type { History } from '../../../../src/sim/lab/history/history.ts'
import { spec } from '../scenarios.ts'
import { VARIED_RUNS, historyOf, titleOf } from './recorded-run.ts'

const place = { pid: z.number().int(), tid: z.number().int() }
const what = { name: z.string().min(1), cat: z.string().min(1), ts: z.number().nonnegative() }
const args = z.record(z.string(), z.unknown())

/** The Trace Event Format, as far as it is used. */
const EVENT = z.discriminatedUnion('ph', [
  z.strictObject({ ph: z.literal('M'), ...place, name: z.enum(['process_name', 'thread_name']), args }),
  z.strictObject({ ph: z.literal('X'), ...place, ...what, dur: z.number().nonnegative(), args }),
  z.strictObject({ ph: z.literal('i'), ...place, ...what, s: z.literal('t'), args }),
  z.strictObject({ ph: z.literal('b'), ...place, ...what, id: z.string(), args }),
  z.strictObject({ ph: z.literal('e'), ...place, ...what, id: z.string() }),
])
const FILE = z.strictObject({
  displayTimeUnit: z.enum(['ns', 'ms']),
  otherData: args,
  traceEvents: z.array(EVENT),
})

type Event = z.infer<typeof EVENT>
type Call = Extract<Event, { ph: 'X' }>

function traceOf(history: History): Event[] {
  return FILE.parse(JSON.parse([...chromeTrace(history)].join(''))).traceEvents
}

const ns = (us: number): number => Math.round(us * 1000)

/** On each thread one call lies in the other or after it. @returns those for which that is not so */
function misnested(calls: readonly Call[]): Call[] {
  const open = new Map<string, number[]>()
  return calls.filter(({ pid, tid, ts, dur }) => {
    const ends = open.get(`${pid} ${tid}`) ?? []
    open.set(`${pid} ${tid}`, ends)
    while (ends.length > 0 && ends.at(-1)! <= ns(ts)) ends.pop()
    const around = ends.at(-1) ?? Infinity
    ends.push(ns(ts) + ns(dur))
    return ns(ts) + ns(dur) > around
  })
}

/** On each asynchronous track each end ends what began last, and time does not run back. @returns what breaks that */
function unbalanced(events: readonly Event[]): unknown[] {
  const tracks = new Map<string, { open: string[]; at: number }>()
  const faults: unknown[] = []
  for (const event of events) {
    if (event.ph !== 'b' && event.ph !== 'e') continue
    const track = tracks.get(event.id) ?? { open: [], at: 0 }
    tracks.set(event.id, track)
    const isRight = event.ph === 'b' || track.open.pop() === event.name
    if (!isRight || event.ts < track.at) faults.push(event)
    if (event.ph === 'b') track.open.push(event.name)
    track.at = event.ts
  }
  for (const [id, { open }] of tracks) if (open.length > 0) faults.push({ id, open })
  return faults
}

describe('chromeTrace', () => {
  it.each(VARIED_RUNS.map((run) => ({ title: titleOf(run), run })))('is well formed: $title', ({ run }) => {
    const events = traceOf(historyOf(run))
    const calls = events.filter((event) => event.ph === 'X')
    expect(calls.length).toBeGreaterThan(0)
    expect(misnested(calls)).toEqual([])
    expect(unbalanced(events)).toEqual([])
  })

  it('names processors and requests', () => {
    const events = traceOf(historyOf(spec('direct', { cpus: 3 }, { requests: 20 })))
    const named = events.flatMap((event) =>
      event.ph === 'M' ? [[event.name, event.tid, event.args.name]] : [],
    )
    expect(named).toEqual([
      ['process_name', 0, 'processors'],
      ['process_name', 0, 'requests'],
      ['thread_name', 0, 'cpu 0'],
      ['thread_name', 1, 'cpu 1'],
      ['thread_name', 2, 'cpu 2'],
    ])
  })

  it('tells each call once, with its request, and each event', () => {
    const history = historyOf(spec('mapped', {}, { requests: 50 }))
    const events = traceOf(history)
    const records = [...history.records()]
    const spans = records.flatMap((record) => (record.kind === 'span' ? [record] : []))
    const calls = events.filter((event) => event.ph === 'X')
    expect(calls.map(({ name, tid, args }) => [name, tid, args.request])).toEqual(
      spans.map(({ name, cpu, request }) => [name, cpu, request]),
    )
    expect(calls.map(({ ts }) => ns(ts))).toEqual(spans.map(({ startNs }) => Math.round(startNs)))
    expect(events.filter(({ ph }) => ph === 'i').length).toBe(records.length - spans.length)
  })

  it("has a track for each request, with its layers from the system call in, its sleep and the device's time", () => {
    const history = historyOf(spec('direct', {}, { requests: 50 }))
    const [request] = [...history.requests()].slice(20)
    const steps = traceOf(history).flatMap((event) =>
      (event.ph === 'b' || event.ph === 'e') && /^20(\.|$)/.test(event.id) ? [event] : [],
    )
    const main = steps.filter(({ id }) => id === '20')
    const opened = main.flatMap(({ ph, name }) => (ph === 'b' ? [name] : []))
    expect(opened.slice(0, 3)).toEqual([`20: ${request!.name} 4096`, request!.name, 'entry'])
    expect(main.at(-1)!.name).toBe(opened[0])
    expect(ns(main.at(-1)!.ts)).toBe(Math.round(request!.endNs!))
    const all = steps.map(({ name }) => name)
    for (const wait of ['asleep', 'at the device', 'queued']) expect(all).toContain(wait)
  })

  it('is well formed when only part of a run is held', () => {
    const history = historyOf(spec('mapped', {}, { requests: 400 }), { bytes: 65536 })
    const events = traceOf(history)
    expect(misnested(events.filter((event) => event.ph === 'X'))).toEqual([])
    expect(unbalanced(events)).toEqual([])
  })
})
