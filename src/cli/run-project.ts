import { basename, dirname, resolve } from 'node:path'
import { decodeProjectText, readProjectBytes } from '../main/handlers/project-files.ts'
import { RESOURCES_DIR } from '../main/package-root.ts'
import type { FinishedRun } from '../main/runs/drive-run.ts'
import { checkRunnable } from '../main/runs/check-runnable.ts'
import { driveRun } from '../main/runs/drive-run.ts'
import { loadProfiles } from '../main/profiles/load-profiles.ts'
import { resolveTracePath } from '../main/traces/resolve-trace-path.ts'
import { FailureError } from '../shared/ipc/failure.ts'
import type { IoPath, RunSpec } from '../shared/lab.ts'
import { parseProject } from '../shared/project/parse.ts'
import type { Override } from '../shared/project/resolve.ts'
import { resolveScenario } from '../shared/project/resolve.ts'
import type { Project } from '../shared/project/schema.ts'
import { DEFAULT_HISTORY_BYTES } from '../sim/lab/history/history.ts'
import type { HistoryLimits } from '../sim/lab/history/history.ts'
import { EXIT_FAILED } from './exit-code.ts'
import { formatComparison } from './comparison.ts'
import { ProgressLine } from './progress-line.ts'
import { writeCsv } from './write-csv.ts'
import { writeHistory } from './write-history.ts'
import type { HistoryFormat } from './write-history.ts'
import { writeJson } from './write-json.ts'

export interface RunProjectOptions {
  readonly paths: readonly IoPath[]
  readonly scenario?: readonly string[]
  readonly seed?: number
  readonly set: readonly Override[]
  /** Of the program. */
  readonly version: string
  readonly json?: string
  readonly csv?: string
  /** File for the history of the one run that is asked for. */
  readonly history?: string
  readonly historyFormat?: HistoryFormat
  /** How many requests it holds at most: the last ones. */
  readonly historyRequests?: number
}

async function readProject(file: string): Promise<Project> {
  const name = basename(file)
  return parseProject(decodeProjectText(await readProjectBytes(file), name), name)
}

/** Every run that the options ask for, checked before the first one starts. */
async function planRuns(
  project: Project,
  projectDir: string,
  options: RunProjectOptions,
): Promise<RunSpec[]> {
  const names = options.scenario ?? project.scenarios.map((scenario) => scenario.name)
  const seed = options.seed ?? project.seed
  const specs: RunSpec[] = []
  for (const name of names) {
    const scenario = resolveScenario(project, name, options.set)
    for (const path of options.paths) checkRunnable(scenario, path)
    await loadProfiles(scenario.machine, projectDir)
    if (scenario.workload.kind === 'trace')
      resolveTracePath(scenario.workload.file, projectDir, RESOURCES_DIR)
    for (const path of options.paths) specs.push({ scenario, path, seed })
  }
  return specs
}

/** @throws FailureError when the options do not fit together */
function historyLimits(options: RunProjectOptions, runs: number): HistoryLimits | null {
  const { history, historyFormat, historyRequests } = options
  if (history === undefined) {
    if (historyFormat === undefined && historyRequests === undefined) return null
    throw historyFailure('no file to write a history to', 'Name it: --history <file>.')
  }
  if (history === '-') throw historyFailure('a history goes to a file', 'Name it: --history <file>.')
  if (historyRequests === 0) throw historyFailure('a history of no request', 'Ask for 1 request or more.')
  if (runs !== 1)
    throw historyFailure(
      `a history is of one run, and this would be ${runs}`,
      'Choose one scenario: --scenario <name>.',
    )
  return historyRequests === undefined
    ? { bytes: DEFAULT_HISTORY_BYTES }
    : { bytes: DEFAULT_HISTORY_BYTES, requests: historyRequests }
}

function historyFailure(message: string, remedy: string): FailureError {
  return new FailureError({ code: 'bad-request', place: '--history', message, remedy })
}

async function saveHistory(finished: readonly FinishedRun[], options: RunProjectOptions): Promise<void> {
  const { history: file, historyFormat: format = 'chrome', json } = options
  for (const { history, result } of finished) {
    if (history === null || file === undefined) continue
    const title = `${result.scenario}, ${result.path}, seed ${result.seed}`
    await writeHistory(history, { file, format, title, version: options.version })
    const { requests, droppedRequests } = history.summary()
    const held = requests - droppedRequests
    const which = droppedRequests === 0 ? `all ${held} requests` : `the last ${held} of ${requests} requests`
    if (json !== '-') process.stdout.write(`History of ${which}: ${file}\n`)
  }
}

/**
 * `dmalab run` and `dmalab compare`: runs scenarios on paths, prints them side by side, writes what was asked for.
 * Sets the exit code to 1 when a sector read was not what had been written, or the sanitizer found anything.
 * @throws FailureError naming the file, the place and the remedy
 */
export async function runProject(file: string, options: RunProjectOptions): Promise<void> {
  const projectDir = dirname(resolve(file))
  const specs = await planRuns(await readProject(file), projectDir, options)
  const history = historyLimits(options, specs.length)
  const progress = new ProgressLine(process.stderr, specs.length)
  const finished: FinishedRun[] = []
  for (const [index, spec] of specs.entries()) {
    const outcome = await driveRun(spec, {
      projectDir,
      resourcesDir: RESOURCES_DIR,
      onProgress: (now) => progress.show(index, spec, now),
      history,
    })
    if (outcome !== 'cancelled') finished.push(outcome)
  }
  progress.clear()
  const results = finished.map((run) => run.result)
  if (options.json !== '-') process.stdout.write(formatComparison(results))
  if (options.json !== undefined) await writeJson(options.json, results)
  if (options.csv !== undefined) await writeCsv(options.csv, finished)
  await saveHistory(finished, options)
  const failed = results.some(({ metrics }) => metrics.verify_errors > 0 || metrics.sanitizer_violations > 0)
  if (failed) process.exitCode = EXIT_FAILED
}
