import { FioIolog } from './fio-iolog.ts'
import { isMsrHeader, MsrCsv } from './msr-csv.ts'
import { quote, TraceError } from './trace-error.ts'
import type { TraceSink } from './trace-sink.ts'

/** Values of a trace workload's `format`. */
export type TraceFormatName = 'auto' | 'fio-iolog' | 'msr-csv'

/** What reads the lines of one format. */
export interface TraceDialect {
  /** Reads one line that is not blank. @throws TraceError */
  read(text: string, line: number): void
}

interface Detected {
  readonly dialect: TraceDialect
  /** Whether the line was a header, and so is done with. */
  readonly isHeader: boolean
}

const HEADER_START = 'fio version '

function iolog(first: string, line: number, sink: TraceSink): Detected {
  const version = /^fio version (\d+) iolog\s*$/.exec(first)?.[1]
  if (version === '2' || version === '3')
    return { dialect: new FioIolog(version === '2' ? 2 : 3, sink), isHeader: true }
  if (version !== undefined) {
    throw new TraceError(
      line,
      `version ${version} of the fio iolog is not known`,
      'Record the trace with a version of fio that writes version 2 or 3.',
    )
  }
  throw new TraceError(
    line,
    `the header of the fio iolog is damaged or cut off: ${quote(first)}`,
    'The first line must be "fio version 2 iolog" or "fio version 3 iolog".',
  )
}

/**
 * Chooses the reader of a trace by its first line that is not blank.
 * @param format what the workload says; `auto` goes by the line alone
 * @throws TraceError when the line starts no known format, or another one than `format`
 */
export function detectDialect(
  first: string,
  line: number,
  format: TraceFormatName,
  sink: TraceSink,
): Detected {
  const isIolog = first.startsWith('fio') || HEADER_START.startsWith(first)
  const isMsr = /^\d+\s*,/.test(first) || /^timestamp\s*,/i.test(first)
  if (isIolog && format !== 'msr-csv') return iolog(first, line, sink)
  if (isMsr && format !== 'fio-iolog') return { dialect: new MsrCsv(sink), isHeader: isMsrHeader(first) }
  if (format === 'auto') {
    throw new TraceError(
      line,
      `starts no trace format that is known: ${quote(first)}`,
      'Use an fio iolog (first line "fio version 2 iolog" or "fio version 3 iolog") or MSR Cambridge CSV.',
    )
  }
  const other =
    isIolog || isMsr ? 'Set workload.format to auto.' : 'Choose another file, or mend its first line.'
  throw new TraceError(line, `is not the start of format ${format}: ${quote(first)}`, other)
}
