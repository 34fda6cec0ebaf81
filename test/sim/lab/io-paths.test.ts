import { describe, expect, it } from 'vitest'
import type { CpuTreeNode, Metrics } from '../../../src/sim/lab/metrics.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import type { IoPath, JobWorkload, MachineConfig } from '../../../src/sim/lab/scenario.ts'
import { runToEnd, spec } from './scenarios.ts'

const DMA_DEVICES = ['ahci-ssd', 'ide-disk', 'nvme-p4800x'] as const
const PIO_DEVICE = 'ide-pio-disk'
const DEVICES = [...DMA_DEVICES, PIO_DEVICE] as const

/** Few buffers, so that they are used again and again. */
const machine = { cacheMiB: 2, cpus: 4 } as const

function metricsOf(
  path: IoPath,
  machineChanges: Partial<MachineConfig> = {},
  jobChanges: Partial<JobWorkload> = {},
): Metrics {
  return runToEnd(spec(path, { ...machine, ...machineChanges }, { requests: 250, ...jobChanges })).metrics
}

function timeAt(node: CpuTreeNode, name: string): number {
  const below = node.children.reduce((sum, child) => sum + timeAt(child, name), 0)
  return below + (node.name === name ? node.total_ns : 0)
}

describe.each(IO_PATHS)('the path %s', (path) => {
  it.each(DEVICES)('reads what was written on %s, and leaves nothing behind', (device) => {
    const metrics = metricsOf(path, { device })
    expect(metrics).toMatchObject({
      requests: 250,
      verify_errors: 0,
      sanitizer_violations: 0,
      tlb_stale_accesses: 0,
      io_errors: 0,
      device_errors: 0,
    })
    expect(metrics.bytes_bounced > 0).toBe(device === 'ide-disk')
  })

  it.each(['ahci-ssd', PIO_DEVICE])('gets through faults on %s by trying again', (device) => {
    const faults = { mediaErrors: 30_000, shortTransfers: 30_000, lostInterrupts: 5000 }
    const metrics = metricsOf(path, { device, ...faults })
    expect(metrics).toMatchObject({ verify_errors: 0, sanitizer_violations: 0, io_errors: 0 })
    expect(metrics.command_retries).toBeGreaterThan(0)
  })

  it('leaves nothing behind when every command fails', () => {
    const metrics = metricsOf(path, { mediaErrors: 1_000_000 }, { requests: 40 })
    expect(metrics).toMatchObject({ sanitizer_violations: 0, verify_errors: 0, io_errors: 40 })
  })

  it('serves blocks that begin and end within a transfer in parts, as Linux splits them', () => {
    const split = { device: 'ide-disk', busdma: 'linux', blockKiB: 64, cacheMiB: 8 } as const
    expect(metricsOf(path, split, { requestKiB: 128, requests: 60 })).toMatchObject({
      verify_errors: 0,
      sanitizer_violations: 0,
      io_errors: 0,
    })
  })
})

describe('the roadmap of the post', () => {
  const [mapped, embedded, adjacent, direct] = (['mapped', 'embedded', 'adjacent', 'direct'] as const).map(
    (path) => metricsOf(path),
  ) as [Metrics, Metrics, Metrics, Metrics]

  it('maps in its first steps as before, and no more in the last', () => {
    for (const step of [embedded, adjacent]) {
      expect(step.kva_maps).toBe(mapped.kva_maps)
      expect(step.ipis).toBe(mapped.ipis)
    }
    expect([direct.kva_maps, direct.ipis]).toEqual([0, 0])
  })

  it('makes msf_bufs anew at two borders, then at none', () => {
    const transfers = embedded.msf_recreated / 2
    expect(transfers).toBeGreaterThan(250)
    expect(embedded.kva_translations).toBe(transfers * 4)
    expect(embedded.msf_created).toBeGreaterThan(embedded.msf_recreated)
    expect(adjacent.msf_recreated).toBe(0)
    expect(adjacent.msf_created).toBe(adjacent.kva_maps)
  })

  it('passes them on from the second step: from CAM to the driver, and on to BUSDMA', () => {
    expect(embedded.msf_passed).toBe(embedded.msf_recreated / 2)
    expect(adjacent.msf_passed).toBe(embedded.msf_passed * 2)
    expect(direct.msf_passed).toBe(adjacent.msf_passed)
  })

  it('walks mappings back once a buffer, then never', () => {
    expect(adjacent.kva_translations).toBe(adjacent.msf_created * 4)
    expect(adjacent.kva_translations).toBeLessThan(embedded.kva_translations)
    expect(direct.kva_translations).toBe(0)
  })
})

describe('paths without mappings', () => {
  const PATHS = ['direct', 'unmapped', 'direct-map', 'copy'] as const

  it.each(PATHS.flatMap((path) => DMA_DEVICES.map((device) => [path, device] as const)))(
    '%s on %s maps nothing and interrupts nobody',
    (path, device) => {
      expect(metricsOf(path, { device })).toMatchObject({
        kva_maps: 0,
        kva_unmaps: 0,
        pte_writes: 0,
        ipis: 0,
      })
    },
  )

  it('unmapped maps for a driver without DMA, for each transfer, and tells everybody both times', () => {
    const metrics = metricsOf('unmapped', { device: PIO_DEVICE })
    expect(metrics.kva_maps).toBeGreaterThan(250)
    expect(metrics.kva_unmaps).toBe(metrics.kva_maps)
    expect(metrics.pte_writes).toBe(8 * metrics.kva_maps)
    expect(metrics.tlb_shootdowns).toBe(2 * metrics.kva_maps)
    expect(metrics.ipis).toBe(3 * metrics.tlb_shootdowns)
    expect(metrics.kva_bytes_max).toBe(16 * 1024)
  })

  it('direct-map serves that driver too without a mapping, an invalidation or a descriptor', () => {
    expect(metricsOf('direct-map', { device: PIO_DEVICE })).toMatchObject({
      kva_maps: 0,
      pte_writes: 0,
      tlb_invalidations_local: 0,
      tlb_misses: 0,
      msf_created: 0,
    })
  })

  it('copy moves every byte of every transfer once more, through memory that stays mapped', () => {
    const [copy, direct] = [metricsOf('copy'), metricsOf('direct')]
    const transfers = direct.msf_passed / 2
    expect(copy.bytes_copied_cpu - direct.bytes_copied_cpu).toBe(transfers * 16 * 1024)
    expect(copy.kva_bytes_max).toBe(2 * 1024 * 1024)
    expect(copy.msf_created).toBe(0)
    expect(metricsOf('copy', { device: PIO_DEVICE })).toMatchObject({ kva_maps: 0, pte_writes: 0, ipis: 0 })
  })
})

describe('kvabio', () => {
  it.each(DEVICES)('on %s enters every buffer and tells no processor', (device) => {
    const kvabio = metricsOf('kvabio', { device })
    expect(kvabio).toMatchObject({ ipis: 0, tlb_shootdowns: 0, tlb_stale_accesses: 0 })
    expect(kvabio.pte_writes).toBeGreaterThan(0)
    expect(kvabio.pte_writes).toBe(4 * (kvabio.kva_maps + kvabio.kva_unmaps))
  })

  it('has each processor forget a buffer once before it touches it', () => {
    const writes = { readPercent: 0, requestKiB: 16, queueDepth: 1 }
    const { cpu_tree, tlb_invalidations_local, kva_maps } = metricsOf('kvabio', { cpus: 1 }, writes)
    expect(timeAt(cpu_tree, 'bkvasync')).toBeGreaterThan(0)
    expect(tlb_invalidations_local).toBe(4 * kva_maps)
    expect(timeAt(metricsOf('mapped').cpu_tree, 'bkvasync')).toBe(0)
  })
})

/** Whom a path interrupts for a buffer that is mapped or unmapped: all the others, or nobody. */
describe.each([1, 2, 8])('with %d processors', (cpus) => {
  const INTERRUPTS: Readonly<Record<IoPath, readonly [dma: boolean, pio: boolean]>> = {
    mapped: [true, true],
    embedded: [true, true],
    adjacent: [true, true],
    direct: [false, false],
    unmapped: [false, true],
    kvabio: [false, false],
    'direct-map': [false, false],
    copy: [false, false],
  }

  it.each(IO_PATHS)('%s sends the interrupts that its mappings ask for', (path) => {
    for (const [index, device] of ['ahci-ssd', PIO_DEVICE].entries()) {
      const { ipis, kva_maps, kva_unmaps } = metricsOf(path, { device, cpus }, { requests: 150 })
      expect(ipis).toBe(INTERRUPTS[path][index] ? (kva_maps + kva_unmaps) * (cpus - 1) : 0)
    }
  })
})
