import { LineFields } from './line-fields.ts'
import { quote, TraceError } from './trace-error.ts'
import type { TraceSink } from './trace-sink.ts'

const NS_PER_US = 1000
const FILE_ACTIONS = new Set(['add', 'open', 'close'])
const SYNC_ACTIONS = new Set(['sync', 'datasync', 'sync_file_range', 'syncfs'])
const MOST_US = Math.floor(Number.MAX_SAFE_INTEGER / NS_PER_US)

/**
 * fio's iolog, versions 2 and 3, after its header line (fio manual, "Trace file format").
 *
 * Version 2: `NAME add|open|close`, `NAME read|write|trim|sync|datasync OFFSET LENGTH`, `NAME wait MICROSECONDS`.
 * Version 3 puts a timestamp before each line and has no `wait`. The timestamp counts microseconds since the log began:
 * the manual leaves the unit open, but that is what fio 3.33 records (a job of 3 s ends near 3,000,000) and what the
 * source of later versions computes. Waits add up, as the manual says. A read or write of a file that was never added
 * is taken as it stands.
 */
export class FioIolog {
  readonly #sink: TraceSink
  readonly #version: 2 | 3
  readonly #fields = new LineFields()
  #atUs = 0

  constructor(version: 2 | 3, sink: TraceSink) {
    this.#version = version
    this.#sink = sink
  }

  /** Reads one line that is not blank. @throws TraceError */
  read(text: string, line: number): void {
    const fields = this.#fields
    fields.splitWords(text, line)
    const name = this.#version - 2
    if (this.#version === 3) this.#setTime(fields.whole(0, 'the timestamp'), line)
    const action = fields.text(name + 1)
    if (action === 'read' || action === 'write') {
      this.#expect(name + 4, name + 4, text, line)
      const offset = fields.whole(name + 2, 'the offset')
      const bytes = fields.whole(name + 3, 'the length')
      this.#sink.add(line, action === 'write', fields.text(name), offset, bytes, this.#atUs * NS_PER_US)
      return
    }
    this.#readOther(action, name, text, line)
    this.#sink.skipped++
  }

  #readOther(action: string, name: number, text: string, line: number): void {
    if (FILE_ACTIONS.has(action)) {
      this.#expect(name + 2, name + 2, text, line)
    } else if (SYNC_ACTIONS.has(action) || action === 'trim') {
      this.#expect(name + (action === 'trim' ? 4 : 2), name + 4, text, line)
      if (this.#fields.count > name + 2) this.#fields.whole(name + 2, 'the offset')
      if (this.#fields.count > name + 3) this.#fields.whole(name + 3, 'the length')
    } else if (action === 'wait') {
      this.#wait(name, text, line)
    } else if (action === '') {
      this.#expect(name + 2, name + 4, text, line)
    } else {
      throw new TraceError(
        line,
        `${quote(action)} is not an action of an fio iolog`,
        'Actions are add, open, close, read, write, trim, sync, datasync and (version 2) wait; names of files hold no spaces.',
      )
    }
  }

  #wait(name: number, text: string, line: number): void {
    if (this.#version === 3) {
      throw new TraceError(
        line,
        'version 3 of the iolog has no wait',
        'Remove the line: timestamps do its work.',
      )
    }
    // fio itself reads a wait only with a fourth field, which means nothing; the manual shows none.
    this.#expect(name + 3, name + 4, text, line)
    if (this.#fields.count > name + 3) this.#fields.whole(name + 3, 'the last field')
    this.#setTime(this.#atUs + this.#fields.whole(name + 2, 'the wait'), line)
  }

  #setTime(atUs: number, line: number): void {
    if (atUs > MOST_US) {
      throw new TraceError(
        line,
        `the time, ${atUs} microseconds, is too large`,
        'A trace may last up to 104 days.',
      )
    }
    this.#atUs = atUs
  }

  #expect(least: number, most: number, text: string, line: number): void {
    const count = this.#fields.count
    if (count >= least && count <= most) return
    const wanted = least === most ? `${least}` : `${least} to ${most}`
    throw new TraceError(
      line,
      `has ${count} fields where version ${this.#version} of the iolog has ${wanted}: ${quote(text)}`,
      'Mend or remove this line of the trace; names of files hold no spaces.',
    )
  }
}
