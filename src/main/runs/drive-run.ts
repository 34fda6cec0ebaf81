import { setImmediate } from 'node:timers/promises'
import type { History, HistoryLimits } from '../../sim/lab/history/history.ts'
import type { RunResult, RunSeries } from '../../sim/lab/metrics.ts'
import { beginRun } from '../../sim/lab/begin-run.ts'
import type { RunProfiles } from '../../sim/lab/run.ts'
import type { RunSpec } from '../../sim/lab/scenario.ts'
import { loadProfiles } from '../profiles/load-profiles.ts'
import { openTrace } from '../traces/open-trace.ts'
import type { TraceStream } from '../traces/open-trace.ts'
import { resolveTracePath } from '../traces/resolve-trace-path.ts'
import { checkRunnable, scenarioFailure } from './check-runnable.ts'
import { setCompilerBudget } from './compiler-budget.ts'
import { expectedRequests } from './expected-work.ts'

/** Simulated events between two looks at the clock and at the cancel flag: a few milliseconds of work. */
const EVENTS_PER_TURN = 4096
const PROGRESS_INTERVAL_MS = 50

export interface RunProgress {
  readonly requestsDone: number
  /** Null while the length of the trace is not known. */
  readonly requestsTotal: number | null
  /** 0 to 1: by requests, or by bytes of the trace read. */
  readonly fraction: number
  readonly simulatedNs: number
  readonly wallMs: number
}

export interface DriveOptions {
  /** Folder against which a relative trace path is resolved; null for a project that was never saved. */
  readonly projectDir: string | null
  readonly resourcesDir: string
  /** Called at most every 50 ms. */
  readonly onProgress?: (progress: RunProgress) => void
  /** Asked every few milliseconds. */
  readonly shouldCancel?: () => boolean
  /** How much of what happens is written down; left out: nothing. */
  readonly history?: HistoryLimits | null
}

export interface FinishedRun {
  readonly result: RunResult
  readonly series: RunSeries
  /** What was written down; null when nobody asked for it. */
  readonly history: History | null
}

const GIB = 1024 * 1024 * 1024

async function openStream(spec: RunSpec, options: DriveOptions): Promise<TraceStream | null> {
  const { workload, machine } = spec.scenario
  if (workload.kind !== 'trace') return null
  const path = resolveTracePath(workload.file, options.projectDir, options.resourcesDir)
  return await openTrace(workload, path, machine.diskGiB * GIB)
}

function fractionDone(done: number, total: number | null, stream: TraceStream | null): number {
  if (total !== null && total > 0) return Math.min(1, done / total)
  return stream?.fraction() ?? 0
}

/**
 * Runs one simulation to its end in this thread, streaming its trace if it has one. The event loop turns at least every
 * 50 ms, so that signals and messages get through.
 * @throws FailureError for a scenario whose fields do not fit together, a device that cannot work, or a trace or a device file that
 * cannot be found or read
 */
export async function driveRun(spec: RunSpec, options: DriveOptions): Promise<FinishedRun | 'cancelled'> {
  checkRunnable(spec.scenario, spec.path)
  const profiles = await loadProfiles(spec.scenario.machine, options.projectDir)
  const stream = await openStream(spec, options)
  try {
    return await drive(spec, stream, profiles, options)
  } catch (error) {
    throw scenarioFailure(error, spec.scenario)
  } finally {
    stream?.close()
  }
}

async function drive(
  spec: RunSpec,
  stream: TraceStream | null,
  profiles: RunProfiles,
  options: DriveOptions,
): Promise<FinishedRun | 'cancelled'> {
  const start = performance.now()
  setCompilerBudget(expectedRequests(spec))
  const run = beginRun(spec, stream?.source ?? null, profiles, options.history ?? null)
  let nextProgress = start + PROGRESS_INTERVAL_MS
  for (;;) {
    if (options.shouldCancel?.() === true) return 'cancelled'
    await stream?.fill(EVENTS_PER_TURN)
    if (run.advance(EVENTS_PER_TURN)) break
    const now = performance.now()
    if (now < nextProgress) continue
    nextProgress = now + PROGRESS_INTERVAL_MS
    const { requestsDone, requestsTotal, simulatedNs } = run.progress()
    const fraction = fractionDone(requestsDone, requestsTotal, stream)
    options.onProgress?.({ requestsDone, requestsTotal, fraction, simulatedNs, wallMs: now - start })
    await setImmediate()
  }
  const finished = run.finish({
    wallMs: performance.now() - start,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  })
  return { ...finished, history: run.history }
}
