import { afterEach, describe, expect, it, vi } from 'vitest'
import { RawSpans } from '../../../src/sim/kernel/bufcache/raw-spans.ts'
import type { Metrics } from '../../../src/sim/lab/metrics.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import type { IoPath, JobWorkload, MachineConfig } from '../../../src/sim/lab/scenario.ts'
import { runToEnd, spec } from './scenarios.ts'

/** A small span, so that direct and cached requests meet. */
const JOB = { requests: 400, requestKiB: 16, spanMiB: 2, readPercent: 50, physioPercent: 50 } as const
const MACHINE = { cacheMiB: 2, blockKiB: 8 } as const
const SOUND = {
  requests: 400,
  verify_errors: 0,
  sanitizer_violations: 0,
  tlb_stale_accesses: 0,
  io_errors: 0,
}

function metricsOf(
  path: IoPath,
  machine: Partial<MachineConfig> = {},
  job: Partial<JobWorkload> = {},
): Metrics {
  return runToEnd(spec(path, { ...MACHINE, ...machine }, { ...JOB, ...job })).metrics
}

afterEach(() => vi.restoreAllMocks())

describe.each(IO_PATHS)('requests around the cache on the path %s', (path) => {
  it.each(['through', 'delayed'] as const)('agree with cached ones, writes %s', (writes) => {
    expect(metricsOf(path, { writes })).toMatchObject(SOUND)
    expect(metricsOf(path, { writes, pageCacheMiB: 4, device: 'ide-disk' })).toMatchObject(SOUND)
  })

  it.each(['aha1542-disk', 'isa-dma-disk', 'ide-pio-disk', 'nvme-p4800x', 'virtio-blk'])(
    'go to and from %s',
    (device) => {
      const metrics = metricsOf(path, { device }, { requests: 60, requestKiB: 160 })
      expect(metrics).toMatchObject({ ...SOUND, requests: 60 })
    },
  )

  it('end well or with an error when commands fail, and leave nothing behind', () => {
    const faults = { mediaErrors: 30_000, shortTransfers: 30_000, lostInterrupts: 5000 }
    expect(metricsOf(path, faults)).toMatchObject(SOUND)
    const broken = metricsOf(path, { mediaErrors: 1_000_000 }, { requests: 40 })
    expect(broken).toMatchObject({ sanitizer_violations: 0, verify_errors: 0, io_errors: 40 })
  })

  it('leave the cache alone when there is nothing else', () => {
    const metrics = metricsOf(path, {}, { physioPercent: 100 })
    expect(metrics).toMatchObject({ ...SOUND, cache_hits: 0, cache_misses: 0 })
  })
})

describe('what a direct request costs', () => {
  const direct = (path: IoPath): Metrics => metricsOf(path, {}, { physioPercent: 100, readPercent: 100 })

  it('is a mapping for each on the paths that map, copies and no mapping where pbufs have memory, else neither', () => {
    for (const path of ['mapped', 'embedded', 'adjacent'] as const) {
      expect(direct(path)).toMatchObject({ kva_maps: 400, kva_unmaps: 400, bytes_copied_cpu: 0 })
    }
    for (const path of ['kvabio', 'copy'] as const) {
      expect(direct(path)).toMatchObject({ kva_maps: 0, pte_writes: 0, bytes_copied_cpu: 400 * 16 * 1024 })
    }
    for (const path of ['direct', 'unmapped', 'direct-map'] as const) {
      expect(direct(path)).toMatchObject({ kva_maps: 0, ipis: 0, bytes_copied_cpu: 0 })
    }
  })
})

describe('a kernel whose direct requests', () => {
  it('do not wait for buffers reads old data', () => {
    vi.spyOn(RawSpans.prototype, 'enter').mockReturnValue(0)
    vi.spyOn(RawSpans.prototype, 'leave').mockReturnValue()
    expect(metricsOf('direct', { writes: 'delayed' }).verify_errors).toBeGreaterThan(0)
  })

  it('let others have buffers of what they are writing reads old data', () => {
    vi.spyOn(RawSpans.prototype, 'covers').mockReturnValue(false)
    const close = { requestKiB: 64, spanMiB: 1 }
    expect(metricsOf('direct', {}, close).verify_errors).toBeGreaterThan(0)
    vi.restoreAllMocks()
    expect(metricsOf('direct', {}, close).verify_errors).toBe(0)
  })
})
