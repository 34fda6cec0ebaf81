import { describe, expect, it } from 'vitest'
import type { Metrics } from '../../../src/sim/lab/metrics.ts'
import type { TraceWorkload } from '../../../src/sim/lab/scenario.ts'
import type { IoRequest, RequestSource } from '../../../src/sim/workload/request-source.ts'
import { machine, runToEnd } from '../lab/scenarios.ts'

const KIB = 1024

type Listed = Partial<IoRequest> & { readonly offset: number; readonly bytes: number }

/** A source of given requests. */
function sourceOf(list: readonly Listed[], skipped = 0): RequestSource {
  let next = 0
  return {
    skipped,
    next(out) {
      const request = list[next++]
      if (request === undefined) return false
      Object.assign(out, { kind: 0, write: false, atNs: 0, ...request })
      return true
    },
  }
}

/** Runs requests as a trace on a machine with blocks of 16 KiB and one processor. */
function play(list: readonly Listed[], changes: Partial<TraceWorkload> = {}, skipped = 0): Metrics {
  const workload: TraceWorkload = {
    kind: 'trace',
    name: 'list',
    file: 'builtin:list',
    format: 'auto',
    pace: 'asap',
    queueDepth: 1,
    limit: 0,
    units: 1,
    ...changes,
  }
  const scenario = { name: 'list', machine: { ...machine, cpus: 1, cacheMiB: 16 }, workload }
  return runToEnd({ scenario, path: 'mapped', seed: 1 }, sourceOf(list, skipped)).metrics
}

describe('IoThreads', () => {
  it('reads each block of a request once, also beyond the 128 KiB that it works on at once', () => {
    const metrics = play([{ offset: 120 * KIB, bytes: 300 * KIB }])
    expect(metrics).toMatchObject({
      requests: 1,
      bytes: 300 * KIB,
      bytes_copied_cpu: 300 * KIB,
      verify_errors: 0,
    })
    // Blocks 7 to 26.
    expect([metrics.cache_misses, metrics.cache_hits]).toEqual([20, 0])
  })

  it('verifies sectors anywhere in a block, and reads them back from the cache', () => {
    const metrics = play([
      { offset: 15 * KIB + 512, bytes: 1024, write: true },
      { offset: 15 * KIB, bytes: 2048 },
      { offset: 15 * KIB + 512, bytes: 512, write: true },
      { offset: 0, bytes: 32 * KIB },
    ])
    expect(metrics).toMatchObject({ cache_misses: 2, cache_hits: 5, verify_errors: 0, requests: 4 })
  })

  it('does not read a block that a write covers whole, and reads one that it covers in part', () => {
    const deviceTime = (bytes: number): number =>
      play([{ offset: 64 * KIB, bytes, write: true }]).device_busy_fraction *
      play([{ offset: 64 * KIB, bytes, write: true }]).simulated_ns
    // A write of the SSD takes 60 us, a read 80 us.
    expect(deviceTime(16 * KIB)).toBeLessThan(100_000)
    expect(deviceTime(16 * KIB - 512)).toBeGreaterThan(170_000)
  })

  it('keeps to the recorded times when it is paced, and measures from them', () => {
    const list = [0, 1, 2, 3].map((i) => ({ offset: i * 16 * KIB, bytes: 4 * KIB, atNs: i * 1e6 }))
    const paced = play(list, { pace: 'recorded' })
    expect(paced.simulated_ns).toBeGreaterThan(3e6)
    expect(paced.simulated_ns).toBeLessThan(3.3e6)
    expect(paced.latency_ns.max).toBeLessThan(3e5)
    expect(play(list).simulated_ns).toBeLessThan(6e5)
    // All at once, one at a time: the last waits for the others, and its latency counts that.
    const burst = play(
      list.map((each) => ({ ...each, atNs: 0 })),
      { pace: 'recorded' },
    )
    expect(burst.latency_ns.max).toBeGreaterThan(3 * burst.latency_ns.p50 * 0.5)
    expect(burst.latency_ns.max).toBe(burst.simulated_ns)
  })

  it('works on as many requests as its queue is deep', () => {
    const list = Array.from({ length: 64 }, (_, i) => ({ offset: i * 16 * KIB, bytes: 4 * KIB }))
    const one = play(list, { queueDepth: 1 }).simulated_ns
    const eight = play(list, { queueDepth: 8 }).simulated_ns
    expect(one / eight).toBeGreaterThan(2.5)
    expect(play(list, { queueDepth: 8 }).latency_ns.p50).toBeGreaterThan(play(list).latency_ns.p50)
  })

  it('lets threads that want one block have it one after another', () => {
    const list = Array.from({ length: 40 }, (_, i) => ({
      offset: 4 * KIB * (i % 4),
      bytes: 4 * KIB,
      write: i % 3 === 0,
    }))
    const metrics = play(list, { queueDepth: 16 })
    expect(metrics).toMatchObject({ requests: 40, verify_errors: 0, cache_misses: 1 })
    expect(metrics.cache_hits).toBe(39)
  })

  it('ends at once without requests, and passes on how many lines were skipped', () => {
    const metrics = play([], {}, 12)
    expect(metrics).toMatchObject({
      requests: 0,
      bytes: 0,
      iops: 0,
      throughput_Bps: 0,
      trace_lines_skipped: 12,
    })
    expect(Object.values(metrics.latency_ns)).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(metrics.cpu_ns_per_request).toBe(0)
  })
})
