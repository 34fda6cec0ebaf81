import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { driveRun } from '../../src/main/runs/drive-run.ts'
import type { RunSpec } from '../../src/sim/lab/scenario.ts'
import { spec } from '../sim/lab/scenarios.ts'
import { baseline } from './baseline.ts'
import { writeBigTrace } from './big-trace.ts'
import { report } from './figures.ts'
import { wholeNumber } from './options.ts'
import { cpuSeconds } from './timing.ts'

/*
 * Replays of long traces, from file to result: what a request costs and how much memory the process needs at its peak, which
 * must both not depend on how many there are. Each replay runs in a process of its own, with the options of a user's run, and steps of
 * the baseline by turns with its requests: what else the host does slows both down alike.
 */

const MIB = 1024 * 1024
/** Most memory that a replay may need. */
const BOUND = 300 * MIB
/** Most by which the cost of a request may differ from that in the first replay. */
const DRIFT = 0.15
const WARM_UP = 300_000
/** Steps of the baseline in a turn, some milliseconds. */
const STEPS_PER_TURN = 20_000

interface Replay {
  readonly requests: number
  /** CPU time of a request once the first WARM_UP have had the code compiled. */
  readonly nsPerRequest: number
  /** The same over the whole replay. */
  readonly nsFromStart: number
  readonly peakRssBytes: number
  /** The same as nsPerRequest, in steps of the baseline. */
  readonly stepsPerRequest: number
}

const { values } = parseArgs({
  options: {
    point: { type: 'string' },
    requests: { type: 'string', default: '1000000,2000000' },
    write: { type: 'string' },
    gz: { type: 'boolean', default: false },
  },
})
const lengths = values.requests.split(',').map((text) => wholeNumber('--requests', text))
if (values.point !== undefined) console.log(JSON.stringify(await replay(values.point)))
else if (values.write !== undefined) await writeBigTrace(values.write, lengths[0]!)
else await measureAll()

async function measureAll(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dmalab-replay-'))
  try {
    console.log(
      'Replay of an fio iolog: 4 KiB, 70% reads, random over 1 GiB, NVMe, queue depth 32, direct path, bytes',
    )
    console.log(
      row(
        'requests',
        'file MiB',
        'CPU ns/request',
        'from the start',
        'requests/CPU-s',
        'steps/request',
        'peak MiB',
      ),
    )
    const replays: Replay[] = []
    for (const requests of lengths) {
      const file = join(folder, values.gz ? 'trace.iolog.gz' : 'trace.iolog')
      await writeBigTrace(file, requests)
      const measured = { ...runPoint(file), requests }
      replays.push(measured)
      const { nsPerRequest, nsFromStart, stepsPerRequest, peakRssBytes } = measured
      console.log(
        row(
          `${requests}`,
          (statSync(file).size / MIB).toFixed(0),
          nsPerRequest.toFixed(0),
          nsFromStart.toFixed(0),
          (1e9 / nsPerRequest).toFixed(0),
          stepsPerRequest.toFixed(1),
          (peakRssBytes / MIB).toFixed(0),
        ),
      )
    }
    judge(replays)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function judge(replays: readonly Replay[]): void {
  const first = replays[0]!
  for (const { requests, stepsPerRequest, peakRssBytes } of replays) {
    const cost = stepsPerRequest / first.stepsPerRequest
    if (Math.abs(cost - 1) > DRIFT)
      console.log(`${requests} requests: each costs ${cost.toFixed(2)} x what it costs in the first replay`)
    if (peakRssBytes > BOUND) console.log(`${requests} requests: MORE THAN ${BOUND / MIB} MiB`)
  }
  report(
    replays.flatMap(({ requests, nsPerRequest, stepsPerRequest, peakRssBytes }) => [
      {
        name: `replay/${requests}`,
        value: 1e9 / nsPerRequest,
        unit: 'requests/CPU-s',
        better: 'higher',
        compared: 1 / stepsPerRequest,
      },
      {
        name: `replay/${requests}/memory`,
        value: peakRssBytes / MIB,
        unit: 'MiB',
        better: 'lower',
        compared: peakRssBytes / MIB,
      },
    ]),
  )
}

/** Replays a trace in this process, which should do nothing else. */
async function replay(file: string): Promise<Omit<Replay, 'requests'>> {
  const reference = baseline()
  reference.run(10 * STEPS_PER_TURN)
  const started = cpuSeconds()
  let warm = { requests: 0, seconds: started }
  let steps = 0
  let stepSeconds = 0
  const finished = await driveRun(specOf(file), {
    projectDir: null,
    resourcesDir: '',
    onProgress: ({ requestsDone }) => {
      if (requestsDone < WARM_UP) return
      const now = cpuSeconds()
      if (warm.requests === 0) warm = { requests: requestsDone, seconds: now }
      reference.run(STEPS_PER_TURN)
      steps += STEPS_PER_TURN
      stepSeconds += cpuSeconds() - now
    },
  })
  const ended = cpuSeconds() - stepSeconds
  if (finished === 'cancelled') throw new Error('nobody cancelled it')
  const { requests, verify_errors } = finished.result.metrics
  if (verify_errors > 0) throw new Error(`${verify_errors} sectors were not what had been written`)
  const secondsPerRequest = (ended - warm.seconds) / (requests - warm.requests)
  return {
    nsPerRequest: secondsPerRequest * 1e9,
    nsFromStart: ((ended - started) * 1e9) / requests,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    stepsPerRequest: (secondsPerRequest * steps) / stepSeconds,
  }
}

function specOf(file: string): RunSpec {
  const { scenario, ...rest } = spec('direct', {
    device: 'nvme-p4800x',
    blockKiB: 4,
    cacheMiB: 32,
    sanitizer: false,
  })
  const trace = { kind: 'trace', name: 'big', file, format: 'auto', units: 1, limit: 0 } as const
  return { ...rest, scenario: { ...scenario, workload: { ...trace, pace: 'asap', queueDepth: 32 } } }
}

function runPoint(file: string): Omit<Replay, 'requests'> {
  const script = fileURLToPath(import.meta.url)
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--point', file], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the replay failed:\n${stderr}`)
  return JSON.parse(stdout) as Omit<Replay, 'requests'>
}

function row(...columns: string[]): string {
  return columns.map((column) => column.padStart(16)).join('')
}
