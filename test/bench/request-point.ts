import { setCompilerBudget } from '../../src/main/runs/compiler-budget.ts'
import { expectedRequests } from '../../src/main/runs/expected-work.ts'
import type { Fidelity, IoPath, RunSpec } from '../../src/sim/lab/scenario.ts'
import { spec, startRun } from '../sim/lab/scenarios.ts'
import { baseline } from './baseline.ts'
import { cpuSeconds } from './timing.ts'

/** What is measured: 4 KiB random reads at queue depth 32 from an NVMe drive, the sanitizer off. */
export interface RequestPoint {
  readonly path: IoPath
  readonly fidelity: Fidelity
  /** Simulated processors. */
  readonly cpus: number
  /** To be measured, after those of the warm-up. */
  readonly requests: number
}

/** What one point cost the host. */
export interface PointFigures {
  /** Of host CPU time, all threads of the process, once the hot code is compiled. */
  readonly requestsPerCpuSecond: number
  readonly eventsPerCpuSecond: number
  readonly peakRssBytes: number
  /** CPU seconds of the requests before those, which compile the code: all threads of the process. */
  readonly warmUpSeconds: number
  /** Steps of the pinned baseline in a second of CPU time, taken by turns with the requests. */
  readonly baselineRate: number
}

const EVENTS_PER_TURN = 4096
/** Requests that run before the clock does, for the compiler to finish. */
export const WARM_UP = 300_000
/** Requests, and then steps of the baseline, of a turn: what else the host does slows both down alike. */
const REQUESTS_PER_TURN = 20_000
const STEPS_PER_TURN = 20_000

/** Runs one point in this process, which should run no other. */
export function measurePoint(point: RequestPoint): PointFigures {
  const asked = specOf(point)
  setCompilerBudget(expectedRequests(asked))
  const reference = baseline()
  const warmUp = new CpuClock()
  const run = startRun(asked)
  warmUp.time(() => {
    while (run.progress().requestsDone < WARM_UP) run.advance(EVENTS_PER_TURN)
  })
  reference.run(10 * STEPS_PER_TURN)
  const before = run.progress().requestsDone
  const requests = new CpuClock()
  const steps = new CpuClock()
  let events = 0
  let turns = 0
  for (let isOver = false; !isOver; turns++) {
    const until = before + (turns + 1) * REQUESTS_PER_TURN
    requests.time(() => {
      while (!isOver && run.progress().requestsDone < until) {
        isOver = run.advance(EVENTS_PER_TURN)
        events += EVENTS_PER_TURN
      }
    })
    steps.time(() => reference.run(STEPS_PER_TURN))
  }
  return {
    requestsPerCpuSecond: (run.progress().requestsDone - before) / requests.seconds,
    eventsPerCpuSecond: events / requests.seconds,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    warmUpSeconds: warmUp.seconds,
    baselineRate: (turns * STEPS_PER_TURN) / steps.seconds,
  }
}

/** Adds up the CPU time of all threads of the process. */
class CpuClock {
  seconds = 0

  time(work: () => void): void {
    const started = cpuSeconds()
    work()
    this.seconds += cpuSeconds() - started
  }
}

function specOf({ path, fidelity, cpus, requests }: RequestPoint): RunSpec {
  return spec(
    path,
    { cpus, fidelity, sanitizer: false, device: 'nvme-p4800x', blockKiB: 4, cacheMiB: 32 },
    {
      pattern: 'random',
      readPercent: 100,
      requestKiB: 4,
      queueDepth: 32,
      requests: WARM_UP + requests,
      spanMiB: 1024,
    },
  )
}
