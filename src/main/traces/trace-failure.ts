import { FailureError } from '../../shared/ipc/failure.ts'
import type { TraceError } from '../../sim/workload/trace/trace-error.ts'

/** A trace file that does not exist. */
export function traceNotFound(path: string): FailureError {
  return new FailureError({
    code: 'not-found',
    place: path,
    message: 'the trace file does not exist',
    remedy: 'Mend workload.file; a relative path starts at the folder of the project file.',
  })
}

/**
 * What a parser's refusal tells the user: `io-error` for a fault of the trace, `bad-project` for a setting that does not
 * suit it. The parser sees one character for each byte; the message becomes readable text again here.
 */
export function traceFailure(path: string, error: TraceError): FailureError {
  return new FailureError({
    code: error.fault === 'settings' ? 'bad-project' : 'io-error',
    place: `${path}, line ${error.line}`,
    message: Buffer.from(error.message, 'latin1').toString('utf8'),
    remedy: error.remedy,
  })
}
