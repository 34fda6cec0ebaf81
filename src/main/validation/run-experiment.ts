import { basename, join } from 'node:path'
import type { RunResult, RunSpec } from '../../shared/lab.ts'
import { BUILTIN_COSTS } from '../../shared/profiles/builtin-costs.ts'
import { costProfileOf } from '../../shared/profiles/cost.ts'
import { parseProject } from '../../shared/project/parse.ts'
import { resolveScenario } from '../../shared/project/resolve.ts'
import type { CostsOf, Experiment, ExperimentReport } from '../../sim/lab/validation/types.ts'
import { decodeProjectText, readProjectBytes } from '../handlers/project-files.ts'
import type { RunProgress } from '../runs/drive-run.ts'
import { driveRun } from '../runs/drive-run.ts'

export interface ExperimentOptions {
  /** Folder that holds validation/ and traces/. */
  readonly resourcesDir: string
  /** Called at most every 50 ms. @param index of the run within the experiment */
  readonly onProgress?: (index: number, spec: RunSpec, progress: RunProgress) => void
  /** Asked every few milliseconds. */
  readonly shouldCancel?: () => boolean
}

const NO_PROJECT = { seed: null, specs: [] } as const

/** @throws Error for a name that none of the lab's profiles has: the experiment is wrong */
const builtinCosts: CostsOf = (profile) => {
  const file = BUILTIN_COSTS.get(profile)
  if (file === undefined) throw new Error(`the lab has no cost profile "${profile}"`)
  return costProfileOf(file)
}

/**
 * Runs the scenarios of an experiment, one after another in this thread, and judges what comes out.
 * @returns the report, or 'cancelled'
 * @throws FailureError when the experiment's project, or a file that it names, is missing or wrong
 */
export async function runExperiment(
  experiment: Experiment,
  options: ExperimentOptions,
): Promise<ExperimentReport | 'cancelled'> {
  const { id, title, calibrates } = experiment
  const projectDir = join(options.resourcesDir, 'validation')
  const { seed, specs } =
    experiment.runs.length === 0 ? NO_PROJECT : await planExperiment(experiment, projectDir)
  const results: RunResult[] = []
  for (const [index, spec] of specs.entries()) {
    const outcome = await driveRun(spec, {
      projectDir,
      resourcesDir: options.resourcesDir,
      onProgress: (progress) => options.onProgress?.(index, spec, progress),
      shouldCancel: () => options.shouldCancel?.() ?? false,
    })
    if (outcome === 'cancelled') return outcome
    results.push(outcome.result)
  }
  const rows = experiment.evaluate(results, builtinCosts)
  return { id, title, seed, calibrates, ok: rows.every(({ verdict }) => verdict !== 'off'), rows }
}

async function planExperiment(
  { id, runs }: Experiment,
  projectDir: string,
): Promise<{ readonly seed: number; readonly specs: readonly RunSpec[] }> {
  const file = join(projectDir, `${id}.dmalab`)
  const project = parseProject(
    decodeProjectText(await readProjectBytes(file), basename(file)),
    basename(file),
  )
  const { seed } = project
  const specs = runs.map(({ scenario, path }) => ({
    scenario: resolveScenario(project, scenario, []),
    path,
    seed,
  }))
  return { seed, specs }
}
