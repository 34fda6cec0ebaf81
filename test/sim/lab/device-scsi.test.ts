import { describe, expect, it } from 'vitest'
import { BUILTIN_DEVICES } from '../../../src/shared/profiles/builtin-devices.ts'
import type { DeviceProfile, TagLimits } from '../../../src/sim/lab/device-profile.ts'
import type { Metrics } from '../../../src/sim/lab/metrics.ts'
import type { RunSpec } from '../../../src/sim/lab/scenario.ts'
import { runToEnd, spec, startRun } from './scenarios.ts'

const DEVICES = ['aha1542-disk', 'sym-disk', 'mps-ssd'] as const
const JOB = { requests: 400, requestKiB: 16 }

/** Runs on a device whose last tag was changed. */
function runWithTag(run: RunSpec, device: string, changes: Partial<TagLimits>): Metrics {
  const profile = BUILTIN_DEVICES.get(device)!
  const tags = profile.tags.map((tag) => ({ ...tag, ...changes }))
  const wrong: DeviceProfile = { ...profile, tags }
  const lab = startRun(run, null, wrong)
  while (!lab.advance(10_000)) continue
  return lab.finish({ wallMs: 0, peakRssBytes: 0 }).result.metrics
}

describe.each(DEVICES)('a run on %s', (device) => {
  it.each(['mapped', 'direct'] as const)('comes through on the path %s', (path) => {
    for (const busdma of ['dragonfly-2004', 'dragonfly-2020', 'freebsd-main', 'dmalab'] as const) {
      const { metrics } = runToEnd(spec(path, { device, busdma, memoryMiB: 8192 }, JOB))
      expect(metrics.requests).toBe(400)
      expect([metrics.verify_errors, metrics.sanitizer_violations, metrics.io_errors]).toEqual([0, 0, 0])
      expect([metrics.dma_faults, metrics.command_retries, metrics.command_timeouts]).toEqual([0, 0, 0])
      expect(metrics.bytes_bounced > 0).toBe(device !== 'mps-ssd')
      expect(metrics.cpu_ns_per_request_by_layer.driver).toBeGreaterThan(0)
    }
  })

  it('repeats commands that fail, and loses nothing', () => {
    const faults = { mediaErrors: 40_000, shortTransfers: 40_000, lostInterrupts: 10_000 }
    const { metrics } = runToEnd(spec('direct', { device, ...faults }, JOB))
    expect(metrics.requests).toBe(400)
    expect(metrics.device_errors).toBeGreaterThan(0)
    expect(metrics.command_retries).toBeGreaterThan(metrics.device_errors)
    expect(metrics.command_timeouts).toBeGreaterThan(0)
    expect([metrics.verify_errors, metrics.sanitizer_violations, metrics.io_errors]).toEqual([0, 0, 0])
  })

  it('ends requests with EIO when the disk never succeeds', () => {
    const { metrics } = runToEnd(spec('mapped', { device, mediaErrors: 1_000_000 }, { requests: 20 }))
    expect(metrics.io_errors).toBeGreaterThan(0)
    expect(metrics.requests).toBe(20)
  })
})

describe('a driver with the wrong tag', () => {
  it.each(['aha1542-disk', 'sym-disk'])('on %s is reported', (device) => {
    const run = spec('direct', { device }, { requests: 60, readPercent: 0 })
    const metrics = runWithTag(run, device, { lowaddr: null })
    expect(metrics.requests).toBe(60)
    expect(metrics.sanitizer_violations + metrics.io_errors).toBeGreaterThan(0)
  })

  it('with more segments than an AHA-1542 takes is reported, and ends with EIO', () => {
    const job = { requests: 20, requestKiB: 128 }
    const machine = { device: 'aha1542-disk', blockKiB: 64, cacheMiB: 16 } as const
    const metrics = runWithTag(spec('direct', machine, job), 'aha1542-disk', {
      maxsegsz: 2048,
      nsegments: 64,
    })
    expect(metrics.requests).toBe(20)
    expect(metrics.io_errors).toBeGreaterThan(0)
    expect(metrics.dma_faults).toBeGreaterThan(0)
    expect(metrics.sanitizer_violations).toBeGreaterThan(0)
  })
})
