import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

let files = 0

/**
 * Writes a worker that takes runs as the real one does.
 * @param body what it does with each run, with its `task`, `seed`, `cancel`, `threadId` and `post` at hand
 * @param start what it does before it is ready
 * @returns its file
 */
export function fakeWorker(folder: string, body: string, start = ''): string {
  files += 1
  const file = join(folder, `fake-worker-${files}.mjs`)
  writeFileSync(
    file,
    `import { parentPort, threadId } from 'node:worker_threads'
     const post = (message) => parentPort.postMessage(message)
     ${start}
     parentPort.on('message', (task) => {
       if (task === null) {
         parentPort.close()
         return
       }
       const seed = task.spec.seed
       const cancel = new Int32Array(task.cancel)
       ${body}
     })
     post({ kind: 'ready' })`,
  )
  return file
}

/** For the body of a fake worker: `result()` ends the run with a result that tells who had it. */
export const TELLS_WHO = `const result = () => post({ kind: 'result', result: { worker: threadId }, series: {} })`
