import { FailureError } from '../../shared/ipc/failure.ts'
import { checkScenario } from '../../sim/lab/check-scenario.ts'
import { ScenarioError } from '../../sim/lab/scenario-error.ts'
import type { RunPath, ResolvedScenario } from '../../sim/lab/scenario.ts'

/** What a user is told of an error that a scenario brought about; other errors as they are. */
export function scenarioFailure(error: unknown, scenario: ResolvedScenario): unknown {
  if (!(error instanceof ScenarioError)) return error
  const { place, message, remedy } = error
  return new FailureError({
    code: 'bad-project',
    place: `scenario "${scenario.name}", ${place}`,
    message,
    remedy,
  })
}

/**
 * Checks what the schema of single fields cannot: that a scenario's fields fit together, and suit the path.
 * @throws FailureError `bad-project` naming the scenario and the field
 */
export function checkRunnable(scenario: ResolvedScenario, path: RunPath): void {
  try {
    checkScenario(scenario, path)
  } catch (error) {
    throw scenarioFailure(error, scenario)
  }
}
