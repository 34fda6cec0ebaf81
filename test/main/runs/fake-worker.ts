import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

let files = 0

/**
 * Writes a worker that takes runs as the real one does.
 * @param body what it does with each run, with its `index`, `order`, `cancel`, `threadId` and `post` at hand
 * @param start what it does before it is ready
 * @returns its file
 */
export function fakeWorker(folder: string, body: string, start = ''): string {
  files += 1
  const file = join(folder, `fake-worker-${files}.mjs`)
  writeFileSync(
    file,
    `import { parentPort, threadId, workerData as order } from 'node:worker_threads'
     const cancel = new Int32Array(order.cancel)
     const post = (message) => parentPort.postMessage(message)
     ${start}
     parentPort.on('message', (index) => {
       if (index === null) parentPort.close()
       else { ${body} }
     })
     post({ kind: 'ready' })`,
  )
  return file
}
