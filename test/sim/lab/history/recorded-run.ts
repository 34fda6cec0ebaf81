import type { History, HistoryLimits } from '../../../../src/sim/lab/history/history.ts'
import type { LabRun } from '../../../../src/sim/lab/run.ts'
import type { RunSpec } from '../../../../src/sim/lab/scenario.ts'
import { IO_PATHS } from '../../../../src/sim/lab/scenario.ts'
import { spec, startRun } from '../scenarios.ts'

/** A bit of each kind of request. */
export const MIX = {
  passPercent: 20,
  physioPercent: 20,
  metadataPercent: 20,
  sendfilePercent: 20,
  files: 4,
} as const

/** Runs that between them make every kind of record: all paths, all kinds of drivers, bouncing, errors, several processors. */
export const VARIED_RUNS: readonly RunSpec[] = [
  ...IO_PATHS.map((path) => spec(path, { cpus: 3 }, { requests: 24, requestKiB: 12 })),
  ...['ide-disk', 'ide-pio-disk', 'isa-dma-disk', 'virtio-blk', 'nvme-p3700', 'sym-disk', 'aha1542-disk'].map(
    (device) => spec('direct', { device }, { requests: 20 }),
  ),
  spec('mapped', { device: 'ide-disk', bouncePages: 16 }, { requests: 20, requestKiB: 64 }),
  spec('direct', { mediaErrors: 200_000 }, { requests: 20 }),
  spec('embedded', { writes: 'delayed', cacheMiB: 2 }, { requests: 100, readPercent: 20 }),
  spec('direct', { device: 'nvme-p3700' }, { ...MIX, requests: 60 }),
  spec('mapped', { device: 'sym-disk', writes: 'delayed' }, { ...MIX, requests: 60 }),
]

/** Builds a run that writes its history down. */
export function recorded(run: RunSpec, limits: HistoryLimits | null = { bytes: 8 << 20 }): LabRun {
  return startRun(run, null, undefined, limits)
}

/** The history of a run that is over. */
export function historyOf(run: RunSpec, limits?: HistoryLimits): History {
  const lab = recorded(run, limits)
  while (!lab.advance(10_000)) continue
  return lab.history!
}

/** What identifies a run of VARIED_RUNS in a test's name. */
export function titleOf({ path, scenario }: RunSpec): string {
  const { device, writes, mediaErrors, bouncePages } = scenario.machine
  const { workload } = scenario
  const mixed = workload.kind === 'job' && workload.passPercent > 0 ? ', mixed' : ''
  return `${path} on ${device}, ${writes}, ${mediaErrors} errors, ${bouncePages} bounce pages${mixed}`
}
