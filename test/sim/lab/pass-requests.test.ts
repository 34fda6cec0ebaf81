import { describe, expect, it } from 'vitest'
import { BUILTIN_DEVICES } from '../../../src/shared/profiles/builtin-devices.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import { runToEnd, spec } from './scenarios.ts'

const DEVICES = [...BUILTIN_DEVICES.keys()]
/** Devices that move data by themselves, so that the path `direct` maps nothing. */
const WITHOUT_DMA = ['ide-pio-disk']

describe.each(DEVICES)('pass-through commands on %s', (device) => {
  it.each(IO_PATHS)('are answered beside reads and writes on the path %s', (path) => {
    const machine = { device, memoryMiB: 1024 } as const
    const { metrics, violations } = runToEnd(spec(path, machine, { requests: 400, passPercent: 30 }))
    expect(metrics.requests).toBe(400)
    expect(metrics.pass_requests).toBeGreaterThan(80)
    expect(metrics.pass_requests).toBeLessThan(160)
    expect([metrics.verify_errors, metrics.io_errors, metrics.dma_faults]).toEqual([0, 0, 0])
    expect(violations ?? []).toEqual([])
    if (path === 'direct' && !WITHOUT_DMA.includes(device)) expect(metrics.kva_maps).toBe(0)
  })

  it('alone are no reads or writes', () => {
    const { metrics } = runToEnd(spec('direct', { device }, { requests: 60, passPercent: 100 }))
    expect([metrics.pass_requests, metrics.cache_misses, metrics.verify_errors]).toEqual([60, 0, 0])
    expect(metrics.bytes).toBeLessThan(60 * 4096)
  })
})
