import type { IoRequest } from '../../../../src/sim/workload/request-source.ts'
import { TraceParser } from '../../../../src/sim/workload/trace/trace-parser.ts'
import type { TraceParserOptions } from '../../../../src/sim/workload/trace/trace-parser.ts'
import { TraceError } from '../../../../src/sim/workload/trace/trace-error.ts'
import { TraceSource } from '../../../../src/sim/workload/trace/trace-source.ts'

export const MIB = 1024 * 1024
export const GIB = 1024 * MIB

export const OPTIONS: TraceParserOptions = {
  format: 'auto',
  deviceBytes: 128 * GIB,
  units: 1,
  capacity: 4096,
}

export function emptyRequest(): IoRequest {
  return { kind: 0, write: false, offset: 0, bytes: 0, atNs: 0 }
}

/** Takes everything that a source gives. */
export function drain(source: TraceSource): IoRequest[] {
  const all: IoRequest[] = []
  for (let out = emptyRequest(); source.next(out); out = emptyRequest()) all.push(out)
  return all
}

/** Parses a whole text as a file would be read: what follows the last line feed is the rest. */
export function parseText(
  text: string,
  options: Partial<TraceParserOptions> = {},
): { requests: IoRequest[]; skipped: number } {
  const parser = new TraceParser({ ...OPTIONS, ...options })
  const lines = text.split('\n')
  const rest = lines.pop() ?? ''
  for (const line of lines) parser.push(line)
  parser.end(rest)
  return { requests: drain(new TraceSource(parser, 0)), skipped: parser.skipped }
}

/** The refusal of a text; fails when it is accepted. */
export function refusal(text: string, options: Partial<TraceParserOptions> = {}): TraceError {
  try {
    parseText(text, options)
  } catch (error) {
    if (error instanceof TraceError) return error
    throw error
  }
  throw new Error(`accepted: ${JSON.stringify(text)}`)
}
