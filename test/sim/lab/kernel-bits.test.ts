import { describe, expect, it } from 'vitest'
import { runToEnd, spec } from './scenarios.ts'

const SMALL = { requests: 2000, spanMiB: 32 }

describe('a 32-bit kernel', () => {
  it('copies through sf_bufs on the direct path: mappings of one page, and no IPI', () => {
    const { metrics } = runToEnd(spec('direct', { kernelBits: 32, memoryMiB: 2048 }, SMALL))
    expect(metrics).toMatchObject({ verify_errors: 0, tlb_stale_accesses: 0, ipis: 0 })
    expect(metrics.kva_maps).toBeGreaterThan(0)
    expect(metrics.pte_writes).toBe(metrics.kva_maps)
  })

  it('does what the 64-bit one does on the mapped path', () => {
    const short = runToEnd(spec('mapped', { kernelBits: 32 }, SMALL))
    const long = runToEnd(spec('mapped', { kernelBits: 64 }, SMALL))
    expect(short).toEqual(long)
  })
})

it('a 64-bit kernel maps no data on the direct path', () => {
  const { metrics } = runToEnd(spec('direct', { kernelBits: 64 }, SMALL))
  expect([metrics.kva_maps, metrics.pte_writes]).toEqual([0, 0])
})

it('sockets make shootdowns dearer, and change nothing that is counted', () => {
  const one = runToEnd(spec('mapped', { cpus: 8, sockets: 1 }, SMALL)).metrics
  const four = runToEnd(spec('mapped', { cpus: 8, sockets: 4 }, SMALL)).metrics
  const perShootdown = (metrics: typeof one): number =>
    (metrics.cpu_ns_per_request_by_layer.shootdown * metrics.requests) / metrics.tlb_shootdowns
  // Seven targets: one of the other seven shares the socket with four sockets, all of them with one.
  expect(perShootdown(four) - perShootdown(one)).toBeCloseTo(6 * (600 - 70), 6)
  expect(four.ipis / four.tlb_shootdowns).toBe(7)
})
