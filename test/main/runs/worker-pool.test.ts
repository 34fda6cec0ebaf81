import { describe, expect, it } from 'vitest'
import type { RunThread } from '../../../src/main/runs/run-thread.ts'
import { WorkerPool } from '../../../src/main/runs/worker-pool.ts'
import type { IoPath, RunSpec } from '../../../src/sim/lab/scenario.ts'
import { spec } from '../../sim/lab/scenarios.ts'
import { tempFolder } from '../temp-folder.ts'
import { TELLS_WHO, fakeWorker } from './fake-worker.ts'

const folder = tempFolder()
const workerFile = fakeWorker(folder, `${TELLS_WHO}; if (seed === 3) process.exit(4); else result()`)
const of = (path: IoPath, requests = 20, seed = 0): RunSpec => spec(path, {}, { requests }, seed)

async function runOn(thread: RunThread, run: RunSpec): Promise<unknown> {
  const cancel = new SharedArrayBuffer(4)
  return await thread.run({ spec: run, projectDir: null, resourcesDir: folder, cancel }, () => undefined)
}

/** Has runs carried out one after another. @returns the threads that had them */
async function runAll(pool: WorkerPool, runs: readonly RunSpec[]): Promise<RunThread[]> {
  const threads: RunThread[] = []
  for (const run of runs) {
    const thread = pool.take(run)
    threads.push(thread)
    await runOn(thread, run)
    pool.giveBack(thread, run)
  }
  return threads
}

/** Has one run of each kind carried out at the same time. @returns the threads that had them */
async function warmUp(pool: WorkerPool, runs: readonly RunSpec[]): Promise<RunThread[]> {
  const threads = runs.map((run) => pool.take(run))
  await Promise.all(threads.map((thread, index) => runOn(thread, runs[index]!)))
  for (const [index, thread] of threads.entries()) pool.giveBack(thread, runs[index]!)
  return threads
}

describe('WorkerPool', () => {
  it('keeps a thread for the next run', async () => {
    const pool = new WorkerPool(workerFile, 2)
    const [first, second] = await runAll(pool, [of('direct'), of('mapped')])
    expect(second).toBe(first)
    pool.close()
  })

  it('gives a run the thread that had one of its kind last', async () => {
    const pool = new WorkerPool(workerFile, 2)
    const warm = await warmUp(pool, [of('direct'), of('mapped')])
    const had = await runAll(pool, [of('direct'), of('mapped'), of('direct')])
    expect(had.map((thread) => warm.indexOf(thread))).toEqual([0, 1, 0])
    pool.close()
  })

  it('starts a thread for a long run, and ends one in its place', async () => {
    const pool = new WorkerPool(workerFile, 1)
    const [short, long] = await runAll(pool, [of('direct'), of('direct', 2_000_000)])
    expect(long).not.toBe(short)
    await expect.poll(() => [short!.alive, long!.alive]).toEqual([false, true])
    pool.close()
  })

  it('keeps as many threads as it may', async () => {
    const pool = new WorkerPool(workerFile, 1)
    const [kept, other] = await warmUp(pool, [of('direct'), of('mapped')])
    await expect.poll(() => [kept!.alive, other!.alive]).toEqual([true, false])
    pool.close()
  })

  it('does not give out a thread that has crashed', async () => {
    const pool = new WorkerPool(workerFile, 2)
    const [crashed, next] = await runAll(pool, [of('direct', 20, 3), of('direct')])
    expect(next).not.toBe(crashed)
    expect(next!.alive).toBe(true)
    pool.close()
  })

  it('keeps no thread that has crashed in place of one that lives', async () => {
    const pool = new WorkerPool(workerFile, 1)
    const [, alive] = await warmUp(pool, [of('direct', 20, 3), of('mapped')])
    expect(pool.take(of('mapped'))).toBe(alive)
    alive!.end()
  })

  it('does not give out a thread that died while it waited', async () => {
    const pool = new WorkerPool(workerFile, 2)
    const [waiting] = await runAll(pool, [of('direct')])
    await waiting!.terminate()
    const next = pool.take(of('direct'))
    expect(next).not.toBe(waiting)
    next.end()
  })

  it('ends a thread that was not needed for long', async () => {
    const pool = new WorkerPool(workerFile, 1, 50)
    const [thread] = await runAll(pool, [of('direct')])
    await expect.poll(() => thread!.alive).toBe(false)
  })

  it('ends its threads when it closes, and those that come back', async () => {
    const pool = new WorkerPool(workerFile, 2)
    const [thread] = await runAll(pool, [of('direct')])
    const late = pool.take(of('mapped'))
    const other = pool.take(of('mapped'))
    await runOn(other, of('mapped'))
    pool.giveBack(late, of('mapped'))
    pool.close()
    pool.giveBack(other, of('mapped'))
    await expect.poll(() => [thread, late, other].map((each) => each!.alive)).toEqual([false, false, false])
  })
})
