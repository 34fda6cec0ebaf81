import { WorkerBatch } from '../../src/main/runs/worker-batch.ts'
import type { WorkerPool } from '../../src/main/runs/worker-pool.ts'
import type { RunResult } from '../../src/sim/lab/metrics.ts'
import type { RunSpec } from '../../src/sim/lab/scenario.ts'
import { cpuSeconds } from './timing.ts'

/** A batch that has run, and what it took of this process, compiler included. */
export interface MeasuredBatch {
  /** In the order of the specs. */
  readonly results: readonly RunResult[]
  readonly cpuMs: number
  readonly wallMs: number
}

/** Runs a batch in threads of a pool. @param jobs runs at a time */
export async function runBatch(
  specs: readonly RunSpec[],
  pool: WorkerPool,
  jobs: number,
): Promise<MeasuredBatch> {
  const started = performance.now()
  const cpu = cpuSeconds()
  const results: RunResult[] = []
  await new Promise<void>((resolve, reject) => {
    const options = { pool, jobs, projectDir: null, resourcesDir: '' }
    new WorkerBatch(specs, options, {
      progress: () => undefined,
      result: (index, result) => (results[index] = result),
      failed: (_index, { message, place }) => reject(new Error(`${place}: ${message}`)),
      ended: () => resolve(),
    })
  })
  return { results, cpuMs: (cpuSeconds() - cpu) * 1000, wallMs: performance.now() - started }
}
