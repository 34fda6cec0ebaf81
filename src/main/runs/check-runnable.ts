import { FailureError } from '../../shared/ipc/failure.ts'
import { checkScenario } from '../../sim/lab/check-scenario.ts'
import { ScenarioError } from '../../sim/lab/scenario-error.ts'
import type { IoPath, ResolvedScenario } from '../../sim/lab/scenario.ts'

/**
 * Checks what the schema of single fields cannot: that a scenario's fields fit together, and suit the path.
 * @throws FailureError `bad-project` naming the scenario and the field
 */
export function checkRunnable(scenario: ResolvedScenario, path: IoPath): void {
  try {
    checkScenario(scenario, path)
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error
    const { place, message, remedy } = error
    throw new FailureError({
      code: 'bad-project',
      place: `scenario "${scenario.name}", ${place}`,
      message,
      remedy,
    })
  }
}
