import { describe, expect, it } from 'vitest'
import type { CpuTreeNode } from '../../../src/sim/lab/metrics.ts'
import { runToEnd, spec } from './scenarios.ts'

const changes = { device: 'ide-pio-disk', costs: 'p3smp' } as const

function timeAt(node: CpuTreeNode, name: string): number {
  return node.children.reduce(
    (sum, child) => sum + timeAt(child, name),
    node.name === name ? node.self_ns : 0,
  )
}

describe.each(['mapped', 'direct'] as const)('PIO disk, path %s', (path) => {
  it('loses nothing and leaks nothing', () => {
    const { metrics } = runToEnd(spec(path, changes, { requests: 400 }))
    expect(metrics).toMatchObject({ verify_errors: 0, sanitizer_violations: 0, io_errors: 0, dma_faults: 0 })
    expect(metrics.device_errors).toBe(0)
  })

  it('gets through faults by trying again', () => {
    const faulty = { ...changes, mediaErrors: 20_000, shortTransfers: 20_000, lostInterrupts: 5000 }
    const { metrics } = runToEnd(spec(path, faulty, { requests: 400 }))
    expect(metrics).toMatchObject({ verify_errors: 0, sanitizer_violations: 0, io_errors: 0 })
    expect(metrics.command_retries).toBeGreaterThan(0)
    expect(metrics.command_timeouts).toBeGreaterThan(0)
  })

  it('has the processor busy with more than 90% of a sequential read, where a bus master takes under 3%', () => {
    const job = {
      pattern: 'sequential',
      readPercent: 100,
      requestKiB: 64,
      queueDepth: 1,
      requests: 200,
    } as const
    const [pio, dma] = ['ide-pio-disk', 'ide-disk'].map((device) => {
      const { metrics } = runToEnd(spec(path, { ...changes, device, cpus: 1, blockKiB: 64 }, job))
      const { cpu_tree, simulated_ns } = metrics
      const ofDriver =
        ['ata_pio_data', 'ata_pio_start', 'ata_dma_start', 'prd', 'interrupt']
          .map((name) => timeAt(cpu_tree, name))
          .reduce((sum, ns) => sum + ns) / simulated_ns
      return { ofDriver, busy: metrics.cpu_busy_fraction, rate: metrics.throughput_Bps }
    }) as [Share, Share]
    expect(pio.ofDriver).toBeGreaterThan(0.9)
    expect(dma.ofDriver).toBeLessThan(0.03)
    expect(pio.rate).toBeLessThan(16.6e6)
  })
})

interface Share {
  readonly ofDriver: number
  readonly busy: number
  readonly rate: number
}
