import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BufferCache } from '../../../src/sim/kernel/bufcache/buffer-cache.ts'
import type { KernelCounters } from '../../../src/sim/kernel/counters.ts'
import type { Kernel } from '../../../src/sim/lab/kernel.ts'
import type { CpuTreeNode, Metrics } from '../../../src/sim/lab/metrics.ts'
import { HOST_METRICS, METRICS } from '../../../src/sim/lab/metrics.ts'
import type { IoPath, DiskRunSpec } from '../../../src/sim/lab/scenario.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import type { Machine } from '../../../src/sim/machine/machine.ts'
import { DEVICES, runToEnd, spec, startRun } from './scenarios.ts'

const combinations = DEVICES.flatMap((device) => IO_PATHS.map((path) => [device, path] as const))

/** The parts of a run that a test looks into after it. */
interface Inside {
  readonly machine: Machine
  readonly kernel: Kernel
  readonly cache: BufferCache
  readonly counters: KernelCounters
}

function measured(metrics: Metrics): object {
  return Object.fromEntries(
    Object.entries(metrics).filter(([name]) => !(HOST_METRICS as readonly string[]).includes(name)),
  )
}

function expectExactTree(node: CpuTreeNode): void {
  expect(node.total_ns).toBe(node.children.reduce((sum, child) => sum + child.total_ns, node.self_ns))
  node.children.forEach(expectExactTree)
}

/** Every number anywhere in a value. */
function numbers(value: unknown): number[] {
  if (typeof value === 'number') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbers) : []
}

/** Paths on which every buffer is mapped as long as it has pages. */
const ALWAYS_MAPPED: readonly IoPath[] = ['mapped', 'embedded', 'adjacent', 'kvabio']

/** Bytes that a path has mapped when a run is over. */
function mappedAtEnd({ path, scenario }: DiskRunSpec, cachedPages: number): number {
  if (path === 'copy') return scenario.machine.cacheMiB * 1024 * 1024
  return ALWAYS_MAPPED.includes(path) ? cachedPages * 4096 : 0
}

/** Pages that are also in a list which the driver had made of a mapping, and which stays with the buffer. */
function listedTwice(cache: BufferCache): number {
  return cache.bufs.reduce((pages, { msf }) => pages + msf.ownXio.npages, 0)
}

/** Runs to the end and checks what holds for every run. */
function checkedRun(run: DiskRunSpec): { metrics: Metrics; inside: Inside } {
  const lab = startRun(run)
  while (!lab.advance(10_000)) continue
  const { result, series } = lab.finish({ wallMs: 0, peakRssBytes: 0 })
  const { metrics } = result
  const inside = lab as unknown as Inside
  const { workload } = run.scenario
  if (workload.kind !== 'job') throw new Error('a job is expected')

  expect(Object.keys(metrics).toSorted()).toEqual(Object.keys(METRICS).toSorted())
  expect(numbers(metrics).every((number) => Number.isFinite(number) && number >= 0)).toBe(true)
  expect(metrics).toMatchObject({
    requests: workload.requests,
    bytes: workload.requests * workload.requestKiB * 1024,
    verify_errors: 0,
    tlb_stale_accesses: 0,
  })
  expect(metrics.cpu_busy_fraction).toBeLessThanOrEqual(1)
  expect(metrics.device_busy_fraction).toBeLessThanOrEqual(1)
  const { mean, p50, p90, p95, p99, p999, max } = metrics.latency_ns
  const percentiles = [p50, p90, p95, p99, p999, max]
  expect(percentiles).toEqual(percentiles.toSorted((a, b) => a - b))
  expect(mean).toBeLessThanOrEqual(max)
  expect(max).toBeLessThanOrEqual(metrics.simulated_ns)

  expectExactTree(metrics.cpu_tree)
  const busy = inside.machine.cpus.reduce((sum, cpu) => sum + cpu.busyNs, 0)
  expect(metrics.cpu_tree.total_ns).toBe(busy)
  expect(metrics.cpu_ns_per_request).toBe(busy / workload.requests)
  const layers = Object.values(metrics.cpu_ns_per_request_by_layer).reduce((a, b) => a + b, 0)
  expect(Math.abs(layers / metrics.cpu_ns_per_request - 1)).toBeLessThan(1e-12)

  const sum = (curve: Float64Array): number => curve.reduce((a, b) => a + b, 0)
  expect(sum(series.requests)).toBe(metrics.requests)
  expect(sum(series.bytes)).toBe(metrics.bytes)
  expect(Math.abs(sum(series.latencySumNs) / metrics.requests / mean - 1)).toBeLessThan(1e-9)
  expect(sum(series.ipis)).toBe(metrics.ipis)

  const cachedPages = inside.cache.bufs.reduce((pages, buf) => pages + buf.b_xio.npages, 0)
  let held = 0
  inside.cache.forEachHold(() => held++)
  expect(inside.kernel.holds.total).toBe(held)
  expect(held).toBe(cachedPages + listedTwice(inside.cache))
  expect(inside.cache.bufs.every((buf) => !buf.locked)).toBe(true)
  expect(inside.kernel.busdma.bouncePagesActive).toBe(0)
  expect(inside.counters.kvaBytes).toBe(mappedAtEnd(run, cachedPages))
  return { metrics, inside }
}

describe('a run', () => {
  it.each(combinations)(
    'on %s by the %s path reads what was written; without the bytes it measures the same',
    (device, path) => {
      const bytes = checkedRun(spec(path, { device }, { requests: 1500 })).metrics
      const metadata = checkedRun(spec(path, { device, fidelity: 'metadata' }, { requests: 1500 })).metrics
      expect(measured(metadata)).toEqual(measured(bytes))
      expect(bytes.cache_misses).toBeGreaterThan(500)
      expect(bytes.bytes_bounced > 0).toBe(device === 'ide-disk')
      expect(bytes.kva_maps > 0).toBe(ALWAYS_MAPPED.includes(path))
    },
  )

  it('is the same every time with one seed, and another with another', () => {
    for (const [device, path] of combinations) {
      const run = (seed: number): object => runToEnd(spec(path, { device }, { requests: 200 }, seed)).metrics
      expect(run(5)).toEqual(run(5))
      expect(run(5)).not.toEqual(run(6))
    }
  })

  it('by the direct path maps nothing and interrupts nobody', () => {
    const { metrics } = checkedRun(spec('direct', { cpus: 4 }, { requests: 1000 }))
    expect(metrics).toMatchObject({
      kva_maps: 0,
      kva_unmaps: 0,
      kva_bytes_max: 0,
      pte_writes: 0,
      tlb_shootdowns: 0,
      tlb_invalidations_local: 0,
      ipis: 0,
      tlb_misses: 0,
      kva_translations: 0,
    })
    expect(metrics.msf_created).toBeGreaterThan(0)
    expect(metrics.msf_passed).toBeGreaterThan(0)
  })

  it('by the mapped path maps each new buffer, unmaps each reused one, and tells every other processor', () => {
    const { metrics } = checkedRun(spec('mapped', { cpus: 4 }, { requests: 1000 }))
    const blockPages = 4
    const changes = metrics.kva_maps + metrics.kva_unmaps
    expect(metrics.kva_maps).toBe(metrics.cache_misses)
    expect(metrics.kva_unmaps).toBe(metrics.kva_maps - 256)
    expect(metrics.pte_writes).toBe(changes * blockPages)
    expect(metrics.tlb_invalidations_local).toBe(changes * blockPages)
    expect(metrics.tlb_shootdowns).toBe(changes)
    expect(metrics.ipis).toBe(changes * 3)
    expect(metrics.kva_bytes_max).toBe(4 * 1024 * 1024)
    expect(metrics.msf_created).toBe(0)
  })

  it.each([
    ['ahci-ssd', 8192, false],
    ['ide-disk', 2048, false],
    ['ide-disk', 8192, true],
  ] as const)('bounces on %s with %d MiB: %s', (device, memoryMiB, bounces) => {
    for (const path of IO_PATHS) {
      const { metrics } = checkedRun(spec(path, { device, memoryMiB }, { requests: 300 }))
      expect(metrics.bytes_bounced > 0).toBe(bounces)
      expect(metrics.bounce_pages_max > 0).toBe(bounces)
    }
  })

  it('serves a block of 64 KiB with 16 bounce pages', () => {
    const machine = { device: 'ide-disk', bouncePages: 16, blockKiB: 64, cacheMiB: 16 } as const
    const { metrics } = checkedRun(spec('direct', machine, { requests: 300, requestKiB: 64 }))
    expect(metrics.bounce_pages_max).toBeLessThanOrEqual(16)
    expect(metrics.bounce_pages_max).toBeGreaterThan(4)
  })

  it.each(combinations)('of one request on %s by the %s path has only finite results', (device, path) => {
    for (const readPercent of [0, 100])
      checkedRun(spec(path, { device, cpus: 1 }, { requests: 1, queueDepth: 1, readPercent }))
  })

  it('takes progressively larger steps to the same end', () => {
    const run = spec('mapped', {}, { requests: 200 })
    const lab = startRun(run)
    let turns = 0
    let last = 0
    while (!lab.advance(7)) {
      turns++
      const { requestsDone, requestsTotal, simulatedNs } = lab.progress()
      expect(requestsTotal).toBe(200)
      expect(requestsDone).toBeGreaterThanOrEqual(last)
      expect(simulatedNs).toBeGreaterThanOrEqual(0)
      last = requestsDone
    }
    expect(turns).toBeGreaterThan(20)
    expect(lab.finish({ wallMs: 0, peakRssBytes: 0 }).result).toEqual(runToEnd(run))
  })

  it('carries the figures of its host, and no rate without time', () => {
    const lab = startRun(spec('direct', {}, { requests: 100 }))
    while (!lab.advance(1000)) continue
    expect(lab.finish({ wallMs: 50, peakRssBytes: 9 }).result.metrics).toMatchObject({
      wall_ms: 50,
      requests_per_wall_s: 2000,
      peak_rss_bytes: 9,
    })
    expect(lab.finish({ wallMs: 0, peakRssBytes: 9 }).result.metrics.requests_per_wall_s).toBe(0)
  })

  it('holds all this for random scenarios', () => {
    const scenario = fc.record({
      path: fc.constantFrom(...IO_PATHS),
      device: fc.constantFrom(...DEVICES),
      memoryMiB: fc.constantFrom(64, 1024, 8192, 65536),
      cpus: fc.integer({ min: 1, max: 8 }),
      blockKiB: fc.constantFrom(4, 8, 16, 32, 64),
      tlb: fc.constantFrom([4, 1], [16, 4], [64, 64]),
      costs: fc.constantFrom('x86new', 'p3smp', 'p4up', 'opteron8'),
      bouncePages: fc.constantFrom(16, 17, 1024),
      requestKiB: fc.integer({ min: 1, max: 300 }),
      queueDepth: fc.integer({ min: 1, max: 32 }),
      pattern: fc.constantFrom('sequential' as const, 'random' as const, 'mixed' as const),
      randomPercent: fc.integer({ min: 0, max: 100 }),
      readPercent: fc.constantFrom(0, 50, 100),
      requests: fc.integer({ min: 1, max: 250 }),
      spanMiB: fc.constantFrom(1, 6, 64),
      seed: fc.nat(),
    })
    fc.assert(
      fc.property(scenario, ({ path, seed, tlb, ...fields }) => {
        const { pattern, randomPercent, readPercent, requests, spanMiB, requestKiB, queueDepth, ...machine } =
          fields
        const [tlbEntries, tlbWays] = tlb as [number, number]
        // The least that the check of scenarios lets pass: every request in flight may hold 128 KiB.
        const cacheMiB = Math.max(1, Math.ceil((queueDepth * 128) / 1024))
        checkedRun(
          spec(
            path,
            { ...machine, tlbEntries, tlbWays, cacheMiB },
            { pattern, randomPercent, readPercent, requests, spanMiB, requestKiB, queueDepth },
            seed,
          ),
        )
      }),
      { numRuns: 40 },
    )
  })
})
