import { BUILTIN_DEVICES } from '../../src/shared/profiles/builtin-devices.ts'
import { createRun } from '../../src/sim/lab/run.ts'
import type { Fidelity, IoPath, ResolvedScenario } from '../../src/sim/lab/scenario.ts'

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
}

const EVENTS_PER_TURN = 4096
/** Share of the requests that run before the clock does, for the compiler to finish. */
const WARM_UP = 0.25
const DEVICE = 'nvme-p4800x'

/** Runs one point in this process, which should run no other. */
export function measurePoint(point: RequestPoint): PointFigures {
  const device = BUILTIN_DEVICES.get(DEVICE)
  if (device === undefined) throw new Error(`there is no device ${DEVICE}`)
  const run = createRun({ scenario: scenarioOf(point), path: point.path, seed: 1 }, null, { device })
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
  }
}

function scenarioOf({ fidelity, cpus, requests }: RequestPoint): ResolvedScenario {
  return {
    name: 'requests',
    machine: {
      name: 'requests',
      cpus,
      sockets: 1,
      kernelBits: 64,
      tlbEntries: 64,
      tlbWays: 4,
      costs: 'x86new',
      memoryMiB: 8192,
      numaDomains: 1,
      fragmentation: 100,
      ageing: 0,
      cacheMiB: 32,
      blockKiB: 4,
      writes: 'through',
      pageCacheMiB: 0,
      bouncePages: 1024,
      busdma: 'dragonfly-2020',
      iommu: 'none',
      device: DEVICE,
      diskGiB: 128,
      mediaErrors: 0,
      lostInterrupts: 0,
      shortTransfers: 0,
      strayTransfers: 0,
      fidelity,
      sanitizer: false,
    },
    workload: {
      kind: 'job',
      name: 'requests',
      pattern: 'random',
      randomPercent: 100,
      readPercent: 100,
      requestKiB: 4,
      queueDepth: 32,
      requests,
      spanMiB: 1024,
    },
  }
}
