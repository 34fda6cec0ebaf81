import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread } from 'node:worker_threads'
import { WorkerPool } from '../../src/main/runs/worker-pool.ts'
import type { RunSpec } from '../../src/sim/lab/scenario.ts'
import { spec } from '../sim/lab/scenarios.ts'
import { report } from './figures.ts'
import { wholeNumber } from './options.ts'
import { runBatch } from './run-batch.ts'
import { medianOf } from './timing.ts'

/*
 * What somebody waits for who changes a field and runs two paths again, as the app does: the first time nothing is compiled, later
 * the threads are warm.
 */

const TIMES = 6

if (isMainThread) await runAgain()
else await import('../../src/main/runs/run-worker.ts')

async function runAgain(): Promise<void> {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '20000' },
      rounds: { type: 'string', default: '3' },
    },
  })
  const requests = wholeNumber('--requests', values.requests)
  const rounds = wholeNumber('--rounds', values.rounds)
  console.log(
    `mapped and direct, ${requests} requests with bytes, ${TIMES} times in one pool: the median of ${rounds} rounds`,
  )
  const cpu: number[][] = []
  const wall: number[][] = []
  for (let round = 0; round < rounds; round++) {
    const pool = new WorkerPool(fileURLToPath(import.meta.url), 2)
    for (let time = 0; time < TIMES; time++) {
      const { cpuMs, wallMs } = await runBatch(pair(requests, time), pool, 2)
      ;(cpu[time] ??= []).push(cpuMs)
      ;(wall[time] ??= []).push(wallMs)
    }
    pool.close()
  }
  for (let time = 0; time < TIMES; time++)
    console.log(
      `time ${time + 1}${median(cpu[time]!).toFixed(0).padStart(8)} ms of CPU${median(wall[time]!).toFixed(0).padStart(8)} ms`,
    )
  const share = (time: number): number => median(cpu[time]!) / median(cpu[0]!)
  report(
    [2, TIMES].map((time) => {
      const value = share(time - 1)
      return {
        name: `again/time ${time}`,
        value,
        unit: 'x the first time',
        better: 'lower' as const,
        compared: value,
      }
    }),
  )
}

/** Two paths on a machine that somebody changes a little each time. */
function pair(requests: number, time: number): RunSpec[] {
  const machine = { cpus: 1 + (time % 4), sanitizer: false }
  return (['mapped', 'direct'] as const).map((path) => spec(path, machine, { requests, spanMiB: 1024 }))
}

function median(values: readonly number[]): number {
  return medianOf(Float64Array.from(values).sort())
}
