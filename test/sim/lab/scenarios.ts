import type {
  DiskRunSpec,
  IoPath,
  JobWorkload,
  MachineConfig,
  RunSpec,
} from '../../../src/sim/lab/scenario.ts'
import { BUILTIN_DEVICES } from '../../../src/shared/profiles/builtin-devices.ts'
import { BUILTIN_NICS } from '../../../src/shared/profiles/builtin-nics.ts'
import { builtinCosts } from '../machine/builtin-costs.ts'
import { createRun } from '../../../src/sim/lab/run.ts'
import type { HistoryLimits } from '../../../src/sim/lab/history/history.ts'
import type { LabRun } from '../../../src/sim/lab/run.ts'
import type { RunResult } from '../../../src/sim/lab/metrics.ts'
import type { RequestSource } from '../../../src/sim/workload/request-source.ts'

/** One of each kind: 64-bit without bouncing, 32-bit with bounce pages. */
export const DEVICES = ['ahci-ssd', 'ide-disk'] as const

export const machine: MachineConfig = {
  name: 'test machine',
  cpus: 2,
  sockets: 1,
  kernelBits: 64,
  tlbEntries: 64,
  tlbWays: 4,
  costs: 'x86new',
  pmap: 'dragonfly-2004',
  kvaLock: 'none',
  bufLock: 'none',
  ipiLock: 'none',
  interrupts: 'first',
  diskThreads: 'none',
  fileWork: 'none',
  memoryMiB: 8192,
  numaDomains: 1,
  fragmentation: 100,
  ageing: 0,
  cacheMiB: 4,
  blockKiB: 16,
  blockMix: false,
  writes: 'through',
  pageCacheMiB: 0,
  readAhead: 0,
  bouncePages: 1024,
  busdma: 'dragonfly-2020',
  iommu: 'none',
  device: 'ahci-ssd',
  diskGiB: 128,
  mediaErrors: 0,
  lostInterrupts: 0,
  shortTransfers: 0,
  strayTransfers: 0,
  nic: 'em-1g',
  fidelity: 'bytes',
  sanitizer: true,
}

export const job: JobWorkload = {
  kind: 'job',
  name: 'test job',
  pattern: 'random',
  randomPercent: 50,
  readPercent: 70,
  requestKiB: 4,
  queueDepth: 8,
  requests: 3000,
  spanMiB: 64,
  passPercent: 0,
  target: 'disk',
  metadataPercent: 0,
  files: 16,
  fileMiB: 64,
  holePercent: 0,
  sendfilePercent: 0,
  physioPercent: 0,
}

/** A run specification with some fields of machine and job changed. */
export function spec(
  path: IoPath,
  machineChanges: Partial<MachineConfig> = {},
  jobChanges: Partial<JobWorkload> = {},
  seed = 1,
): DiskRunSpec {
  return {
    scenario: {
      name: 'test',
      machine: { ...machine, ...machineChanges },
      workload: { ...job, ...jobChanges },
    },
    path,
    seed,
  }
}

/** Builds a run of a disk workload on the device of the lab that the machine names, or on another one. */
export function startRun(
  run: RunSpec,
  source: RequestSource | null = null,
  device = BUILTIN_DEVICES.get(run.scenario.machine.device),
  history: HistoryLimits | null = null,
): LabRun {
  if (device === undefined) throw new Error(`no device ${run.scenario.machine.device}`)
  const costs = builtinCosts(run.scenario.machine.costs)
  const nic = BUILTIN_NICS.get(run.scenario.machine.nic)
  return createRun(
    run as DiskRunSpec,
    source,
    nic === undefined ? { device, costs } : { device, costs, nic },
    history,
  )
}

/** Runs to the end; wall-clock figures are 0. */
export function runToEnd(run: RunSpec, source: RequestSource | null = null): RunResult {
  const lab = startRun(run, source)
  while (!lab.advance(10_000)) continue
  return lab.finish({ wallMs: 0, peakRssBytes: 0 }).result
}
