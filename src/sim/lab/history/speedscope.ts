import { CALL_SITES } from '../../kernel/call-sites.ts'
import type { History } from './history.ts'
import type { SpanRecord } from './history-records.ts'

/** Numbers of the call sites as frames of the file. */
const FRAMES: ReadonlyMap<string, number> = new Map(CALL_SITES.map(({ name }, number) => [name, number]))

export interface SpeedscopeOptions {
  /** What the viewer shows as the file's name. */
  readonly name: string
  /** Which program wrote it: name@version. */
  readonly exporter: string
}

/**
 * A history in the file format of speedscope.app, as JSON text in pieces: an evented profile for each processor, in simulated ns.
 * Only calls are told, whichever request they were for.
 */
export function* speedscope(history: History, { name, exporter }: SpeedscopeOptions): Generator<string> {
  yield '{"$schema":"https://www.speedscope.app/file-format-schema.json",'
  yield `"name":${JSON.stringify(name)},"exporter":${JSON.stringify(exporter)},"activeProfileIndex":0,\n`
  const frames = CALL_SITES.map(({ name: site, layer }) => ({ name: site, file: layer }))
  yield `"shared":{"frames":${JSON.stringify(frames)}},\n"profiles":[\n`
  for (let cpu = 0; cpu < history.cpus; cpu++) {
    if (cpu > 0) yield ',\n'
    yield* profile(history, cpu)
  }
  yield '\n]}\n'
}

function* profile(history: History, cpu: number): Generator<string> {
  yield `{"type":"evented","name":"cpu ${cpu}","unit":"nanoseconds","events":[\n`
  let separator = ''
  let start = 0
  let end = 0
  for (const { type, at, frame } of frameEvents(history, cpu)) {
    if (separator === '') start = at
    end = at
    yield `${separator}{"type":"${type}","frame":${frame},"at":${at}}`
    separator = ',\n'
  }
  yield `],\n"startValue":${start},"endValue":${end}}`
}

interface FrameEvent {
  readonly type: 'O' | 'C'
  readonly frame: number
  readonly at: number
}

/** Spans of a processor come in the order of time, callers before those they called. */
function* frameEvents(history: History, cpu: number): Generator<FrameEvent> {
  const open: SpanRecord[] = []
  for (const record of history.records()) {
    if (record.kind === 'event' || record.cpu !== cpu) continue
    yield* closeUntil(open, record)
    yield { type: 'O', frame: frameOf(record), at: record.startNs }
    open.push(record)
  }
  yield* closeUntil(open, null)
}

/** @param next what opens next; what is not around it is over */
function* closeUntil(open: SpanRecord[], next: SpanRecord | null): Generator<FrameEvent> {
  for (let innermost = open.at(-1); innermost !== undefined; innermost = open.at(-1)) {
    if (next !== null && innermost.depth < next.depth && innermost.endNs >= next.endNs) return
    open.pop()
    yield { type: 'C', frame: frameOf(innermost), at: innermost.endNs }
  }
}

function frameOf({ name }: SpanRecord): number {
  return FRAMES.get(name)!
}
