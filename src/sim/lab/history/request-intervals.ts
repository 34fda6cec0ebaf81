import type { HistoryRecord, RequestRecord } from './history-records.ts'

/** A time in which something went on for a request. */
export interface Interval {
  readonly name: string
  readonly layer: string
  readonly startNs: number
  readonly endNs: number
}

/** Events that begin and end something that takes no CPU time, and what it is called. */
const PAIRS = [
  ['thread sleeps', 'thread woken', 'asleep', 'syscall'],
  ['device starts', 'device ends', 'at the device', 'driver'],
  ['map waits', 'map loaded', 'waits for bounce pages', 'busdma'],
  ['ccb queued', 'ccb to driver', 'queued', 'cam'],
] as const

/**
 * The request as a whole, then what went on for it, in no particular order: its calls, and its waits from the event that begins
 * one to the event that ends it. What has not ended ends with the last of the records.
 */
export function requestIntervals(request: RequestRecord, records: Iterable<HistoryRecord>): Interval[] {
  const intervals: Interval[] = []
  const open = new Map<string, { readonly pair: (typeof PAIRS)[number]; readonly startNs: number }>()
  let last = request.startNs
  for (const record of records) {
    last = Math.max(last, record.kind === 'span' ? record.endNs : record.atNs)
    if (record.kind === 'span') {
      intervals.push(record)
      continue
    }
    for (const pair of PAIRS) {
      const [begins, ends, name, layer] = pair
      const key = `${name} ${record.object} ${record.id}`
      if (record.name === begins) {
        open.set(key, { pair, startNs: record.atNs })
      } else if (record.name === ends) {
        const begun = open.get(key)
        open.delete(key)
        if (begun !== undefined) intervals.push({ name, layer, startNs: begun.startNs, endNs: record.atNs })
      }
    }
  }
  for (const { pair, startNs } of open.values())
    intervals.push({ name: pair[2], layer: pair[3], startNs, endNs: Math.max(startNs, last) })
  const { request: number, name, bytes, startNs } = request
  return [
    { name: `${number}: ${name} ${bytes}`, layer: 'request', startNs, endNs: Math.max(last, startNs) },
    ...intervals,
  ]
}
