import { describe, expect, it } from 'vitest'
import type { MachineConfig } from '../../../src/sim/lab/scenario.ts'
import { runToEnd, spec } from './scenarios.ts'

const quick = { requests: 1500 }

function metricsOf(path: 'mapped' | 'direct', machine: Partial<MachineConfig>) {
  return runToEnd(spec(path, machine, quick)).metrics
}

describe.each(['mapped', 'direct'] as const)('the %s path', (path) => {
  it.each([64, 8192, 1024 * 1024])('runs on a machine of %i MiB without a wrong byte', (memoryMiB) => {
    const metrics = metricsOf(path, { memoryMiB })
    expect(metrics.requests).toBe(1500)
    expect(metrics.verify_errors).toBe(0)
  })

  it('runs with a cache of half the memory, which the rest of the system must make room for', () => {
    const metrics = runToEnd(
      spec(path, { memoryMiB: 64, cacheMiB: 32 }, { requests: 6000, spanMiB: 256 }),
    ).metrics
    expect(metrics.requests).toBe(6000)
    expect(metrics.verify_errors).toBe(0)
  })

  it('never bounces with a device of 64 bits', () => {
    expect(metricsOf(path, { device: 'ahci-ssd' }).bytes_bounced).toBe(0)
  })

  it.each([0, 30, 100])('keeps every byte while memory ages, from fragmentation %i on', (fragmentation) => {
    const metrics = metricsOf(path, { ageing: 60, fragmentation, numaDomains: 2, cpus: 4 })
    expect(metrics.verify_errors).toBe(0)
    expect(metrics.tlb_stale_accesses).toBe(0)
  })
})

describe('a device of 32 bits', () => {
  const ide = { device: 'ide-disk', memoryMiB: 8192 } as const

  it('bounces about half of the pages when buffers lie all over 8 GiB, and all in contiguous memory', () => {
    const scattered = metricsOf('direct', { ...ide, fragmentation: 100 })
    const contiguous = metricsOf('direct', { ...ide, fragmentation: 0 })
    expect(contiguous.bytes_bounced).toBeGreaterThan(0)
    expect(scattered.bytes_bounced / contiguous.bytes_bounced).toBeGreaterThan(0.4)
    expect(scattered.bytes_bounced / contiguous.bytes_bounced).toBeLessThan(0.6)
  })

  it('bounces nothing when all memory is within its reach', () => {
    expect(metricsOf('direct', { ...ide, memoryMiB: 2048 }).bytes_bounced).toBe(0)
  })
})

it('gives the same result for the same seed', () => {
  const run = (seed: number) => runToEnd(spec('mapped', { fragmentation: 50, ageing: 20 }, quick, seed))
  expect(run(7)).toEqual(run(7))
})
