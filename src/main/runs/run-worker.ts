import { parentPort, workerData } from 'node:worker_threads'
import type { RunProgress } from './drive-run.ts'
import { driveRun } from './drive-run.ts'
import type { BatchOrder, WorkerMessage } from './messages.ts'
import { CANCEL, IN_HAND, NEXT_TURN } from './messages.ts'
import { runFailure } from './run-failure.ts'

/** Entry of a worker thread of a batch: takes one run after another until none is left. */

function post(message: WorkerMessage): void {
  parentPort?.postMessage(message)
}

async function work({ specs, turns, worker, projectDir, resourcesDir, control }: BatchOrder): Promise<void> {
  const words = new Int32Array(control)
  const shouldCancel = (): boolean => Atomics.load(words, CANCEL) !== 0
  while (!shouldCancel()) {
    const index = turns[Atomics.add(words, NEXT_TURN, 1)]
    const spec = index === undefined ? undefined : specs[index]
    if (index === undefined || spec === undefined) return
    Atomics.store(words, IN_HAND + worker, index + 1)
    try {
      const onProgress = (progress: RunProgress): void => post({ kind: 'progress', index, progress })
      const finished = await driveRun(spec, { projectDir, resourcesDir, shouldCancel, onProgress })
      if (finished !== 'cancelled') {
        const { result, series } = finished
        post({ kind: 'result', index, result, series })
      }
    } catch (error) {
      post({ kind: 'failed', index, error: runFailure(error, spec) })
    }
    Atomics.store(words, IN_HAND + worker, 0)
  }
}

await work(workerData as BatchOrder)
