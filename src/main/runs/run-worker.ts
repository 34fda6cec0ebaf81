import { parentPort } from 'node:worker_threads'
import type { RunProgress } from './drive-run.ts'
import { driveRun } from './drive-run.ts'
import type { RunTask, WorkerMessage, WorkerTask } from './messages.ts'
import { runFailure } from './run-failure.ts'

/** Entry of a worker thread: carries out one run after another as it is told, and ends when it is told null. */

function post(message: WorkerMessage): void {
  parentPort?.postMessage(message)
}

async function carryOut({ spec, projectDir, resourcesDir, cancel }: RunTask): Promise<WorkerMessage> {
  const flag = new Int32Array(cancel)
  const shouldCancel = (): boolean => Atomics.load(flag, 0) !== 0
  try {
    const onProgress = (progress: RunProgress): void => post({ kind: 'progress', progress })
    const finished = await driveRun(spec, { projectDir, resourcesDir, shouldCancel, onProgress })
    if (finished === 'cancelled') return { kind: 'cancelled' }
    const { result, series } = finished
    return { kind: 'result', result, series }
  } catch (error) {
    return { kind: 'failed', error: runFailure(error, spec) }
  }
}

parentPort?.on('message', (task: WorkerTask) => {
  if (task === null) parentPort?.close()
  else void carryOut(task).then(post)
})
post({ kind: 'ready' })
