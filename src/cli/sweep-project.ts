import { dirname, resolve } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import writeFileAtomic from 'write-file-atomic'
import { ioFailure } from '../main/handlers/io-failure.ts'
import { RESOURCES_DIR } from '../main/package-root.ts'
import { FailureError } from '../shared/ipc/failure.ts'
import type { RunSpec } from '../shared/lab.ts'
import type { Override } from '../shared/project/resolve.ts'
import { finishBatch } from './finish-batch.ts'
import type { PathChoice } from './plan-runs.ts'
import { planScenario, readProject } from './plan-runs.ts'
import { runBatch } from './run-batch.ts'
import type { SweepAxis } from './sweep-axes.ts'
import { countPoints, pointsOf } from './sweep-axes.ts'
import { formatSweep, sweepRows } from './sweep-table.ts'
import type { SweepPoint } from './sweep-table.ts'
import { writeJsonText } from './write-json.ts'

/** More runs than this are rather a slip of the finger, and their results would need gigabytes. */
const MOST_RUNS = 10_000

export interface SweepOptions extends PathChoice {
  readonly scenario?: readonly string[]
  readonly seed?: number
  /** The axes. */
  readonly set: readonly SweepAxis[]
  /** Names of the metrics shown. */
  readonly metrics: readonly string[]
  readonly jobs: number
  /** The built run-worker. */
  readonly workerFile: string
  readonly json?: string
  readonly csv?: string
}

/** What `dmalab sweep --json` writes. */
export interface SweepFile {
  readonly format: 'dmalab.sweep'
  readonly version: 1
  readonly axes: readonly SweepAxis[]
  readonly points: readonly SweepPoint[]
}

interface PlannedPoint {
  readonly set: readonly Override[]
  readonly spec: RunSpec
}

/**
 * `dmalab sweep`: runs every combination of the values of some fields, on every path, and shows one table with a row for
 * each. Sets the exit code; see finishBatch.
 * @throws FailureError before the first run, when any point is wrong; when a file cannot be written
 */
export async function sweepProject(file: string, options: SweepOptions): Promise<void> {
  const planned = await planPoints(file, options)
  const specs = planned.map(({ spec }) => spec)
  const { jobs, workerFile, set: axes, json, csv } = options
  const outcome = await runBatch(specs, {
    projectDir: dirname(resolve(file)),
    resourcesDir: RESOURCES_DIR,
    jobs,
    workerFile,
  })
  const points = planned.flatMap(({ set, spec }, index): SweepPoint[] => {
    const result = outcome.finished[index]?.result
    if (result === undefined) return []
    const { path, seed, scenario } = spec
    const values = Object.fromEntries(set) as SweepPoint['set']
    return [{ scenario: scenario.name, path, seed, set: values, result }]
  })
  if (json !== '-') process.stdout.write(formatSweep(axes, points, options.metrics))
  finishBatch(specs, outcome)
  if (points.length === 0) return
  const content: SweepFile = { format: 'dmalab.sweep', version: 1, axes, points }
  if (json !== undefined) await writeJsonText(json, content)
  if (csv !== undefined) await writeCsvFile(csv, sweepRows(axes, points))
}

async function planPoints(file: string, options: SweepOptions): Promise<readonly PlannedPoint[]> {
  const project = await readProject(file)
  const projectDir = dirname(resolve(file))
  const { paths, namesPaths = false, set: axes, seed = project.seed } = options
  const names = options.scenario ?? project.scenarios.map(({ name }) => name)
  const runs = names.length * countPoints(axes) * paths.length
  if (runs > MOST_RUNS) {
    throw new FailureError({
      code: 'bad-request',
      place: '--set',
      message: `these values make ${runs} runs; a sweep has ${MOST_RUNS} at most`,
      remedy: 'Name fewer values, or one scenario: --scenario <name>.',
    })
  }
  const planned: PlannedPoint[] = []
  for (const scenario of names)
    for (const set of pointsOf(axes)) {
      const specs = await planScenario(project, { projectDir, scenario, set, paths, namesPaths, seed })
      planned.push(...specs.map((spec) => ({ set, spec })))
    }
  return planned
}

async function writeCsvFile(file: string, rows: (string | number)[][]): Promise<void> {
  try {
    await writeFileAtomic(file, stringify(rows, { cast: { number: String } }))
  } catch (error) {
    throw ioFailure(error, file, 'cannot be written')
  }
}
