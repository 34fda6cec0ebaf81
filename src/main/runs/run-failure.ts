import type { Failure } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import type { RunSpec } from '../../sim/lab/scenario.ts'

function placeOf({ scenario, path, seed }: RunSpec): string {
  return `scenario "${scenario.name}", path ${path}, seed ${seed}`
}

/** What a user is told of an error that ended a run. */
export function runFailure(error: unknown, spec: RunSpec): Failure {
  if (error instanceof FailureError) return error.failure
  return {
    code: 'run-failed',
    place: placeOf(spec),
    message: error instanceof Error ? error.message : String(error),
    remedy: 'This is a fault of the simulator. The scenario, the path and the seed named here show it again.',
  }
}

/** What a user is told when the worker thread of a run is gone. */
export function crashFailure(reason: string, spec: RunSpec): Failure {
  return {
    code: 'run-failed',
    message: `The simulation stopped unexpectedly: ${reason}`,
    remedy: 'Finished runs are kept. A smaller memory, cache or span needs less of this computer.',
    place: placeOf(spec),
  }
}
