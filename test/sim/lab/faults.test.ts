import { describe, expect, it } from 'vitest'
import { BUILTIN_DEVICES } from '../../../src/shared/profiles/builtin-devices.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import type { MachineConfig } from '../../../src/sim/lab/scenario.ts'
import { DEVICES, runToEnd, spec, startRun } from './scenarios.ts'

const run = (changes: Partial<MachineConfig>, requests = 1500) =>
  runToEnd(spec('direct', changes, { requests, readPercent: 50 }))

describe.each(DEVICES)('faults on %s', (device) => {
  it('bad sectors and short transfers are tried again, and the data is right', () => {
    const { metrics } = run({ device, mediaErrors: 20_000, shortTransfers: 20_000 })
    expect(metrics.requests).toBe(1500)
    expect(metrics.device_errors).toBeGreaterThan(10)
    expect(metrics.command_retries).toBe(metrics.device_errors)
    expect([metrics.io_errors, metrics.verify_errors, metrics.sanitizer_violations]).toEqual([0, 0, 0])
  })

  it('a disk that is broken for good fails its requests, and the run ends', () => {
    const { metrics } = run({ device, mediaErrors: 1_000_000 }, 300)
    expect([metrics.requests, metrics.io_errors, metrics.verify_errors]).toEqual([300, 300, 0])
    expect(metrics.command_retries).toBeCloseTo(metrics.device_errors * 0.8, 6)
  })

  it('lost interrupts are found by the timer', () => {
    const { metrics } = run({ device, lostInterrupts: 5_000 })
    expect(metrics.command_timeouts).toBeGreaterThan(2)
    expect(metrics.latency_ns.max).toBeGreaterThan(5e9)
    expect([metrics.io_errors, metrics.verify_errors, metrics.sanitizer_violations]).toEqual([0, 0, 0])
  })

  it('stray transfers are caught by what they do to memory', () => {
    const { metrics, violations } = run({ device, strayTransfers: 50_000 })
    expect(metrics.verify_errors).toBeGreaterThan(0)
    expect(violations?.some(({ kind }) => kind === 'dma-to-free-page')).toBe(true)
  })
})

it('a device that saves up its interrupts sends fewer, which saves processor time', () => {
  const device = BUILTIN_DEVICES.get('ahci-ssd')!
  const with8 = { ...device, interrupts: { commands: 8, ns: 50_000 } }
  const [each, saved] = [device, with8].map((profile) => {
    const lab = startRun(spec('direct', {}, { requests: 2000, readPercent: 100 }), null, profile)
    while (!lab.advance(10_000)) continue
    return lab.finish({ wallMs: 0, peakRssBytes: 0 }).result.metrics
  })
  expect(saved!.device_interrupts).toBeLessThan(each!.device_interrupts * 0.6)
  expect(saved!.cpu_ns_per_request).toBeLessThan(each!.cpu_ns_per_request)
  expect([saved!.verify_errors, saved!.io_errors]).toEqual([0, 0])
})

describe('an IOMMU', () => {
  it.each([
    ['passthrough', 'ahci-ssd'],
    ['strict', 'ahci-ssd'],
    ['lazy', 'ahci-ssd'],
    ['strict', 'ide-disk'],
    ['lazy', 'ide-disk'],
  ] as const)('%s moves the right bytes to %s on every path, and nothing bounces', (iommu, device) => {
    for (const path of IO_PATHS) {
      const { metrics } = runToEnd(spec(path, { device, iommu }, { requests: 1500 }))
      expect([metrics.io_errors, metrics.verify_errors, metrics.sanitizer_violations]).toEqual([0, 0, 0])
      expect([metrics.dma_faults, metrics.bytes_bounced]).toEqual([0, 0])
      expect(metrics.iotlb_invalidations > 0).toBe(iommu !== 'passthrough')
    }
  })

  it('costs more when it is strict', () => {
    const cpu = (['none', 'lazy', 'strict'] as const).map(
      (iommu) => run({ iommu }).metrics.cpu_ns_per_request,
    )
    expect(cpu[0]).toBeLessThan(cpu[1]!)
    expect(cpu[1]).toBeLessThan(cpu[2]!)
  })

  it('stops stray transfers, which are then tried again', () => {
    const { metrics } = run({ iommu: 'strict', strayTransfers: 50_000 })
    expect(metrics.dma_faults).toBeGreaterThan(10)
    expect(metrics.command_retries).toBe(metrics.dma_faults)
    expect([metrics.io_errors, metrics.verify_errors, metrics.sanitizer_violations]).toEqual([0, 0, 0])
  })
})

describe('the dialects of BUSDMA', () => {
  it.each(['dragonfly-2020', 'freebsd-10.4', 'freebsd-main', 'dmalab', 'linux'] as const)(
    'of %s moves the right bytes to a 32-bit device',
    (busdma) => {
      const { metrics } = run({ device: 'ide-disk', busdma, blockKiB: 64, cacheMiB: 16 })
      expect(metrics.bytes_bounced).toBeGreaterThan(0)
      expect([metrics.io_errors, metrics.verify_errors, metrics.sanitizer_violations]).toEqual([0, 0, 0])
    },
  )

  it('of Linux splits what the others refuse', () => {
    const machine = { device: 'ide-disk', blockKiB: 64, cacheMiB: 16, memoryMiB: 1024 } as const
    const few = { ...BUILTIN_DEVICES.get('ide-disk')! }
    const device = { ...few, tags: few.tags.map((tag) => ({ ...tag, nsegments: 5 })) }
    const on = (busdma: MachineConfig['busdma']) => {
      const lab = startRun(spec('direct', { ...machine, busdma }, { requests: 300 }), null, device)
      while (!lab.advance(10_000)) continue
      return lab.finish({ wallMs: 0, peakRssBytes: 0 }).result.metrics
    }
    const linux = on('linux')
    expect(linux.request_splits).toBeGreaterThan(100)
    expect([linux.io_errors, linux.verify_errors, linux.sanitizer_violations]).toEqual([0, 0, 0])
    expect(on('dmalab')).toMatchObject({ request_splits: 0, io_errors: 300 })
  })

  it('of 2004 hands an IDE device regions over 64 KiB lines, which the device refuses', () => {
    const { metrics, violations } = run({
      device: 'ide-disk',
      busdma: 'dragonfly-2004',
      memoryMiB: 1024,
      fragmentation: 0,
      blockKiB: 64,
      cacheMiB: 16,
    })
    expect(metrics.dma_faults).toBeGreaterThan(0)
    expect(violations?.[0]?.object).toMatch(/IDE PRD crosses a 64 KiB line/)
    expect(metrics.io_errors).toBeGreaterThan(0)
  })
})
