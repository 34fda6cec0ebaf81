import { parentPort, workerData } from 'node:worker_threads'
import type { RunProgress } from './drive-run.ts'
import { driveRun } from './drive-run.ts'
import type { BatchOrder, WorkerMessage, WorkerTask } from './messages.ts'
import { runFailure } from './run-failure.ts'

/** Entry of a worker thread of a batch: carries out one run after another as it is told, and ends when there is none. */

const { specs, projectDir, resourcesDir, cancel } = workerData as BatchOrder
const flag = new Int32Array(cancel)
const shouldCancel = (): boolean => Atomics.load(flag, 0) !== 0

function post(message: WorkerMessage): void {
  parentPort?.postMessage(message)
}

async function carryOut(index: number): Promise<WorkerMessage> {
  const spec = specs[index]!
  try {
    const onProgress = (progress: RunProgress): void => post({ kind: 'progress', index, progress })
    const finished = await driveRun(spec, { projectDir, resourcesDir, shouldCancel, onProgress })
    if (finished === 'cancelled') return { kind: 'cancelled' }
    const { result, series } = finished
    return { kind: 'result', index, result, series }
  } catch (error) {
    return { kind: 'failed', index, error: runFailure(error, spec) }
  }
}

parentPort?.on('message', (task: WorkerTask) => {
  if (task === null) parentPort?.close()
  else void carryOut(task).then(post)
})
post({ kind: 'ready' })
