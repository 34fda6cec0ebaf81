import { basename } from 'node:path'
import { decodeProjectText, readProjectBytes } from '../main/handlers/project-files.ts'
import { RESOURCES_DIR } from '../main/package-root.ts'
import { loadProfiles } from '../main/profiles/load-profiles.ts'
import { checkRunnable } from '../main/runs/check-runnable.ts'
import { resolveTracePath } from '../main/traces/resolve-trace-path.ts'
import { runPathsOf } from '../shared/lab.ts'
import type { IoPath, RunSpec } from '../shared/lab.ts'
import { parseProject } from '../shared/project/parse.ts'
import type { Override } from '../shared/project/resolve.ts'
import { resolveScenario } from '../shared/project/resolve.ts'
import type { Project } from '../shared/project/schema.ts'

/** @throws FailureError naming the file, the place and the remedy */
export async function readProject(file: string): Promise<Project> {
  const name = basename(file)
  return parseProject(decodeProjectText(await readProjectBytes(file), name), name)
}

/** The I/O paths of a command. */
export interface PathChoice {
  readonly paths: readonly IoPath[]
  /** The user named them; left out, they are the command's own, which a kernel loop need not take. */
  readonly namesPaths?: boolean
}

/** One scenario with fields set, on every path. */
export interface PlannedScenario extends PathChoice {
  readonly projectDir: string
  readonly scenario: string
  readonly set: readonly Override[]
  readonly seed: number
}

/**
 * The runs of one scenario, checked as far as can be before any of them starts: one on each path, or the one of a kernel loop.
 * @throws FailureError for a kernel loop on paths that the user named, for fields that do not exist or do not fit together, and files that are missing or wrong
 */
export async function planScenario(project: Project, plan: PlannedScenario): Promise<RunSpec[]> {
  const { projectDir, seed } = plan
  const scenario = resolveScenario(project, plan.scenario, plan.set)
  const paths = plan.namesPaths === true ? plan.paths : runPathsOf(scenario.workload, plan.paths)
  for (const path of paths) checkRunnable(scenario, path)
  await loadProfiles(scenario.machine, projectDir)
  if (scenario.workload.kind === 'trace') resolveTracePath(scenario.workload.file, projectDir, RESOURCES_DIR)
  return paths.map((path) => ({ scenario, path, seed }))
}
