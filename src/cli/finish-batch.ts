import { describeFailure } from '../shared/ipc/failure.ts'
import type { RunResult, RunSpec } from '../shared/lab.ts'
import { EXIT_FAILED, EXIT_INTERRUPTED, exitCodeOf } from './exit-code.ts'
import type { BatchOutcome } from './run-batch.ts'

/**
 * Says on stderr which runs failed and why, and whether the batch was cancelled, and sets the exit code: 130 after an
 * interrupt, 1 when a run failed, read wrong data or upset the sanitizer, 2 when no run could start for a fault of the project.
 */
export function finishBatch(
  specs: readonly RunSpec[],
  { finished, failures, cancelled }: BatchOutcome,
): void {
  const results = finished.flatMap((run) => (run === undefined ? [] : [run.result]))
  failures.forEach((failure, index) => {
    if (failure !== undefined)
      process.stderr.write(`dmalab: ${nameOf(specs, index)}${describeFailure(failure)}\n`)
  })
  if (cancelled)
    process.stderr.write(`dmalab: cancelled; ${results.length} of ${specs.length} runs are finished\n`)
  const code = exitCode(results, failures, cancelled)
  if (code !== null) process.exitCode = code
}

function exitCode(
  results: readonly RunResult[],
  failures: BatchOutcome['failures'],
  cancelled: boolean,
): number | null {
  if (cancelled) return EXIT_INTERRUPTED
  const codes = failures.flatMap((failure) => (failure === undefined ? [] : [exitCodeOf(failure)]))
  const [first] = codes
  if (first !== undefined)
    return results.length === 0 && codes.every((code) => code === first) ? first : EXIT_FAILED
  const wrong = results.some(({ metrics }) => metrics.verify_errors > 0 || metrics.sanitizer_violations > 0)
  return wrong ? EXIT_FAILED : null
}

function nameOf(specs: readonly RunSpec[], index: number): string {
  if (specs.length === 1) return ''
  const { scenario, path } = specs[index]!
  return `run ${index + 1} of ${specs.length} (${scenario.name}, ${path}): `
}
