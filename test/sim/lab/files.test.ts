import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DiskPeripheral } from '../../../src/sim/kernel/cam/disk.ts'
import type { KernelCounters } from '../../../src/sim/kernel/counters.ts'
import type { Metrics } from '../../../src/sim/lab/metrics.ts'
import type { LabRun } from '../../../src/sim/lab/run.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import type { IoPath, JobWorkload, MachineConfig } from '../../../src/sim/lab/scenario.ts'
import { KIND_BLOCK, KIND_METADATA } from '../../../src/sim/workload/request-kind.ts'
import type { IoRequest, RequestSource } from '../../../src/sim/workload/request-source.ts'
import { fsckOf, layoutIn, wrongData } from './file-system.ts'
import { spec, startRun } from './scenarios.ts'

const KIB = 1024
const PIO_DEVICE = 'ide-pio-disk'

/** Few small buffers, and files that need indirect blocks of both kinds. */
const machine: Partial<MachineConfig> = { cacheMiB: 2, cpus: 4, blockKiB: 4, readAhead: 16 }
const job: Partial<JobWorkload> = {
  target: 'files',
  files: 2,
  fileMiB: 5,
  holePercent: 20,
  metadataPercent: 30,
  requestKiB: 6,
  requests: 250,
}

function run(
  path: IoPath,
  machineChanges: Partial<MachineConfig> = {},
  jobChanges: Partial<JobWorkload> = {},
  source: RequestSource | null = null,
): { readonly lab: LabRun; readonly metrics: Metrics } {
  const lab = startRun(spec(path, { ...machine, ...machineChanges }, { ...job, ...jobChanges }), source)
  while (!lab.advance(10_000)) continue
  return { lab, metrics: lab.finish({ wallMs: 0, peakRssBytes: 0 }).result.metrics }
}

function countersOf(lab: LabRun): KernelCounters {
  return (lab as unknown as { readonly counters: KernelCounters }).counters
}

/** Counts what the disk peripheral is given from now on, until the test ends. */
function countCommands(): () => number {
  const strategy = vi.spyOn(DiskPeripheral.prototype, 'strategy')
  return () => strategy.mock.calls.length
}

afterEach(() => vi.restoreAllMocks())

const SOUND = { verify_errors: 0, sanitizer_violations: 0, io_errors: 0, tlb_stale_accesses: 0 }

describe.each(IO_PATHS)('files on the path %s', (path) => {
  describe.each(['ahci-ssd', PIO_DEVICE])('on %s', (device) => {
    it.each(['through', 'delayed'] as const)('hold what was written, with writes %s', (writes) => {
      const { lab, metrics } = run(path, { device, writes })
      expect(metrics).toMatchObject({ ...SOUND, requests: 250 })
      expect(metrics.metadata_views).toBeGreaterThan(500)
      const report = fsckOf(lab)
      expect([report.problems, report.leaked]).toEqual([[], []])
      expect(wrongData(lab, report)).toEqual([])
    })

    it('cost and count the same without the bytes', () => {
      for (const writes of ['through', 'delayed'] as const) {
        const bytes = run(path, { device, writes }).metrics
        expect(run(path, { device, writes, fidelity: 'metadata' }).metrics).toEqual(bytes)
      }
    })
  })

  it('are looked at beside requests for the disk itself, and verified there too', () => {
    const { lab, metrics } = run(path, {}, { target: 'disk', spanMiB: 8 })
    expect(metrics).toMatchObject(SOUND)
    expect(metrics.metadata_views).toBeGreaterThan(100)
    const { problems, leaked } = fsckOf(lab)
    expect([problems, leaked]).toEqual([[], []])
  })

  it('get through faults by trying again', () => {
    const faults = { mediaErrors: 30_000, shortTransfers: 30_000, lostInterrupts: 5000 }
    const { metrics } = run(path, faults)
    expect(metrics).toMatchObject(SOUND)
    expect(metrics.command_retries).toBeGreaterThan(0)
  })

  it.each(['through', 'delayed'] as const)(
    'fail, and raise no false alarm, when every command fails with writes %s',
    (writes) => {
      const { metrics } = run(path, { mediaErrors: 1_000_000, writes }, { requests: 40 })
      expect(metrics).toMatchObject({ verify_errors: 0, sanitizer_violations: 0 })
      expect(metrics.io_errors).toBeGreaterThanOrEqual(30)
    },
  )

  it.each([4, 64] as const)('work in blocks of %d KiB on a kernel of 32 bits', (blockKiB) => {
    if (path === 'direct-map') return
    expect(run(path, { kernelBits: 32, blockKiB, cacheMiB: 4 }).metrics).toMatchObject(SOUND)
  })
})

describe('what a mapped view costs', () => {
  it('direct: a mapping for each view, and for nothing else', () => {
    const { metrics } = run('direct')
    expect(metrics.kva_maps).toBe(metrics.metadata_views)
    expect(metrics.kva_unmaps).toBe(metrics.metadata_views)
    expect([metrics.ipis, metrics.kva_bytes_max]).toEqual([0, 4 * KIB])
    expect(metrics.pte_writes).toBe(2 * metrics.metadata_views)
  })

  it('direct, without DMA: one for each request to the device besides', () => {
    const sent = countCommands()
    const { metrics } = run('direct', { device: PIO_DEVICE })
    expect(metrics.kva_maps).toBe(metrics.metadata_views + sent())
  })

  it('unmapped: one for each buffer of metadata, until its pages go', () => {
    const { metrics } = run('unmapped')
    expect(metrics.kva_maps).toBeGreaterThan(0)
    expect(metrics.kva_maps).toBeLessThan(metrics.metadata_views / 10)
    expect(metrics.tlb_shootdowns).toBe(metrics.kva_maps + metrics.kva_unmaps)
  })

  it('nothing where the buffer is mapped, or all of memory is', () => {
    for (const path of ['mapped', 'embedded', 'adjacent', 'kvabio'] as const)
      expect(run(path).metrics.kva_maps).toBeLessThan(run('direct').metrics.metadata_views)
    for (const path of ['direct-map', 'copy'] as const) expect(run(path).metrics.kva_maps).toBe(0)
  })

  it('no views without files or metadata requests', () => {
    expect(run('direct', {}, { target: 'disk', metadataPercent: 0 }).metrics.metadata_views).toBe(0)
  })
})

describe('reading in order', () => {
  const order: Partial<JobWorkload> = {
    pattern: 'sequential',
    readPercent: 100,
    queueDepth: 1,
    holePercent: 0,
    metadataPercent: 0,
    requests: 1000,
  }

  it('reads rows of blocks, ahead of the reader', () => {
    const { lab, metrics } = run('direct', {}, { ...order, requestKiB: 4 })
    expect(metrics).toMatchObject(SOUND)
    expect(countersOf(lab).readAheads).toBeGreaterThan(10)
    expect(countersOf(lab).blocksClustered).toBeGreaterThan(500)
    const random = run('direct', {}, { ...order, requestKiB: 4, pattern: 'random' })
    expect(countersOf(random.lab).readAheads).toBeLessThan(20)
    expect(metrics.simulated_ns).toBeLessThan(random.metrics.simulated_ns / 2)
  })

  it('reads block by block on a machine that does not read ahead', () => {
    const { lab, metrics } = run('direct', { readAhead: 0 }, { ...order, requestKiB: 4 })
    expect(metrics).toMatchObject(SOUND)
    expect([countersOf(lab).readAheads, countersOf(lab).clustersRead]).toEqual([0, 0])
  })

  it('stops at holes, which read as zeros', () => {
    expect(run('direct', {}, { ...order, holePercent: 30 }).metrics).toMatchObject(SOUND)
    const { lab, metrics } = run('direct', {}, { ...order, holePercent: 100 })
    expect(metrics).toMatchObject({ ...SOUND, bytes_copied_cpu: 1000 * 6 * KIB })
    expect(countersOf(lab).clustersRead).toBe(0)
  })
})

/** Blocks on both sides of each change of level, and others. */
const place = fc.oneof(
  fc.constantFrom(0, 1, 10, 11, 12, 13, 136, 137, 1010, 1011, 1012, 1013, 1279),
  fc.nat(1279),
)
const request = fc.record({
  ino: fc.nat(1),
  block: place,
  sector: fc.nat(7),
  sectors: fc.integer({ min: 1, max: 40 }),
  write: fc.boolean(),
  metadata: fc.boolean(),
})

/** A model that knows versions by the sector of all files, one after another, by the place that mkfs has for each sector. */
function versionsByHome(lab: LabRun, versions: ReadonlyMap<number, number>): (sector: number) => number {
  const layout = layoutIn(lab)
  const { sectorsPerBlock, blocksPerFile } = layout
  const byHome = new Map<number, number>()
  for (const [sector, version] of versions) {
    const block = Math.floor(sector / sectorsPerBlock)
    const home = layout.homeOf(Math.floor(block / blocksPerFile), block % blocksPerFile)
    byHome.set(layout.diskSector(home) + (sector % sectorsPerBlock), version)
  }
  return (sector) => byHome.get(sector) ?? 0
}

describe('random requests', () => {
  it('read what a plain model says, and leave a sound file system with it', () => {
    const FILE_SECTORS = 5 * 2048
    const options = fc.record({
      path: fc.constantFrom(...IO_PATHS),
      writes: fc.constantFrom('through' as const, 'delayed' as const),
      holePercent: fc.constantFrom(0, 50, 100),
      queueDepth: fc.constantFrom(1, 4),
    })
    fc.assert(
      fc.property(options, fc.array(request, { minLength: 5, maxLength: 60 }), (chosen, list) => {
        const { path, writes, holePercent, queueDepth } = chosen
        const versions = new Map<number, number>()
        let next = 0
        const source: RequestSource = {
          skipped: 0,
          next(out: IoRequest) {
            const item = list[next++]
            if (item === undefined) return false
            const first = item.ino * FILE_SECTORS + item.block * 8 + item.sector
            const sectors = Math.min(item.sectors, 2 * FILE_SECTORS - first)
            out.kind = item.metadata ? KIND_METADATA : KIND_BLOCK
            out.write = item.write
            out.offset = item.metadata ? item.ino : first * 512
            out.bytes = item.metadata ? 0 : sectors * 512
            out.atNs = 0
            if (item.write && !item.metadata)
              for (let i = 0; i < sectors; i++) versions.set(first + i, (versions.get(first + i) ?? 0) + 1)
            return true
          },
        }
        const { lab, metrics } = run(
          path,
          { writes, cacheMiB: 1 },
          { files: 2, holePercent, queueDepth },
          source,
        )
        expect(metrics).toMatchObject(SOUND)
        const report = fsckOf(lab)
        expect([report.problems, report.leaked]).toEqual([[], []])
        expect(wrongData(lab, report, versionsByHome(lab, versions))).toEqual([])
      }),
      { numRuns: 25 },
    )
  }, 60_000)
})
