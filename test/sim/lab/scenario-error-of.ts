import { ScenarioError } from '../../../src/sim/lab/scenario-error.ts'

/** The ScenarioError that a call throws. */
export function scenarioErrorOf(call: () => unknown): ScenarioError {
  try {
    call()
  } catch (error) {
    if (error instanceof ScenarioError) return error
    throw error
  }
  throw new Error('a ScenarioError was expected')
}
