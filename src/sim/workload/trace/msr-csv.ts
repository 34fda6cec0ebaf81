import { LineFields } from './line-fields.ts'
import { quote, TraceError } from './trace-error.ts'
import type { TraceSink } from './trace-sink.ts'

const COLUMNS = 'Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime'
const COLUMN_COUNT = 7
const NS_PER_TICK = 100
/** Filetimes of today need 57 bits; two halves at this decimal place keep every digit. */
const LOW_DIGITS = 9
const LOW_RANGE = 1_000_000_000

/** Whether a line is the optional line of column names, in any case. */
export function isMsrHeader(line: string): boolean {
  return line.toLowerCase() === COLUMNS.toLowerCase()
}

/**
 * The CSV of the block traces of Microsoft Research Cambridge (README of those traces): the columns above, the time a
 * Windows filetime (units of 100 ns), offset and size in bytes. A host and disk number together name one disk.
 */
export class MsrCsv {
  readonly #sink: TraceSink
  readonly #fields = new LineFields()
  #firstHigh = -1
  #firstLow = 0

  constructor(sink: TraceSink) {
    this.#sink = sink
  }

  /** Reads one line that is neither blank nor the line of column names. @throws TraceError */
  read(text: string, line: number): void {
    const fields = this.#fields
    fields.splitCells(text, line)
    if (fields.count !== COLUMN_COUNT) {
      throw new TraceError(
        line,
        `has ${fields.count} fields where MSR CSV has ${COLUMN_COUNT}: ${quote(text)}`,
        `Each line holds ${COLUMNS}.`,
      )
    }
    const atNs = this.#time(line)
    fields.whole(2, 'DiskNumber')
    const write = this.#isWrite(fields.text(3), line)
    const offset = fields.whole(4, 'Offset')
    const bytes = fields.whole(5, 'Size')
    fields.whole(6, 'ResponseTime')
    this.#sink.add(line, write, fields.text(1, 2), offset, bytes, atNs)
  }

  #isWrite(type: string, line: number): boolean {
    if (type === 'Write' || type === 'Read') return type === 'Write'
    const lower = type.toLowerCase()
    if (lower === 'write' || lower === 'read') return lower === 'write'
    throw new TraceError(
      line,
      `Type ${quote(type)} is neither Read nor Write`,
      'Mend or remove this line of the trace.',
    )
  }

  /** Nanoseconds since the first line; negative for a line that lies before it. */
  #time(line: number): number {
    const low = this.#fields.wholeTail(0, 'Timestamp', LOW_DIGITS)
    const high = this.#fields.whole(0, 'Timestamp', LOW_DIGITS)
    if (this.#firstHigh < 0) {
      this.#firstHigh = high
      this.#firstLow = low
    }
    const atNs = ((high - this.#firstHigh) * LOW_RANGE + (low - this.#firstLow)) * NS_PER_TICK
    if (atNs > Number.MAX_SAFE_INTEGER) {
      throw new TraceError(
        line,
        `Timestamp ${quote(this.#fields.text(0))} is too far from the first one`,
        'A trace may last up to 104 days.',
      )
    }
    return atNs
  }
}
