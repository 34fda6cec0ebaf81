import type { FinishedRun } from '../main/runs/drive-run.ts'
import { driveRun } from '../main/runs/drive-run.ts'
import { runFailure } from '../main/runs/run-failure.ts'
import { WorkerBatch } from '../main/runs/worker-batch.ts'
import { WorkerPool } from '../main/runs/worker-pool.ts'
import type { Failure } from '../shared/ipc/contract.ts'
import type { RunSpec } from '../shared/lab.ts'
import type { HistoryLimits } from '../sim/lab/history/history.ts'
import { Interrupt } from './interrupt.ts'
import { ProgressLine } from './progress-line.ts'

export interface BatchSettings {
  readonly projectDir: string
  readonly resourcesDir: string
  /** Worker threads at most; 1 runs everything in this thread. */
  readonly jobs: number
  /** The built run-worker. */
  readonly workerFile: string
  /** How much is written down, of a batch of one run. */
  readonly history?: HistoryLimits | null
}

/** What became of the runs of a batch, each at the place of its spec; a run that was cancelled has neither. */
export interface BatchOutcome {
  readonly finished: readonly (FinishedRun | undefined)[]
  readonly failures: readonly (Failure | undefined)[]
  readonly cancelled: boolean
}

/**
 * Runs a batch with progress on stderr. A run that fails does not keep the others from their end; an interrupt (Ctrl-C) ends
 * the batch and keeps what is finished. The results do not depend on `jobs`.
 */
export async function runBatch(specs: readonly RunSpec[], settings: BatchSettings): Promise<BatchOutcome> {
  const progress = new ProgressLine(process.stderr, specs.length)
  const interrupt = new Interrupt()
  try {
    const inWorkers = settings.jobs > 1 && specs.length > 1
    return await (inWorkers ? runInWorkers : runHere)(specs, settings, progress, interrupt)
  } finally {
    interrupt.end()
    progress.clear()
  }
}

async function runHere(
  specs: readonly RunSpec[],
  { projectDir, resourcesDir, history }: BatchSettings,
  progress: ProgressLine,
  interrupt: Interrupt,
): Promise<BatchOutcome> {
  const finished: FinishedRun[] = []
  const failures: Failure[] = []
  for (const [index, spec] of specs.entries()) {
    try {
      const outcome = await driveRun(spec, {
        projectDir,
        resourcesDir,
        onProgress: (now) => progress.show(index, spec, now),
        shouldCancel: () => interrupt.happened,
        history: history ?? null,
      })
      if (outcome === 'cancelled') break
      finished[index] = outcome
    } catch (error) {
      failures[index] = runFailure(error, spec)
    }
  }
  return { finished, failures, cancelled: interrupt.happened }
}

function runInWorkers(
  specs: readonly RunSpec[],
  { projectDir, resourcesDir, workerFile, jobs }: BatchSettings,
  progress: ProgressLine,
  interrupt: Interrupt,
): Promise<BatchOutcome> {
  const finished: FinishedRun[] = []
  const failures: Failure[] = []
  const pool = new WorkerPool(workerFile, jobs)
  let settled = 0
  return new Promise((resolve) => {
    const batch = new WorkerBatch(
      specs,
      { projectDir, resourcesDir, pool, jobs },
      {
        progress: (index, now) => progress.showOneOf(settled, specs[index]!, now),
        result: (index, result, series) => {
          settled++
          finished[index] = { result, series, history: null }
        },
        failed: (index, error) => {
          settled++
          failures[index] = error
        },
        ended: (status) => {
          pool.close()
          resolve({ finished, failures, cancelled: status === 'cancelled' })
        },
      },
    )
    interrupt.onInterrupt(() => batch.cancel())
  })
}
