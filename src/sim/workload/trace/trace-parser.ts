import { detectDialect } from './detect-dialect.ts'
import type { TraceDialect, TraceFormatName } from './detect-dialect.ts'
import type { RequestRing } from './request-ring.ts'
import { TraceError } from './trace-error.ts'
import { TraceSink } from './trace-sink.ts'
import type { TraceTarget } from './trace-sink.ts'

export interface TraceParserOptions extends TraceTarget {
  readonly format: TraceFormatName
  /** Requests that the ring holds at most. */
  readonly capacity: number
}

const SPACE = 32
const BYTE_ORDER_MARK = /^(?:\ufeff|\u00ef\u00bb\u00bf)/

/**
 * Turns the lines of a trace, pushed one at a time, into requests in a ring. Does no I/O. Each line becomes at most one
 * request; a line that cannot be understood is an error and never passed over.
 */
export class TraceParser {
  /** Whether `end` was called. */
  ended = false
  /** Lines pushed so far. */
  lines = 0
  readonly #format: TraceFormatName
  readonly #sink: TraceSink
  #dialect: TraceDialect | null = null

  constructor(options: TraceParserOptions) {
    this.#format = options.format
    this.#sink = new TraceSink(options.capacity, options)
  }

  /** Where the requests go. Push no line while it is full. */
  get ring(): RequestRing {
    return this.#sink.ring
  }

  /** Lines so far that hold neither a read nor a write; the header and blank lines do not count. */
  get skipped(): number {
    return this.#sink.skipped
  }

  /**
   * Takes one line, without its line feed; a carriage return at its end is ignored.
   * @throws TraceError naming the line; the parser is of no further use then
   */
  push(line: string): void {
    this.lines++
    const text = line.endsWith('\r') ? line.slice(0, -1) : line
    if (this.#dialect === null) this.#start(text)
    else if (!isBlank(text)) this.#dialect.read(text, this.lines)
  }

  /**
   * Ends the trace.
   * @param rest what follows the last line feed; read as a line unless it is empty
   * @throws TraceError when `rest` is a line cut in half, or the whole trace held no request
   */
  end(rest: string): void {
    this.ended = true
    if (rest !== '') this.#pushLast(rest)
    if (this.ring.appended > 0) return
    throw new TraceError(
      Math.max(1, this.lines),
      this.#dialect === null ? 'the trace is empty' : 'the trace ends without a read or write',
      'Choose a trace that holds requests, or record it again.',
    )
  }

  #start(text: string): void {
    const first = this.lines === 1 ? text.replace(BYTE_ORDER_MARK, '') : text
    if (isBlank(first)) return
    const { dialect, isHeader } = detectDialect(first, this.lines, this.#format, this.#sink)
    this.#dialect = dialect
    if (!isHeader) dialect.read(first, this.lines)
  }

  #pushLast(rest: string): void {
    try {
      this.push(rest)
    } catch (error) {
      if (!(error instanceof TraceError) || error.fault === 'settings') throw error
      throw new TraceError(
        error.line,
        `the last line is cut off: ${error.message}`,
        'The file was not written to its end; copy or record it again, or remove this line.',
      )
    }
  }
}

function isBlank(text: string): boolean {
  return text.charCodeAt(0) > SPACE ? false : text.trim() === ''
}
