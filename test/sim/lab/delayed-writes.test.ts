import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DiskPeripheral } from '../../../src/sim/kernel/cam/disk.ts'
import type { LabRun } from '../../../src/sim/lab/run.ts'
import type { Metrics } from '../../../src/sim/lab/metrics.ts'
import type { RunSpec } from '../../../src/sim/lab/scenario.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import { insideOf, onMedium, written } from './medium.ts'
import { runToEnd, spec, startRun } from './scenarios.ts'

const SPAN_MIB = 8
const SECTORS = SPAN_MIB * 2048
const DEVICES = ['ahci-ssd', 'ide-disk', 'nvme-p4800x'] as const
const combinations = DEVICES.flatMap((device) => IO_PATHS.map((path) => [device, path] as const))
/** 64 buffers: the daemon leaves 18 dirty, and writers stall at 36. */
const SMALL = { cacheMiB: 1, cpus: 4 } as const
const JOB = { requests: 900, readPercent: 30, spanMiB: SPAN_MIB, queueDepth: 4 } as const

function ended(run: RunSpec): { readonly lab: LabRun; readonly metrics: Metrics } {
  const lab = startRun(run)
  while (!lab.advance(10_000)) continue
  return { lab, metrics: lab.finish({ wallMs: 0, peakRssBytes: 0 }).result.metrics }
}

function expectSound(metrics: Metrics): void {
  expect(metrics).toMatchObject({
    verify_errors: 0,
    sanitizer_violations: 0,
    io_errors: 0,
    tlb_stale_accesses: 0,
  })
}

function versions(lab: LabRun, of: (lab: LabRun, sector: number) => number): number[] {
  return Array.from({ length: SECTORS }, (_, sector) => of(lab, sector))
}

afterEach(() => vi.restoreAllMocks())

describe('delayed writes', () => {
  it.each(combinations)('on %s by the %s path leave the disk as writes through do', (device, path) => {
    const through = ended(spec(path, { ...SMALL, device }, JOB))
    const delayed = ended(spec(path, { ...SMALL, device, writes: 'delayed' }, JOB))
    for (const { metrics } of [through, delayed]) expectSound(metrics)
    expect(versions(delayed.lab, onMedium)).toEqual(versions(through.lab, onMedium))
    expect(versions(delayed.lab, onMedium)).toEqual(versions(delayed.lab, written))
    const { dirty, running, bufs } = insideOf(delayed.lab).cache
    expect([dirty.numdirtybuffers, running.runningbufspace]).toEqual([0, 0])
    expect(bufs.every((buf) => !buf.locked)).toBe(true)
    expect([through.metrics.delayed_writes, through.metrics.daemon_writes]).toEqual([0, 0])
    expect(delayed.metrics.delayed_writes).toBeGreaterThan(500)
    expect(delayed.metrics.daemon_writes).toBeGreaterThan(300)
    expect(delayed.metrics.daemon_writes).toBeLessThanOrEqual(delayed.metrics.delayed_writes)
  })

  it('write a block once that is written often, and need no disk until then', () => {
    const job = { ...JOB, spanMiB: 1, readPercent: 0, requestKiB: 16 } as const
    const machine = { cacheMiB: 16, device: 'ide-disk' } as const
    const through = ended(spec('direct', machine, job)).metrics
    const { lab, metrics } = ended(spec('direct', { ...machine, writes: 'delayed' }, job))
    expect(metrics.delayed_writes).toBe(900)
    expect(metrics.daemon_writes).toBeLessThanOrEqual(64)
    expect(metrics.latency_ns.max).toBeLessThan(through.latency_ns.p50 / 100)
    // The sync is part of the run.
    expect(metrics.simulated_ns).toBeGreaterThan(1e7)
    expect(versions(lab, onMedium)).toEqual(versions(lab, written))
  })

  it('stall at the upper mark, before the writer has a buffer', () => {
    const job = { ...JOB, readPercent: 0, requestKiB: 16, queueDepth: 3 } as const
    const machine = { device: 'ide-disk', writes: 'delayed', cacheMiB: 8 } as const
    const lab = startRun(spec('direct', machine, { ...job, spanMiB: 64 }))
    const { cache } = insideOf(lab)
    const { hidirtybuffers } = cache.limits
    expect(hidirtybuffers).toBe(148)
    let most = 0
    let stalled = 0
    while (!lab.advance(1)) {
      most = Math.max(most, cache.dirty.numdirtybuffers)
      const asleep = [0, 1, 2].filter((thread) => cache.space.messageOf(thread) === 'flswai')
      stalled = Math.max(stalled, asleep.length)
    }
    // Those that had their turn before the mark was reached may each add a block.
    expect(most).toBeGreaterThanOrEqual(hidirtybuffers)
    expect(most).toBeLessThan(hidirtybuffers + 3)
    expect(stalled).toBe(3)
  })

  it('are the same every time with one seed, and another with another', () => {
    for (const [device, path] of combinations) {
      const run = (seed: number): Metrics =>
        runToEnd(spec(path, { ...SMALL, device, writes: 'delayed' }, { ...JOB, requests: 300 }, seed)).metrics
      expect(run(5)).toEqual(run(5))
      expect(run(5)).not.toEqual(run(6))
    }
  })

  it('measure the same without the bytes', () => {
    for (const path of IO_PATHS) {
      const run = (fidelity: 'bytes' | 'metadata'): Metrics =>
        runToEnd(spec(path, { ...SMALL, writes: 'delayed', pageCacheMiB: 2, fidelity }, JOB)).metrics
      expect(run('metadata')).toEqual(run('bytes'))
    }
  })

  it.each(DEVICES)('that fail now and then on %s are tried again, and nothing is lost', (device) => {
    const faults = { mediaErrors: 20_000, shortTransfers: 20_000, lostInterrupts: 1000 }
    const { lab, metrics } = ended(spec('mapped', { ...SMALL, ...faults, device, writes: 'delayed' }, JOB))
    expectSound(metrics)
    expect(metrics.device_errors).toBeGreaterThan(10)
    expect(versions(lab, onMedium)).toEqual(versions(lab, written))
  })

  it('whose commands mostly fail are tried again by the daemon beyond what the disk driver does', () => {
    const machine = { cacheMiB: 16, mediaErrors: 600_000, writes: 'delayed' } as const
    const { metrics } = ended(spec('direct', machine, { ...JOB, spanMiB: 1 }))
    // 64 blocks, of which the daemon leaves all to the sync.
    expect(metrics.daemon_writes).toBeGreaterThan(64)
    expect([metrics.verify_errors, metrics.sanitizer_violations]).toEqual([0, 0])
  })

  it.each(combinations)(
    'to %s by the %s path are given up when the disk is broken for good',
    (device, path) => {
      const machine = { ...SMALL, device, writes: 'delayed', mediaErrors: 1_000_000 } as const
      const { lab, metrics } = ended(
        spec(path, machine, { ...JOB, readPercent: 0, requestKiB: 16, requests: 200 }),
      )
      expect(metrics.requests).toBe(200)
      // Three tries for each block, each sent five times; blocks written again meanwhile share the tries.
      expect(metrics.io_errors).toBeGreaterThan(100)
      expect(metrics.daemon_writes).toBe(metrics.io_errors * 3)
      expect([metrics.verify_errors, metrics.sanitizer_violations]).toEqual([0, 0])
      expect(insideOf(lab).cache.dirty.numdirtybuffers).toBe(0)
    },
  )

  it('that are given up leave nobody certain of the block: what the disk has instead is no error', () => {
    const machine = { ...SMALL, mediaErrors: 900_000, writes: 'delayed' } as const
    const { metrics } = ended(
      spec('mapped', machine, { ...JOB, readPercent: 50, requestKiB: 16, spanMiB: 2 }),
    )
    // Two of five transfers work out in the end, so that lost blocks are read again with what they held before.
    expect(metrics.cache_misses).toBeGreaterThan(200)
    expect([metrics.verify_errors, metrics.sanitizer_violations]).toEqual([0, 0])
  })

  it('go with an IOMMU, which is flushed after the sync', () => {
    for (const iommu of ['lazy', 'strict'] as const) {
      const { metrics } = ended(spec('direct', { ...SMALL, iommu, writes: 'delayed' }, JOB))
      expectSound(metrics)
      expect(metrics.dma_faults).toBe(0)
    }
  })

  it('hold all this for random scenarios', () => {
    const scenario = fc.record({
      path: fc.constantFrom(...IO_PATHS),
      device: fc.constantFrom(...DEVICES),
      cpus: fc.integer({ min: 1, max: 4 }),
      blockKiB: fc.constantFrom(4, 8, 16, 32, 64),
      pageCacheMiB: fc.constantFrom(0, 1, 4),
      requestKiB: fc.integer({ min: 1, max: 300 }),
      queueDepth: fc.integer({ min: 1, max: 12 }),
      readPercent: fc.constantFrom(0, 30, 70),
      seed: fc.nat(),
    })
    fc.assert(
      fc.property(scenario, ({ path, seed, requestKiB, queueDepth, readPercent, ...machine }) => {
        const cacheMiB = 1 + Math.ceil(queueDepth / 6)
        const { lab, metrics } = ended(
          spec(
            path,
            { ...machine, cacheMiB, writes: 'delayed' },
            { requestKiB, queueDepth, readPercent, requests: 150, spanMiB: SPAN_MIB },
            seed,
          ),
        )
        expectSound(metrics)
        expect(versions(lab, onMedium)).toEqual(versions(lab, written))
      }),
      { numRuns: 30 },
    )
  })
})

describe('the page cache', () => {
  it.each(combinations)('on %s by the %s path serves blocks that lost their buffer', (device, path) => {
    const job = { ...JOB, readPercent: 80, requestKiB: 16 } as const
    for (const writes of ['through', 'delayed'] as const) {
      const without = ended(spec(path, { ...SMALL, device, writes }, job))
      const within = ended(spec(path, { ...SMALL, device, writes, pageCacheMiB: 8 }, job))
      for (const { metrics } of [without, within]) expectSound(metrics)
      expect(without.metrics.vm_cache_hits).toBe(0)
      expect(within.metrics.vm_cache_hits).toBeGreaterThan(100)
      expect(versions(within.lab, onMedium)).toEqual(versions(within.lab, written))
    }
  })

  it.each([
    [0, 0, 512],
    [2, 0, 512],
    [3, 256, 256],
  ])(
    'of %d MiB: of 4 MiB read twice through 1 MiB of buffers, %d blocks need no disk',
    (mib, hits, commands) => {
      const strategy = vi.spyOn(DiskPeripheral.prototype, 'strategy')
      const job = { pattern: 'sequential', readPercent: 100, requestKiB: 16, queueDepth: 1 } as const
      const machine = { cacheMiB: 1, pageCacheMiB: mib }
      const { metrics } = ended(spec('direct', machine, { ...job, requests: 512, spanMiB: 4 }))
      expectSound(metrics)
      expect([metrics.cache_misses, metrics.vm_cache_hits]).toEqual([512, hits])
      expect(strategy).toHaveBeenCalledTimes(commands)
    },
  )
})
