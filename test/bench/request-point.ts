import { widenInlining } from '../../src/main/runs/compiler-budget.ts'
import type { Fidelity, IoPath, RunSpec } from '../../src/sim/lab/scenario.ts'
import { spec, startRun } from '../sim/lab/scenarios.ts'
import { baselineRate } from './baseline.ts'

/** What is measured: 4 KiB random reads at queue depth 32 from an NVMe drive, the sanitizer off. */
export interface RequestPoint {
  readonly path: IoPath
  readonly fidelity: Fidelity
  /** Simulated processors. */
  readonly cpus: number
  readonly requests: number
}

/** What one point cost the host. */
export interface PointFigures {
  /** Of host CPU time, all threads of the process, once the hot code is compiled. */
  readonly requestsPerCpuSecond: number
  readonly eventsPerCpuSecond: number
  readonly peakRssBytes: number
  /** Steps of the pinned baseline in a second of CPU time, in the same process. */
  readonly baselineRate: number
}

const EVENTS_PER_TURN = 4096
/** Share of the requests that run before the clock does, for the compiler to finish. */
const WARM_UP = 0.25

/** Runs one point in this process, which should run no other. */
export function measurePoint(point: RequestPoint): PointFigures {
  const rate = baselineRate()
  widenInlining()
  const run = startRun(specOf(point))
  while (run.progress().requestsDone < point.requests * WARM_UP) run.advance(EVENTS_PER_TURN)
  const before = run.progress().requestsDone
  const started = process.cpuUsage()
  let events = EVENTS_PER_TURN
  while (!run.advance(EVENTS_PER_TURN)) events += EVENTS_PER_TURN
  const { user, system } = process.cpuUsage(started)
  const seconds = (user + system) / 1e6
  return {
    requestsPerCpuSecond: (point.requests - before) / seconds,
    eventsPerCpuSecond: events / seconds,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    // The better of two, as what disturbs the host comes and goes.
    baselineRate: Math.max(rate, baselineRate()),
  }
}

function specOf({ path, fidelity, cpus, requests }: RequestPoint): RunSpec {
  return spec(
    path,
    { cpus, fidelity, sanitizer: false, device: 'nvme-p4800x', blockKiB: 4, cacheMiB: 32 },
    { pattern: 'random', readPercent: 100, requestKiB: 4, queueDepth: 32, requests, spanMiB: 1024 },
  )
}
