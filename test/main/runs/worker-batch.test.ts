import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Failure } from '../../../src/shared/ipc/contract.ts'
import { WorkerBatch } from '../../../src/main/runs/worker-batch.ts'
import { WorkerPool } from '../../../src/main/runs/worker-pool.ts'
import type { RunResult } from '../../../src/sim/lab/metrics.ts'
import type { RunSpec } from '../../../src/sim/lab/scenario.ts'
import { tempFolder } from '../temp-folder.ts'
import { spec } from '../../sim/lab/scenarios.ts'
import { builtWorker } from './built-worker.ts'
import { TELLS_WHO, fakeWorker } from './fake-worker.ts'

const folder = tempFolder()
let realWorker = ''

beforeAll(async () => {
  realWorker = await builtWorker(folder)
})

interface Told {
  readonly results: Map<number, RunResult>
  readonly failures: Map<number, Failure>
  /** Of every run, in the order in which they ended. */
  readonly order: number[]
  readonly status: 'done' | 'cancelled'
}

function run(
  specs: readonly RunSpec[],
  workerFile: string,
  jobs: number,
  started: (batch: WorkerBatch) => void = () => undefined,
): Promise<Told> {
  const results = new Map<number, RunResult>()
  const failures = new Map<number, Failure>()
  const order: number[] = []
  return new Promise((resolve) => {
    const pool = new WorkerPool(workerFile, jobs)
    const options = { pool, jobs, projectDir: null, resourcesDir: folder }
    const batch = new WorkerBatch(specs, options, {
      progress: () => undefined,
      result: (index, result) => {
        order.push(index)
        results.set(index, result)
      },
      failed: (index, failure) => {
        order.push(index)
        failures.set(index, failure)
      },
      ended: (status) => {
        pool.close()
        resolve({ results, failures, order, status })
      },
    })
    started(batch)
  })
}

/** A fake worker whose `result` tells who had the run. */
function workerDoing(body: string): string {
  return fakeWorker(folder, `${TELLS_WHO}; ${body}`)
}

/** Which workers took the runs. */
function workersOf({ results }: Told): Set<number> {
  return new Set([...results.values()].map((each) => (each as unknown as { worker: number }).worker))
}

const four = [0, 1, 2, 3].map((seed) => spec('direct', {}, { requests: 20 }, seed))

describe('WorkerBatch', () => {
  it('runs in real workers, longest run first', async () => {
    const specs = [spec('direct', {}, { requests: 20 }), spec('mapped', {}, { requests: 40 })]
    const told = await run(specs, realWorker, 1)
    expect([told.status, told.order, told.failures.size]).toEqual(['done', [1, 0], 0])
    expect(told.results.get(0)).toMatchObject({ path: 'direct', metrics: { requests: 20 } })
    expect(told.results.get(1)).toMatchObject({ path: 'mapped', metrics: { requests: 40 } })
  })

  it('keeps the other runs when one fails, and names it', async () => {
    const wrong = spec('mapped', { device: 'none.json' }, {}, 5)
    const told = await run([four[0]!, wrong, four[1]!], realWorker, 2)
    expect([...told.results.keys()].sort()).toEqual([0, 2])
    expect([...told.failures.keys()]).toEqual([1])
    expect(told.failures.get(1)!.message).toContain('none.json')
  })

  it('starts a new worker for one that crashed, and blames the run it had', async () => {
    const told = await run(four, workerDoing('if (seed === 1) process.exit(3); else result()'), 1)
    expect(told.order).toEqual([0, 1, 2, 3])
    expect(told.failures.get(1)).toMatchObject({
      place: 'scenario "test", path direct, seed 1',
      message: 'The simulation stopped unexpectedly: exit code 3',
    })
  })

  it('fails all runs when no worker can start, and does not try for ever', async () => {
    const told = await run(four, join(folder, 'missing.mjs'), 2)
    expect(told.status).toBe('done')
    expect([...told.failures.keys()].sort()).toEqual([0, 1, 2, 3])
    expect(told.failures.get(0)!.message).toContain('missing.mjs')
  })

  it('tries no second worker for one that dies before it can take runs', async () => {
    const log = join(folder, 'starts')
    const start = `const { appendFileSync } = await import('node:fs')
      appendFileSync(${JSON.stringify(log)}, 'x')
      throw new Error('out of luck')`
    const told = await run(four, fakeWorker(folder, '', start), 1)
    expect([...told.failures.values()].map(({ message }) => message)).toEqual(
      Array(4).fill('The simulation stopped unexpectedly: Error: out of luck'),
    )
    expect(readFileSync(log, 'utf8')).toBe('x')
  })

  it('uses as many workers as it may, and no more than there are runs', async () => {
    // Each waits for longer than the others need to start, so each gets one.
    const told = await run(four, workerDoing('setTimeout(result, 1500)'), 9)
    expect(workersOf(told).size).toBe(4)
  })

  it.each([
    ['listens', 'if (seed === 0) result(); else while (cancel[0] === 0) Atomics.wait(cancel, 0, 0, 5)'],
    ['does not listen', 'if (seed === 0) result(); else for (;;);'],
  ])('stops workers when it is cancelled: one that %s', async (_what, body) => {
    const told = await run(four, workerDoing(body), 2, (batch) => setTimeout(() => batch.cancel(), 300))
    expect([told.status, told.order]).toEqual(['cancelled', [0]])
    expect(told.failures.size).toBe(0)
  })
})
