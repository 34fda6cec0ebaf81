import { describe, expect, it } from 'vitest'
import type { Metrics } from '../../../src/sim/lab/metrics.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import type { IoPath } from '../../../src/sim/lab/scenario.ts'
import { runToEnd, spec } from './scenarios.ts'

/** PIO, bus master below 4 GiB in a machine with more, and two that reach everything. */
const DISKS = ['ide-pio-disk', 'ide-disk', 'ahci-ssd', 'nvme-p3700'] as const

/** Reads, writes, metadata, direct I/O, pass-through and sendfile at once, on a cache under pressure. */
const mix = {
  pattern: 'mixed',
  readPercent: 60,
  requestKiB: 8,
  queueDepth: 16,
  requests: 1500,
  spanMiB: 32,
  passPercent: 15,
  physioPercent: 20,
  metadataPercent: 15,
  sendfilePercent: 15,
  files: 8,
  fileMiB: 8,
} as const

function metricsOf(path: IoPath, device: string, changes: object = {}): Metrics {
  const machine = {
    device,
    cpus: 4,
    cacheMiB: 8,
    pageCacheMiB: 4,
    readAhead: 8,
    writes: 'delayed',
    ...changes,
  } as const
  return runToEnd(spec(path, machine, mix)).metrics
}

describe.each(DISKS)('every kind of request on %s', (device) => {
  it.each(IO_PATHS)('is verified to the last byte on %s, and nothing is left over', (path) => {
    const metrics = metricsOf(path, device)
    expect(metrics).toMatchObject({
      requests: mix.requests,
      verify_errors: 0,
      sanitizer_violations: 0,
      io_errors: 0,
      frame_errors: 0,
      tlb_stale_accesses: 0,
    })
    for (const kind of [
      'pass_requests',
      'metadata_views',
      'frames_sent',
      'delayed_writes',
      'cache_misses',
    ] as const)
      expect(metrics[kind], kind).toBeGreaterThan(100)
  })

  it('is mapped on direct where somebody looks at it: the file system, and a driver that moves it by the processor', () => {
    const metrics = metricsOf('direct', device)
    const byLayer = metrics.msf_by_layer
    expect(byLayer.filesystem_mapped).toBe(metrics.metadata_views)
    // Each transfer of a buffer by the processor needs one mapping; small commands come mapped.
    expect(byLayer.driver_mapped).toBe(device === 'ide-pio-disk' ? byLayer.peripheral_passed : 0)
    expect(metrics.kva_maps).toBe(metrics.metadata_views + byLayer.driver_mapped)
    expect(metrics.kva_unmaps).toBe(metrics.kva_maps)
    expect(metrics.ipis).toBe(0)
  })

  it('is made anew at each border on embedded, and nowhere on adjacent', () => {
    const embedded = metricsOf('embedded', device)
    const adjacent = metricsOf('adjacent', device)
    expect(embedded.msf_by_layer.peripheral_recreated).toBeGreaterThan(500)
    expect(embedded.msf_by_layer.driver_recreated).toBeGreaterThan(500)
    expect(adjacent.msf_recreated).toBe(0)
  })
})

it('writes through as it does later', () => {
  for (const path of ['direct', 'mapped', 'copy'] as const)
    expect(metricsOf(path, 'ahci-ssd', { writes: 'through' })).toMatchObject({
      verify_errors: 0,
      sanitizer_violations: 0,
      io_errors: 0,
    })
})
