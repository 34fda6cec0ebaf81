import { describeEvent } from './explain.ts'
import type { History } from './history.ts'
import type { EventRecord, RequestRecord, SpanRecord } from './history-records.ts'
import { layInLanes } from './request-lanes.ts'
import { requestIntervals } from './request-intervals.ts'

/** Processes of the trace: processors with a thread each, and requests with an asynchronous track each. */
const PROCESSORS = 1
const REQUESTS = 2

/**
 * A history in the Trace Event Format, as JSON text in pieces, which ui.perfetto.dev and chrome://tracing open. Each processor
 * is a thread with its calls as complete events ("X") and what happened as instants ("i"); each request is an
 * asynchronous track ("b", "e") of its calls, its sleep and its time at the device.
 * Times are rounded to whole nanoseconds, which the viewers count in; `ns` among the arguments of a call is its exact time.
 */
export function* chromeTrace(history: History): Generator<string> {
  yield '{"displayTimeUnit":"ns",'
  yield `"otherData":${JSON.stringify({ ...history.summary() })},\n"traceEvents":[\n`
  let separator = ''
  for (const event of traceEvents(history)) {
    yield separator + JSON.stringify(event)
    separator = ',\n'
  }
  yield '\n]}\n'
}

function* traceEvents(history: History): Generator<object> {
  yield* names(history.cpus)
  for (const record of history.records()) yield record.kind === 'span' ? callOf(record) : instantOf(record)
  for (const request of history.requests()) yield* requestTrack(history, request)
}

function* names(cpus: number): Generator<object> {
  yield { ph: 'M', pid: PROCESSORS, tid: 0, name: 'process_name', args: { name: 'processors' } }
  yield { ph: 'M', pid: REQUESTS, tid: 0, name: 'process_name', args: { name: 'requests' } }
  for (let cpu = 0; cpu < cpus; cpu++)
    yield { ph: 'M', pid: PROCESSORS, tid: cpu, name: 'thread_name', args: { name: `cpu ${cpu}` } }
}

function callOf({ request, name, layer, cpu, startNs, endNs, calls }: SpanRecord): object {
  const ts = Math.round(startNs)
  return {
    ph: 'X',
    pid: PROCESSORS,
    tid: cpu,
    ts: ts / 1000,
    dur: (Math.round(endNs) - ts) / 1000,
    name,
    cat: layer,
    args: { request, calls, ns: endNs - startNs },
  }
}

function instantOf(event: EventRecord): object {
  const { request, name, layer, cpu, atNs, object, id, value, before, after } = event
  const args = { request, what: describeEvent(event).slice(2), [object]: id, value, before, after }
  return { ph: 'i', s: 't', pid: PROCESSORS, tid: cpu, ts: Math.round(atNs) / 1000, name, cat: layer, args }
}

/** What of a request goes on at one time without lying one in the other goes to several tracks of the same name. */
function* requestTrack(history: History, request: RequestRecord): Generator<object> {
  const { lanes } = layInLanes(requestIntervals(request, history.recordsOf(request.request)))
  for (const [lane, steps] of lanes.entries()) {
    const id = lane === 0 ? `${request.request}` : `${request.request}.${lane}`
    for (const { begins, at, interval } of steps)
      yield {
        ph: begins ? 'b' : 'e',
        pid: REQUESTS,
        tid: 0,
        id,
        ts: Math.round(at) / 1000,
        name: interval.name,
        cat: 'request',
        ...(begins && { args: { request: request.request, layer: interval.layer } }),
      }
  }
}
