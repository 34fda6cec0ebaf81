import { parentPort, workerData } from 'node:worker_threads'
import type { Failure } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import type { RunSpec } from '../../sim/lab/scenario.ts'
import type { RunProgress } from './drive-run.ts'
import { driveRun } from './drive-run.ts'
import type { BatchOrder, WorkerMessage } from './messages.ts'

/** Entry of the worker thread that runs one batch, one run after another. */

function post(message: WorkerMessage): void {
  parentPort?.postMessage(message)
}

function runFailure(error: unknown, spec: RunSpec): Failure {
  if (error instanceof FailureError) return error.failure
  return {
    code: 'run-failed',
    place: `scenario "${spec.scenario.name}", path ${spec.path}, seed ${spec.seed}`,
    message: error instanceof Error ? error.message : String(error),
    remedy: 'This is a fault of the simulator. The scenario, the path and the seed named here show it again.',
  }
}

async function runBatch(order: BatchOrder): Promise<WorkerMessage> {
  const flag = new Int32Array(order.cancelFlag)
  const shouldCancel = (): boolean => Atomics.load(flag, 0) !== 0
  for (const [index, spec] of order.specs.entries()) {
    try {
      const { projectDir, resourcesDir } = order
      const onProgress = (progress: RunProgress): void => post({ kind: 'progress', index, progress })
      const finished = await driveRun(spec, { projectDir, resourcesDir, shouldCancel, onProgress })
      if (finished === 'cancelled') return { kind: 'ended', status: 'cancelled' }
      const { result, series } = finished
      post({ kind: 'result', index, result, series })
    } catch (error) {
      return { kind: 'ended', status: 'failed', error: runFailure(error, spec) }
    }
  }
  return { kind: 'ended', status: 'done' }
}

post(await runBatch(workerData as BatchOrder))
