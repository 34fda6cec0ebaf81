import { describe, expect, it } from 'vitest'
import type { Metrics } from '../../../src/sim/lab/metrics.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import type { IoPath, JobWorkload, MachineConfig } from '../../../src/sim/lab/scenario.ts'
import { runToEnd, spec } from './scenarios.ts'

const JOB = { pattern: 'sequential', requests: 400, requestKiB: 16, spanMiB: 8, queueDepth: 4 } as const
const MACHINE = { cacheMiB: 4, blockKiB: 8, readAhead: 16, writes: 'delayed' } as const
const SOUND = { verify_errors: 0, sanitizer_violations: 0, tlb_stale_accesses: 0, io_errors: 0 }

function metricsOf(
  path: IoPath,
  machine: Partial<MachineConfig> = {},
  job: Partial<JobWorkload> = {},
): Metrics {
  return runToEnd(spec(path, { ...MACHINE, ...machine }, { ...JOB, ...job })).metrics
}

describe.each(IO_PATHS)('clusters on the path %s', (path) => {
  it.each(['ahci-ssd', 'ide-disk', 'aha1542-disk', 'isa-dma-disk', 'ide-pio-disk', 'nvme-p4800x'])(
    'carry what was written, on %s',
    (device) => {
      const metrics = metricsOf(path, { device })
      expect(metrics).toMatchObject(SOUND)
      expect(metrics.clusters_read).toBeGreaterThan(0)
      expect(metrics.clusters_written).toBeGreaterThan(0)
    },
  )

  it('agree with requests around the cache, and with a random load', () => {
    const mixed = { pattern: 'mixed', physioPercent: 30, spanMiB: 2 } as const
    expect(metricsOf(path, { pageCacheMiB: 2 }, mixed)).toMatchObject(SOUND)
    expect(metricsOf(path, { writes: 'through' }, mixed)).toMatchObject(SOUND)
  })

  it('get through faults, and leave nothing behind when every command fails', () => {
    const faults = { mediaErrors: 30_000, shortTransfers: 30_000, lostInterrupts: 5000 }
    expect(metricsOf(path, faults)).toMatchObject(SOUND)
    const broken = metricsOf(path, { mediaErrors: 1_000_000 }, { requests: 40, spanMiB: 1 })
    expect(broken).toMatchObject({ verify_errors: 0, sanitizer_violations: 0 })
  })
})

describe('reading in order', () => {
  it('waits less, for fewer transfers, with read-ahead', () => {
    const job = { readPercent: 100, queueDepth: 1, requestKiB: 8 }
    const alone = metricsOf('direct', { readAhead: 0 }, job)
    const ahead = metricsOf('direct', {}, job)
    expect(alone).toMatchObject({ clusters_read: 0, read_aheads: 0 })
    expect(ahead.device_interrupts).toBeLessThan(alone.device_interrupts / 3)
    expect(ahead.throughput_Bps).toBeGreaterThan(alone.throughput_Bps * 2)
  })

  it('maps each block, and each cluster once more, on the path mapped', () => {
    const job = { readPercent: 100, queueDepth: 1, spanMiB: 4, requests: 256 }
    const alone = metricsOf('mapped', { cacheMiB: 16, readAhead: 0 }, job)
    const ahead = metricsOf('mapped', { cacheMiB: 16 }, job)
    expect(alone.kva_unmaps).toBe(0)
    expect(ahead.kva_unmaps).toBe(ahead.clusters_read)
    expect(ahead.kva_maps - alone.kva_maps).toBeGreaterThanOrEqual(ahead.clusters_read)
  })
})
