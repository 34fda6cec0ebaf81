import type { HistoryRecorder } from '../engine/history/history-recorder.ts'
import { EVENT_BASE } from '../engine/history/record-ring.ts'
import type { Layer } from './call-sites.ts'

/** What an event happens to. Buffers, CCBs, threads and processors have numbers; others are numbered by the history. */
export type EventObject = 'thread' | 'buf' | 'msf_buf' | 'page list' | 'ccb' | 'map' | 'segment' | 'shootdown'

/** What the state before and after an event is made of: flags of the object, counts, or error numbers. */
export type EventState = 'none' | 'buf flags' | 'msf flags' | 'count' | 'errno' | 'cpus'

/** Every event that a history tells besides the calls. The order gives the numbers in `Happening`. */
const TABLE = [
  ['request begins', 'syscall', 'thread', 'none'],
  ['request ends', 'syscall', 'thread', 'none'],
  ['thread sleeps', 'syscall', 'thread', 'none'],
  ['thread woken', 'syscall', 'thread', 'none'],
  ['buf locked', 'bufcache', 'buf', 'buf flags'],
  ['buf busy', 'bufcache', 'buf', 'buf flags'],
  ['read starts', 'bufcache', 'buf', 'buf flags'],
  ['write starts', 'bufcache', 'buf', 'buf flags'],
  ['transfer ends', 'bufcache', 'buf', 'buf flags'],
  ['buf released', 'bufcache', 'buf', 'buf flags'],
  ['pages listed', 'msf_buf', 'page list', 'count'],
  ['msf created', 'msf_buf', 'msf_buf', 'msf flags'],
  ['msf mapped', 'msf_buf', 'msf_buf', 'msf flags'],
  ['msf listed', 'msf_buf', 'msf_buf', 'msf flags'],
  ['msf passed', 'msf_buf', 'msf_buf', 'msf flags'],
  ['msf recreated', 'msf_buf', 'msf_buf', 'msf flags'],
  ['msf released', 'msf_buf', 'msf_buf', 'msf flags'],
  ['ccb queued', 'cam', 'ccb', 'count'],
  ['ccb to driver', 'cam', 'ccb', 'count'],
  ['ccb done', 'cam', 'ccb', 'errno'],
  ['map loaded', 'busdma', 'map', 'count'],
  ['map waits', 'busdma', 'map', 'count'],
  ['segment loaded', 'busdma', 'segment', 'count'],
  ['bounce pages taken', 'busdma', 'map', 'count'],
  ['bounce pages given back', 'busdma', 'map', 'count'],
  ['device starts', 'driver', 'map', 'none'],
  ['device ends', 'driver', 'map', 'none'],
  ['processors interrupted', 'shootdown', 'shootdown', 'cpus'],
  ['error', 'cam', 'ccb', 'errno'],
] as const satisfies readonly (readonly [string, Layer, EventObject, EventState])[]

export type EventName = (typeof TABLE)[number][0]

export const HISTORY_EVENTS: readonly {
  readonly name: EventName
  readonly layer: Layer
  readonly object: EventObject
  readonly state: EventState
}[] = TABLE.map(([name, layer, object, state]) => ({ name, layer, object, state }))

/** Number of each event. */
export const Happening = Object.fromEntries(TABLE.map(([name], number) => [name, number])) as Readonly<
  Record<EventName, number>
>

/** The code of an event in a record. */
export function eventCode(name: EventName): number {
  return EVENT_BASE + Happening[name]
}

/** An msf_buf, as far as a history looks at it. */
interface NotedMsf {
  readonly bytes: number
  readonly flags: number
}

/** Notes that something happened to an msf_buf. @param before its flags then; now they are what it says */
export function noteMsf(history: HistoryRecorder, name: EventName, msf: NotedMsf, before: number): void {
  history.event(Happening[name], history.idOf(msf), msf.bytes, before, msf.flags)
}

/**
 * Notes page frames that were put into a page list: an event for each run of neighbours, with the first frame, how many pages the
 * list had before, and how many it has with them.
 */
export function notePages(
  history: HistoryRecorder,
  list: object,
  pages: Int32Array,
  from: number,
  to: number,
): void {
  const id = history.idOf(list)
  for (let start = from; start < to;) {
    let end = start + 1
    while (end < to && pages[end] === pages[end - 1]! + 1) end++
    history.event(Happening['pages listed'], id, pages[start]!, start, end)
    start = end
  }
}
