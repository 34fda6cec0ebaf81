import type { EventState } from '../../kernel/history-events.ts'
import { errnoName } from '../../kernel/errno.ts'
import { BUF_FLAG_NAMES, MSF_FLAG_NAMES, flagNames } from './flag-names.ts'
import type { EventRecord, HistoryRecord, RequestRecord, SpanRecord } from './history-records.ts'

/** What the value of an event is, where it means anything. */
const VALUES: Partial<Record<EventRecord['name'], (value: number) => string>> = {
  'thread woken': (value) => (value < 0 ? 'by nobody in particular' : `by request ${value}`),
  'buf locked': (value) => `block ${value}`,
  'buf busy': (value) => (value < 0 ? 'somebody else has it' : `last used by request ${value}`),
  'read starts': (value) => `block ${value}`,
  'write starts': (value) => `block ${value}`,
  'transfer ends': (value) => `block ${value}`,
  'buf released': (value) => `block ${value}`,
  'pages listed': (value) => `from page frame ${value} on`,
  'msf created': bytes,
  'msf mapped': bytes,
  'msf listed': bytes,
  'msf passed': bytes,
  'msf recreated': bytes,
  'ccb queued': (value) => `sector ${value}`,
  'ccb to driver': (value) => `sector ${value}`,
  'map loaded': bytes,
  'map waits': bytes,
  'segment loaded': (value) => `at bus address 0x${value.toString(16)}`,
  'device starts': bytes,
  'device ends': bytes,
  'processors interrupted': (value) => `answers take ${value} ns`,
  error: (value) => `sector ${value}`,
}

/** What the counts before and after an event count. */
const COUNTS: Partial<Record<EventRecord['name'], (before: number, after: number) => string>> = {
  'pages listed': (before, after) => `${after - before} of them, ${after} in the list`,
  'ccb queued': (_before, after) => `${after} sectors`,
  'ccb to driver': (_before, after) => `${after} slots left`,
  'map loaded': (_before, after) => `${after} segments`,
  'map waits': (before, after) => `for bounce pages: needs ${before}, has ${after}`,
  'segment loaded': (_before, after) => `${after} bytes`,
  'bounce pages taken': (_before, after) => `${after} pages`,
  'bounce pages given back': (before) => `${before} pages`,
}

/**
 * The story of a request as a person reads it: a headline, then a line for each call and each event, in the order in which they
 * began, indented by who called whom. Times are ns since the request started.
 */
export function explainRequest(request: RequestRecord, records: Iterable<HistoryRecord>): string[] {
  const { startNs, endNs, cpuNs, thread, name, offset, outcome } = request
  const took = endNs === null ? 'not over yet' : `${outcome} after ${ns(endNs - startNs)}`
  const lines = [
    `request ${request.request}: ${name} of ${request.bytes} bytes at byte ${offset} by thread ${thread}, ` +
      `${took}, ${ns(cpuNs)} of CPU time`,
  ]
  for (const record of records) {
    const at = record.kind === 'span' ? record.startNs : record.atNs
    const text = record.kind === 'span' ? describeSpan(record) : describeEvent(record)
    lines.push(`${ns(at - startNs).padStart(14)}  cpu ${record.cpu}  ${'  '.repeat(record.depth)}${text}`)
  }
  return lines
}

function describeSpan({ name, layer, calls, startNs, endNs }: SpanRecord): string {
  const times = calls === 1 ? '' : ` x ${calls}`
  return `${name}${times} (${layer}), ${ns(endNs - startNs)}`
}

/** An event in one line, such as `buf 3 transfer ends: block 17, +B_DONE`. */
export function describeEvent(event: EventRecord): string {
  const { name, object, id, value, state, before, after } = event
  const known = [VALUES[name]?.(value), COUNTS[name]?.(before, after), change(state, before, after)]
  const details = known.filter((text) => text !== undefined && text !== '').join(', ')
  return `* ${object} ${id}: ${name}${details === '' ? '' : ` (${details})`}`
}

function change(state: EventState, before: number, after: number): string {
  if (state === 'buf flags') return flagChange(BUF_FLAG_NAMES, before, after)
  if (state === 'msf flags') return flagChange(MSF_FLAG_NAMES, before, after)
  if (state === 'errno') return errnoName(after)
  return state === 'cpus' ? `${after} others` : ''
}

function flagChange(names: readonly (readonly [number, string])[], before: number, after: number): string {
  const gone = flagNames(names, before & ~after).map((name) => `-${name}`)
  const come = flagNames(names, after & ~before).map((name) => `+${name}`)
  const changes = [...gone, ...come]
  return changes.length > 0 ? changes.join(' ') : flagNames(names, after).join(' ')
}

function bytes(value: number): string {
  return value === 0 ? '' : `${value} bytes`
}

function ns(value: number): string {
  return `${value.toFixed(1)} ns`
}
