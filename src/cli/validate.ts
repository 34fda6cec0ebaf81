import { RESOURCES_DIR } from '../main/package-root.ts'
import { runExperiment } from '../main/validation/run-experiment.ts'
import { FailureError } from '../shared/ipc/failure.ts'
import { EXPERIMENTS } from '../sim/lab/validation/index.ts'
import type { Experiment, ExperimentReport, ValidationFile } from '../sim/lab/validation/types.ts'
import { EXIT_FAILED } from './exit-code.ts'
import { ProgressLine } from './progress-line.ts'
import { formatValidation } from './validation-table.ts'
import { writeJsonText } from './write-json.ts'

export interface ValidateOptions {
  /** Ids of the experiments to run; all when left out. */
  readonly only?: readonly string[]
  /** File for the report as JSON; `-` is standard output. */
  readonly json?: string
}

/** Where experiments come from. */
export interface ExperimentSource {
  readonly experiments: readonly Experiment[]
  /** Folder that holds validation/<id>.dmalab. */
  readonly resourcesDir: string
}

const BUILTIN: ExperimentSource = { experiments: EXPERIMENTS, resourcesDir: RESOURCES_DIR }

/**
 * `dmalab validate`: runs experiments, prints published and simulated figures side by side, writes what was asked for.
 * Sets the exit code to 1 when a figure is out of its band.
 * @throws FailureError for an id that no experiment has, before anything is run
 */
export async function validate(options: ValidateOptions, source: ExperimentSource = BUILTIN): Promise<void> {
  const chosen = choose(source.experiments, options.only)
  const progress = new ProgressLine(
    process.stderr,
    chosen.reduce((sum, { runs }) => sum + runs.length, 0),
  )
  const reports: ExperimentReport[] = []
  let runsBefore = 0
  for (const experiment of chosen) {
    const report = await runExperiment(experiment, {
      resourcesDir: source.resourcesDir,
      onProgress: (index, spec, now) => progress.show(runsBefore + index, spec, now),
    })
    runsBefore += experiment.runs.length
    if (report !== 'cancelled') reports.push(report)
  }
  progress.clear()
  const ok = reports.every((report) => report.ok)
  const file: ValidationFile = { format: 'dmalab.validation', version: 1, ok, experiments: reports }
  if (options.json !== '-') process.stdout.write(formatValidation(reports))
  if (options.json !== undefined) await writeJsonText(options.json, file)
  if (!ok) process.exitCode = EXIT_FAILED
}

function choose(
  experiments: readonly Experiment[],
  only: readonly string[] | undefined,
): readonly Experiment[] {
  if (only === undefined) return experiments
  const unknown = only.find((id) => !experiments.some((experiment) => experiment.id === id))
  if (unknown !== undefined) {
    throw new FailureError({
      code: 'bad-request',
      place: '--only',
      message: `there is no experiment "${unknown}"`,
      remedy: `Use one or more of: ${experiments.map(({ id }) => id).join(', ')}.`,
    })
  }
  return experiments.filter(({ id }) => only.includes(id))
}
