import { dirname, resolve } from 'node:path'
import { RESOURCES_DIR } from '../main/package-root.ts'
import type { FinishedRun } from '../main/runs/drive-run.ts'
import { FailureError } from '../shared/ipc/failure.ts'
import type { RunSpec } from '../shared/lab.ts'
import type { Override } from '../shared/project/resolve.ts'
import type { Project } from '../shared/project/schema.ts'
import { DEFAULT_HISTORY_BYTES } from '../sim/lab/history/history.ts'
import type { HistoryLimits } from '../sim/lab/history/history.ts'
import { formatComparison } from './comparison.ts'
import { finishBatch } from './finish-batch.ts'
import type { PathChoice } from './plan-runs.ts'
import { planScenario, readProject } from './plan-runs.ts'
import { runBatch } from './run-batch.ts'
import { writeCsv } from './write-csv.ts'
import { writeHistory } from './write-history.ts'
import type { HistoryFormat } from './write-history.ts'
import { writeJson } from './write-json.ts'

export interface RunProjectOptions extends PathChoice {
  readonly scenario?: readonly string[]
  readonly seed?: number
  readonly set: readonly Override[]
  /** Worker threads at most; 1: everything in this thread. */
  readonly jobs: number
  /** The built run-worker. */
  readonly workerFile: string
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

/** Every run that the options ask for, checked before the first one starts. */
async function planRuns(
  project: Project,
  projectDir: string,
  options: RunProjectOptions,
): Promise<RunSpec[]> {
  const { paths, namesPaths = false, set, scenario: names, seed = project.seed } = options
  const specs: RunSpec[] = []
  for (const scenario of names ?? project.scenarios.map((each) => each.name))
    specs.push(...(await planScenario(project, { projectDir, scenario, set, paths, namesPaths, seed })))
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
 * Whatever order the runs end in, their results come in the order of the project. Sets the exit code; see finishBatch.
 * @throws FailureError naming the file, the place and the remedy, before the first run
 */
export async function runProject(file: string, options: RunProjectOptions): Promise<void> {
  const projectDir = dirname(resolve(file))
  const specs = await planRuns(await readProject(file), projectDir, options)
  const history = historyLimits(options, specs.length)
  const { jobs, workerFile } = options
  const outcome = await runBatch(specs, {
    projectDir,
    resourcesDir: RESOURCES_DIR,
    jobs,
    workerFile,
    history,
  })
  const finished = outcome.finished.filter((run) => run !== undefined)
  const results = finished.map((run) => run.result)
  if (options.json !== '-' && results.length > 0) process.stdout.write(formatComparison(results))
  finishBatch(specs, outcome)
  if (results.length === 0) return
  if (options.json !== undefined) await writeJson(options.json, results)
  if (options.csv !== undefined) await writeCsv(options.csv, finished)
  await saveHistory(finished, options)
}
