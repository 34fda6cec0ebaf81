import { basename, join } from 'node:path'
import type { RunResult, RunSpec } from '../../shared/lab.ts'
import { LOOP_PATH } from '../../shared/lab.ts'
import { parseProject } from '../../shared/project/parse.ts'
import { resolveScenario } from '../../shared/project/resolve.ts'
import type { Experiment, ExperimentReport } from '../../sim/lab/validation/types.ts'
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
  const specs = await planExperiment(experiment, projectDir)
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
  const rows = experiment.evaluate(results)
  const seed = specs.find(({ path }) => path !== LOOP_PATH)?.seed ?? null
  return { id, title, seed, calibrates, ok: rows.every(({ verdict }) => verdict !== 'off'), rows }
}

async function planExperiment({ id, runs }: Experiment, projectDir: string): Promise<readonly RunSpec[]> {
  const file = join(projectDir, `${id}.dmalab`)
  const project = parseProject(
    decodeProjectText(await readProjectBytes(file), basename(file)),
    basename(file),
  )
  return runs.map(({ scenario, path }) => ({
    scenario: resolveScenario(project, scenario, []),
    path,
    seed: project.seed,
  }))
}
