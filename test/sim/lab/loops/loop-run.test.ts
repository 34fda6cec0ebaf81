import { describe, expect, it } from 'vitest'
import { loopWorkloadSchemas } from '../../../../src/shared/project/loop-schema.ts'
import { beginRun } from '../../../../src/sim/lab/begin-run.ts'
import type { Metrics } from '../../../../src/sim/lab/metrics.ts'
import type { LoopName, MachineConfig, ResolvedScenario, RunSpec } from '../../../../src/sim/lab/scenario.ts'
import { IO_PATHS, LOOP_NAMES, LOOP_PATH } from '../../../../src/sim/lab/scenario.ts'
import { scenarioErrorOf } from '../scenario-error-of.ts'
import { machine as base, spec } from '../scenarios.ts'
import { finishLoop, profilesOf, startLoop } from './loop-results.ts'

interface SmallLoop {
  readonly machine: Partial<MachineConfig>
  readonly workload: Readonly<Record<string, unknown>>
}

/** Each loop, a hundred iterations or so. */
const SMALL: Readonly<Record<LoopName, SmallLoop>> = {
  'memory-disk': { machine: { cpus: 1 }, workload: { pages: 1000, sfBufs: 64 } },
  'pipe-pages': { machine: {}, workload: { lists: 100 } },
  'compute-pages': { machine: {}, workload: { maps: 100 } },
  vmap: { machine: { cpus: 4, sockets: 2 }, workload: { threads: 4, loops: 25, design: 'one-lock' } },
  'read-pipeline': { machine: {}, workload: { reads: 100 } },
  'iommu-map': { machine: { cpus: 1, iommu: 'lazy' }, workload: { requests: 100 } },
}

function scenario(
  loop: LoopName,
  workload: object = {},
  machine: Partial<MachineConfig> = {},
): ResolvedScenario {
  const small = SMALL[loop]
  return {
    name: loop,
    machine: { ...base, ...small.machine, ...machine },
    workload: loopWorkloadSchemas[loop].parse({
      kind: 'loop',
      name: 'w',
      loop,
      ...small.workload,
      ...workload,
    }),
  }
}

const metricsOf = (...args: Parameters<typeof scenario>): Metrics =>
  finishLoop(scenario(...args)).result.metrics

describe.each(LOOP_NAMES)('the loop %s', (loop) => {
  it('has an ordinary result: its iterations are the requests, its time adds up', () => {
    const { result, series } = finishLoop(scenario(loop))
    expect(result).toMatchObject({ scenario: loop, path: 'loop', seed: 1 })
    const { metrics } = result
    const requests = loop === 'memory-disk' ? Math.ceil(1000 / 16) : 100
    expect(metrics.requests).toBe(requests)
    expect(metrics.bytes).toBeGreaterThan(0)
    expect(metrics.iops).toBeCloseTo((requests * 1e9) / metrics.simulated_ns, 6)
    expect(metrics.cpu_tree.total_ns).toBeCloseTo(metrics.cpu_ns_per_request * requests, 3)
    expect(metrics.cpu_busy_fraction).toBeGreaterThan(0)
    expect(metrics.cpu_busy_fraction).toBeLessThanOrEqual(1)
    expect(metrics.latency_ns.max).toBeGreaterThan(0)
    expect(metrics.latency_ns.max).toBeLessThanOrEqual(metrics.simulated_ns)
    expect(series.requests.reduce((sum, each) => sum + each, 0)).toBe(requests)
    expect(metrics).toMatchObject({
      verify_errors: 0,
      io_errors: 0,
      sanitizer_violations: 0,
      tlb_stale_accesses: 0,
      cache_misses: 0,
      device_busy_fraction: 0,
      msf_created: 0,
    })
  })

  it('gives the same, however often it is run and however it is cut into turns', () => {
    const first = JSON.stringify(finishLoop(scenario(loop)))
    expect(JSON.stringify(finishLoop(scenario(loop)))).toBe(first)
    expect(JSON.stringify(finishLoop(scenario(loop), 7))).toBe(first)
    expect(JSON.stringify(finishLoop(scenario(loop), 1))).toBe(first)
  })

  it('tells how far it is', () => {
    const run = startLoop(scenario(loop))
    const total = run.progress().requestsTotal!
    expect(run.progress()).toMatchObject({ requestsDone: 0, simulatedNs: 0 })
    let last = 0
    while (!run.advance(9)) {
      const { requestsDone, requestsTotal } = run.progress()
      expect(requestsDone).toBeGreaterThanOrEqual(last)
      expect(requestsTotal).toBe(total)
      last = requestsDone
    }
    expect(last).toBeGreaterThan(0)
    expect(run.progress().requestsDone).toBe(total)
    const { result } = run.finish({ wallMs: 0, peakRssBytes: 0 })
    expect(run.progress().simulatedNs).toBeCloseTo(result.metrics.simulated_ns, -3)
  })

  it('does not run on a path, and keeps no history', () => {
    const resolved = scenario(loop)
    for (const path of IO_PATHS) {
      const error = scenarioErrorOf(() =>
        beginRun({ scenario: resolved, path, seed: 1 }, null, profilesOf(resolved)),
      )
      expect(error.place).toBe('path')
      expect(error.remedy).toContain('Leave the path out')
      expect(error.message).toContain(`is ${path}, but a kernel loop (${loop})`)
    }
    const error = scenarioErrorOf(() =>
      beginRun({ scenario: resolved, path: LOOP_PATH, seed: 1 }, null, profilesOf(resolved), { bytes: 1e6 }),
    )
    expect(error).toMatchObject({ place: 'workload.kind' })
  })
})

it('refuses the path of loops for a disk workload', () => {
  const job: RunSpec = { ...spec('direct'), path: LOOP_PATH }
  const error = scenarioErrorOf(() => beginRun(job, null, profilesOf(job.scenario)))
  expect(error.place).toBe('path')
  expect(error.remedy).toContain('direct')
})

it.each<[LoopName, Partial<MachineConfig>, object, string, RegExp, RegExp]>([
  ['memory-disk', { cpus: 2 }, {}, 'machine.cpus', /is 2, .* has 1$/, /Set it to 1\./],
  ['pipe-pages', { cpus: 1 }, {}, 'machine.cpus', /has 2 to 32/, /2 to 32/],
  ['pipe-pages', { cpus: 33 }, {}, 'machine.cpus', /is 33/, /2 to 32/],
  ['read-pipeline', { cpus: 4 }, {}, 'machine.cpus', /has 2$/, /Set it to 2/],
  ['iommu-map', { cpus: 2 }, {}, 'machine.cpus', /has 1$/, /Set it to 1/],
  ['vmap', { cpus: 6, sockets: 4 }, {}, 'machine.sockets', /6 processors/, /divisor/],
  ['vmap', {}, { threads: 5 }, 'workload.threads', /is 5, .* 4 processors/, /raise machine.cpus/],
])('%s on a machine that does not fit says so (%j %j)', (loop, machine, workload, place, message, remedy) => {
  const error = scenarioErrorOf(() => startLoop(scenario(loop, workload, machine)))
  expect(error.place).toBe(place)
  expect(error.message).toMatch(message)
  expect(error.remedy).toMatch(remedy)
})

describe('what loops count', () => {
  it('a memory disk: mappings by the way it has access to a page, of the measured pass alone', () => {
    const disk = (workload: object): Metrics => metricsOf('memory-disk', workload)
    const [malloc, qenter] = [disk({ access: 'malloc' }), disk({ access: 'qenter' })]
    expect(malloc).toMatchObject({ kva_maps: 0, pte_writes: 0, kva_bytes_max: 1000 * 4096 })
    expect(qenter).toMatchObject({ kva_maps: 1000, kva_unmaps: 1000, pte_writes: 2000, kva_bytes_max: 4096 })
    expect(disk({ sfBufs: 1000 }).kva_maps).toBe(1000)
    expect(disk({ sfBufs: 1000, warmPasses: 1 }).kva_maps).toBe(0)
    expect(disk({ sfBufs: 999, warmPasses: 2 }).kva_maps).toBe(1000)
    const warm = disk({ warmPasses: 2 })
    expect(warm.simulated_ns).toBeCloseTo(warm.requests * warm.latency_ns.mean, 3)
    expect(warm.cpu_busy_fraction).toBe(1)
    for (const metrics of [malloc, qenter]) {
      expect(metrics.bytes).toBe(1000 * 4096)
      expect(metrics.bytes_copied_cpu).toBe(1000 * 4096)
    }
  })

  it('a pipe: shootdowns when everybody is told, and no mapping while the pool has all pages', () => {
    const pipe = (workload: object, machine?: Partial<MachineConfig>): Metrics =>
      metricsOf('pipe-pages', workload, machine)
    expect(pipe({})).toMatchObject({ bytes: 3200 * 4096, kva_maps: 3200, tlb_shootdowns: 3200, ipis: 3200 })
    expect(pipe({}, { cpus: 4 }).ipis).toBe(3 * 3200)
    expect(pipe({ mappings: 'local' })).toMatchObject({ kva_maps: 3200, ipis: 0 })
    expect(pipe({ sfBufs: 256 }).kva_maps).toBe(256)
    const slow = metricsOf('compute-pages', { computeNs: 500_000 })
    expect(slow.latency_ns.mean).toBeGreaterThan(500_000)
    expect(slow.latency_ns.mean).toBeLessThan(520_000)
  })

  it('vmap: a map and an unmap for each loop, and what is mapped at one time', () => {
    const one = metricsOf('vmap', { pages: 8 })
    expect(one).toMatchObject({ kva_maps: 100, kva_unmaps: 100, bytes: 800 * 4096, tlb_shootdowns: 100 })
    expect(one.kva_bytes_max).toBeLessThanOrEqual(4 * 8 * 4096)
    expect(one.lock_contentions).toBeGreaterThan(0)
    expect(metricsOf('vmap', { design: 'per-cpu' }).tlb_shootdowns).toBe(0)
  })

  it('reads: what is copied, and what bounces', () => {
    expect(metricsOf('read-pipeline')).toMatchObject({ bytes: 819_200, bytes_copied_cpu: 819_200 })
    expect(metricsOf('read-pipeline', { copies: false, bounces: true })).toMatchObject({
      bytes_copied_cpu: 819_200,
      bytes_bounced: 819_200,
      device_interrupts: 100,
    })
    const disks = metricsOf('read-pipeline', { disks: 1, diskMBps: 8.192, ahead: 1, reads: 1000 })
    expect(disks.throughput_Bps / 8.192e6).toBeCloseTo(1, 1)
  })

  it('an IOMMU: one invalidation for each strict request, and none without mapping', () => {
    const iommu = (policy: MachineConfig['iommu'], workload?: object): number =>
      metricsOf('iommu-map', workload, { iommu: policy }).iotlb_invalidations
    expect(iommu('strict', { queueDepth: 32 })).toBe(100 - 32)
    expect(iommu('strict', { premapped: true })).toBe(0)
    expect([iommu('none'), iommu('passthrough')]).toEqual([0, 0])
  })
})
