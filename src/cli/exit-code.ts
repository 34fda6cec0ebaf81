import type { Command } from 'commander'
import { CommanderError } from 'commander'
import { describeFailure, FailureError } from '../shared/ipc/failure.ts'
import type { ErrorCode, Failure } from '../shared/ipc/contract.ts'

/** Everything was done and verified. */
export const EXIT_DONE = 0
/** A run failed, read data that was not what had been written, or violated what the sanitizer checks. */
export const EXIT_FAILED = 1
/** The command line, the project or a named file is wrong; nothing was run. */
export const EXIT_USAGE = 2
/** The user stopped it (Ctrl-C); as shells count SIGINT. */
export const EXIT_INTERRUPTED = 130

const USAGE_CODES: readonly ErrorCode[] = ['bad-request', 'bad-project', 'not-found', 'refused']

/** EXIT_USAGE when the failure is of what the user asked for, else EXIT_FAILED. */
export function exitCodeOf(failure: Failure): number {
  return USAGE_CODES.includes(failure.code) ? EXIT_USAGE : EXIT_FAILED
}

/** Runs the program and turns whatever comes out of it into an exit code and, on a failure, one message on stderr. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<number> {
  try {
    await program.parseAsync([...argv])
    return Number(process.exitCode ?? EXIT_DONE)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_DONE : EXIT_USAGE
    if (error instanceof FailureError) {
      process.stderr.write(`dmalab: ${describeFailure(error.failure)}\n`)
      return exitCodeOf(error.failure)
    }
    process.stderr.write(
      `dmalab: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    return EXIT_FAILED
  }
}
