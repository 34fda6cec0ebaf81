import { runPathsOf } from '../../shared/lab.ts'
import type { IoPath, RunPath } from '../../shared/lab.ts'
import type { Project } from '../../shared/project/schema.ts'
import { findScenario, workloadOf } from './edit.ts'

/** One run that the host is asked for. */
export interface AskedRun {
  readonly scenario: string
  readonly path: RunPath
}

/** The runs of scenarios on paths; a kernel loop has no path and runs once. */
export function runsOf(project: Project, scenarios: readonly string[], paths: readonly IoPath[]): AskedRun[] {
  return scenarios.flatMap((scenario) => {
    const workload = workloadOf(project, findScenario(project, scenario))
    return runPathsOf(workload ?? { kind: 'job' }, paths).map((path) => ({ scenario, path }))
  })
}
