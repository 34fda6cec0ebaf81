import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread } from 'node:worker_threads'
import { WorkerPool } from '../../src/main/runs/worker-pool.ts'
import { HOST_METRICS } from '../../src/sim/lab/metrics.ts'
import type { Fidelity, RunSpec } from '../../src/sim/lab/scenario.ts'
import { FIDELITIES, IO_PATHS } from '../../src/sim/lab/scenario.ts'
import { spec } from '../sim/lab/scenarios.ts'
import { report } from './figures.ts'
import { oneOf, wholeNumber } from './options.ts'
import { runBatch } from './run-batch.ts'

/*
 * What it costs to spread a batch over workers: 64 runs (queue depth by CPUs by path) in one worker and in two, in turn. Each
 * batch starts new workers, so each pays for loading and compiling the engine.
 */

const DEPTHS = [8, 32]
const CPUS = [1, 2, 4, 8]
/** Two workers should need at most this share of CPU time more than one. */
const AIM = 0.1

interface BatchCost {
  readonly cpuMs: number
  readonly wallMs: number
  /** Of all results but for the figures of the host. */
  readonly hash: string
}

if (isMainThread) await compareBatches()
else await import('../../src/main/runs/run-worker.ts')

async function compareBatches(): Promise<void> {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '50000' },
      rounds: { type: 'string', default: '2' },
      fidelity: { type: 'string', default: 'bytes' },
    },
  })
  const rounds = wholeNumber('--rounds', values.rounds)
  const requests = wholeNumber('--requests', values.requests)
  const [fidelity = 'bytes'] = oneOf<Fidelity>('--fidelity', FIDELITIES, values.fidelity)
  const specs = batchOf(requests, fidelity)
  console.log(
    `${specs.length} runs of ${requests} requests each (${fidelity}), in one worker and in two: the best of ${rounds} rounds`,
  )
  const costs: BatchCost[][] = [[], []]
  for (let round = 0; round < rounds; round++)
    for (const jobs of [1, 2]) costs[jobs - 1]!.push(await costOf(specs, jobs))
  const [one, two] = costs.map(best) as [BatchCost, BatchCost]
  for (const [name, cost] of [
    ['one worker', one],
    ['two workers', two],
  ] as const)
    console.log(
      `${name.padEnd(14)}${(cost.cpuMs / 1000).toFixed(2).padStart(8)} s of CPU${(cost.wallMs / 1000).toFixed(2).padStart(8)} s`,
    )
  const ratio = two.cpuMs / one.cpuMs
  console.log(
    `two workers cost ${ratio.toFixed(3)} x the CPU time of one${ratio > 1 + AIM ? `: MORE THAN ${1 + AIM}` : ''}`,
  )
  if (new Set(costs.flat().map(({ hash }) => hash)).size !== 1)
    throw new Error('the results depend on the number of workers')
  console.log('All results are equal, byte for byte.')
  report([
    { name: 'batch/two workers', value: ratio, unit: 'x one worker', better: 'lower', compared: ratio },
  ])
}

function batchOf(requests: number, fidelity: Fidelity): RunSpec[] {
  return IO_PATHS.flatMap((path) =>
    CPUS.flatMap((cpus) =>
      DEPTHS.map((queueDepth) =>
        spec(path, { cpus, fidelity, sanitizer: false }, { queueDepth, requests, spanMiB: 1024 }),
      ),
    ),
  )
}

async function costOf(specs: readonly RunSpec[], jobs: number): Promise<BatchCost> {
  const pool = new WorkerPool(fileURLToPath(import.meta.url), jobs)
  const { results, cpuMs, wallMs } = await runBatch(specs, pool, jobs)
  pool.close()
  const host: readonly string[] = HOST_METRICS
  const text = JSON.stringify(results, (key, value: unknown) => (host.includes(key) ? undefined : value))
  return { cpuMs, wallMs, hash: createHash('sha256').update(text).digest('hex') }
}

function best(costs: readonly BatchCost[]): BatchCost {
  return costs.reduce((least, cost) => (cost.cpuMs < least.cpuMs ? cost : least))
}
