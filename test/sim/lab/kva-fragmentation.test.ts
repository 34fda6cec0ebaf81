import { describe, expect, it } from 'vitest'
import type { Metrics } from '../../../src/sim/lab/metrics.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import type { IoPath, MachineConfig } from '../../../src/sim/lab/scenario.ts'
import { scenarioErrorOf } from './scenario-error-of.ts'
import { runToEnd, spec } from './scenarios.ts'

function metricsOf(path: IoPath, changes: Partial<MachineConfig> = {}): Metrics {
  const machine = { cacheMiB: 16, blockMix: true, ...changes }
  const job = { requestKiB: 8, requests: 4000, spanMiB: 96, queueDepth: 8, readPercent: 70 } as const
  return runToEnd(spec(path, machine, job)).metrics
}

describe('blocks of 8, 16 and 64 KiB in one cache', () => {
  it.each(['mapped', 'embedded', 'adjacent'] as const)(
    '%s runs out of holes and takes buffers apart for them',
    (path) => {
      const metrics = metricsOf(path)
      expect(metrics).toMatchObject({ verify_errors: 0, sanitizer_violations: 0, io_errors: 0 })
      expect(metrics.buf_defrags).toBeGreaterThan(100)
      expect(metrics.buf_defrags).toBe(metrics.kva_search_failures)
    },
  )

  it.each(['direct', 'unmapped', 'kvabio', 'direct-map', 'copy'] as const)('%s never does', (path) => {
    const metrics = metricsOf(path)
    expect(metrics).toMatchObject({ verify_errors: 0, sanitizer_violations: 0, io_errors: 0 })
    expect([metrics.buf_defrags, metrics.kva_search_failures]).toEqual([0, 0])
  })

  it('makes no difference while all blocks are of one size', () => {
    for (const blockKiB of [8, 16, 64] as const)
      expect(metricsOf('mapped', { blockMix: false, blockKiB }).buf_defrags).toBe(0)
  })

  it.each(IO_PATHS)('is written later as well on %s', (path) => {
    const metrics = metricsOf(path, { writes: 'delayed', readAhead: 8, pageCacheMiB: 8, blockMix: true })
    expect(metrics).toMatchObject({ verify_errors: 0, sanitizer_violations: 0, io_errors: 0 })
    expect(metrics.delayed_writes).toBeGreaterThan(500)
  })

  it('refuses what needs blocks of one size, and a cache too small to make holes', () => {
    const place = (machine: Partial<MachineConfig>, job: object): string =>
      scenarioErrorOf(() => runToEnd(spec('mapped', { blockMix: true, cacheMiB: 16, ...machine }, job))).place
    expect(place({}, { physioPercent: 10 })).toBe('workload.physioPercent')
    expect(place({}, { sendfilePercent: 10 })).toBe('workload.sendfilePercent')
    expect(place({ cacheMiB: 4 }, {})).toBe('machine.cacheMiB')
  })
})
