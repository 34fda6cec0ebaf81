import type { Project } from '../../shared/project/schema.ts'
import { findScenario, machineOf, workloadOf } from './edit.ts'

/** Text that changes when, and only when, something changes that a scenario's results depend on. */
export function fingerprintOf(project: Project, scenarioName: string): string {
  const scenario = findScenario(project, scenarioName)
  return JSON.stringify([
    project.seed,
    machineOf(project, scenario),
    workloadOf(project, scenario),
    scenario.set ?? {},
  ])
}
