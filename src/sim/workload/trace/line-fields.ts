import { quote, TraceError } from './trace-error.ts'

const MOST_FIELDS = 8
const SPACE = 32
const TAB = 9
const COMMA = 44
const ZERO = 48

/** The fields of one line, found without copying them. One instance serves every line of a trace. */
export class LineFields {
  /** Fields of the line; those past the eighth are counted but not kept. */
  count = 0
  #line = ''
  #lineNumber = 0
  readonly #starts = new Int32Array(MOST_FIELDS)
  readonly #ends = new Int32Array(MOST_FIELDS)

  /** Splits at runs of spaces and tabs; leading and trailing ones do not count. */
  splitWords(line: string, lineNumber: number): void {
    this.#begin(line, lineNumber)
    let start = -1
    for (let i = 0; i <= line.length; i++) {
      const code = i === line.length ? SPACE : line.charCodeAt(i)
      if (code !== SPACE && code !== TAB) {
        if (start < 0) start = i
      } else if (start >= 0) {
        this.#add(start, i)
        start = -1
      }
    }
  }

  /** Splits at each comma; a field may be empty. */
  splitCells(line: string, lineNumber: number): void {
    this.#begin(line, lineNumber)
    let start = 0
    for (let i = 0; i <= line.length; i++) {
      if (i === line.length || line.charCodeAt(i) === COMMA) {
        this.#add(start, i)
        start = i + 1
      }
    }
  }

  /** The text of one field, or of several with what stands between them; empty when the line has no such field. */
  text(first: number, last = first): string {
    return this.#line.slice(this.#starts[first] ?? 0, last < this.count ? (this.#ends[last] ?? 0) : 0)
  }

  /**
   * The whole number in a field; `leaveOff` ignores that many of its last characters and 0 is what an empty rest counts.
   * @param name what the field is, for messages
   * @throws TraceError when it is not a number of digits alone that stays below 2^53
   */
  whole(index: number, name: string, leaveOff = 0): number {
    const start = this.#starts[index] ?? 0
    const end = (this.#ends[index] ?? 0) - leaveOff
    return this.#digits(index, name, start, end, leaveOff > 0)
  }

  /** The whole number in the last `digits` characters of a field. @throws TraceError as `whole` does */
  wholeTail(index: number, name: string, digits: number): number {
    const end = this.#ends[index] ?? 0
    return this.#digits(index, name, Math.max(this.#starts[index] ?? 0, end - digits), end, false)
  }

  #digits(index: number, name: string, start: number, end: number, mayBeEmpty: boolean): number {
    let value = 0
    for (let i = start; i < end; i++) {
      const digit = this.#line.charCodeAt(i) - ZERO
      if (digit < 0 || digit > 9) this.#refuse(index, name)
      value = value * 10 + digit
    }
    if ((start >= end && !mayBeEmpty) || value > Number.MAX_SAFE_INTEGER) this.#refuse(index, name)
    return value
  }

  #refuse(index: number, name: string): never {
    const text = this.text(index)
    const problem = /^-\d+$/.test(text)
      ? 'is negative'
      : /^\d+$/.test(text)
        ? 'is too large'
        : 'is not a whole number'
    throw new TraceError(
      this.#lineNumber,
      `${name} ${quote(text)} ${problem}`,
      'Mend or remove this line of the trace.',
    )
  }

  #begin(line: string, lineNumber: number): void {
    this.#line = line
    this.#lineNumber = lineNumber
    this.count = 0
  }

  #add(start: number, end: number): void {
    if (this.count < MOST_FIELDS) {
      this.#starts[this.count] = start
      this.#ends[this.count] = end
    }
    this.count++
  }
}
