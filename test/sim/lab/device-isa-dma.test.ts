import { describe, expect, it } from 'vitest'
import { runToEnd, spec } from './scenarios.ts'

const changes = { device: 'isa-dma-disk', costs: 'p3smp' } as const

describe.each(['mapped', 'direct'] as const)('disk on ISA DMA, path %s', (path) => {
  it('bounces everything that it cannot reach, and loses nothing', () => {
    const { metrics } = runToEnd(spec(path, changes, { requests: 300 }))
    expect(metrics).toMatchObject({ verify_errors: 0, sanitizer_violations: 0, io_errors: 0, dma_faults: 0 })
    expect(metrics.bytes_bounced).toBeGreaterThan(1_000_000)
  })

  it('gets through faults by trying again', () => {
    const faulty = { ...changes, mediaErrors: 20_000, shortTransfers: 20_000, lostInterrupts: 5000 }
    const { metrics } = runToEnd(spec(path, faulty, { requests: 300 }))
    expect(metrics).toMatchObject({ verify_errors: 0, sanitizer_violations: 0, io_errors: 0 })
    expect(metrics.command_retries).toBeGreaterThan(0)
    expect(metrics.command_timeouts).toBeGreaterThan(0)
  })
})
