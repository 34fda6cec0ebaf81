import { describe, expect, it } from 'vitest'
import { BUILTIN_DEVICES } from '../../../src/shared/profiles/builtin-devices.ts'
import type { DeviceProfile, TagLimits } from '../../../src/sim/lab/device-profile.ts'
import type { RunResult } from '../../../src/sim/lab/metrics.ts'
import { BUSDMA_DIALECT_NAMES, IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import type { IoPath, JobWorkload, MachineConfig } from '../../../src/sim/lab/scenario.ts'
import { spec, startRun } from './scenarios.ts'

const P4800X = BUILTIN_DEVICES.get('nvme-p4800x')!

function run(
  device: DeviceProfile,
  path: IoPath,
  machine: Partial<MachineConfig> = {},
  job: Partial<JobWorkload> = {},
): RunResult {
  const lab = startRun(spec(path, machine, { requests: 400, ...job }), null, device)
  while (!lab.advance(10_000)) continue
  return lab.finish({ wallMs: 0, peakRssBytes: 0 }).result
}

/** A device whose driver makes a tag that differs from the right one. */
function withTag(changes: Partial<TagLimits>): DeviceProfile {
  return { ...P4800X, tags: [{ ...P4800X.tags[0]!, ...changes }] }
}

const SOUND = { verify_errors: 0, sanitizer_violations: 0, io_errors: 0, dma_faults: 0, command_timeouts: 0 }

describe('a run on NVMe', () => {
  for (const name of ['nvme-p3700', 'nvme-p4800x']) {
    it.each(IO_PATHS)(`${name} by the %s path reads what was written`, (path) => {
      const { metrics } = run(BUILTIN_DEVICES.get(name)!, path, { cpus: 4 })
      expect(metrics).toMatchObject({ ...SOUND, requests: 400, bytes_bounced: 0 })
      expect(metrics.cache_misses).toBeGreaterThan(100)
    })
  }

  it.each(BUSDMA_DIALECT_NAMES)(
    'is sound with the BUSDMA of %s, on contiguous and on scattered memory',
    (busdma) => {
      for (const fragmentation of [0, 100])
        expect(
          run(P4800X, 'direct', { busdma, fragmentation, blockKiB: 64, cacheMiB: 16 }).metrics,
        ).toMatchObject(SOUND)
    },
  )

  it('uses one pair of queues for each processor, and fewer where the device has fewer', () => {
    for (const queues of [1, 3, 8])
      expect(run({ ...P4800X, queues }, 'direct', { cpus: 4 }).metrics).toMatchObject(SOUND)
  })

  it('comes through media errors, short transfers and lost interrupts', () => {
    const faults = { mediaErrors: 50_000, shortTransfers: 50_000, lostInterrupts: 20_000 }
    for (const path of IO_PATHS) {
      const { metrics } = run(P4800X, path, faults)
      expect(metrics).toMatchObject({ requests: 400, verify_errors: 0, sanitizer_violations: 0 })
      expect(metrics.command_retries).toBeGreaterThan(5)
      expect(metrics.device_errors).toBeGreaterThanOrEqual(metrics.command_retries)
      expect(metrics.command_timeouts).toBeGreaterThan(0)
    }
  })

  it('gives up a request that fails again and again', () => {
    const { metrics } = run(P4800X, 'direct', { mediaErrors: 1_000_000 })
    expect(metrics.io_errors).toBe(400)
  })

  it('fails requests that a wrong tag has too few segments for', () => {
    const { metrics } = run(withTag({ nsegments: 2 }), 'direct', { blockKiB: 16 })
    expect(metrics.io_errors).toBe(400)
    expect(metrics.verify_errors).toBe(0)
  })

  it('does not attach to a controller that cannot reach its queues', () => {
    expect(() => run({ ...P4800X, addressBits: 24 }, 'direct')).toThrow('ENXIO')
    expect(run({ ...withTag({ lowaddr: 0xffffff }), addressBits: 24 }, 'direct').metrics).toMatchObject(SOUND)
  })

  it('is found out by the sanitizer when a wrong tag hides the reach of the hardware', () => {
    const narrow = { ...P4800X, addressBits: 32 }
    const { metrics, violations } = run(narrow, 'direct')
    expect(metrics.dma_faults).toBeGreaterThan(0)
    expect(new Set(violations?.map(({ kind }) => kind))).toEqual(new Set(['dma-out-of-reach']))
    const bounced = run({ ...narrow, tags: withTag({ lowaddr: 0xffffffff }).tags }, 'direct').metrics
    expect(bounced).toMatchObject(SOUND)
    expect(bounced.bytes_bounced).toBeGreaterThan(0)
  })
})
