import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Metrics } from '../../../src/sim/lab/metrics.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import type { IoPath, JobWorkload, MachineConfig } from '../../../src/sim/lab/scenario.ts'
import { createRun } from '../../../src/sim/lab/run.ts'
import { BUILTIN_DEVICES } from '../../../src/shared/profiles/builtin-devices.ts'
import { BUILTIN_NICS } from '../../../src/shared/profiles/builtin-nics.ts'
import { builtinCosts } from '../machine/builtin-costs.ts'
import { runToEnd, spec } from './scenarios.ts'

/** Few buffers, so that pages on their way to the network lose theirs. */
const machine = { cacheMiB: 2, cpus: 4 } as const
const files = { requests: 100, requestKiB: 64, sendfilePercent: 60, readPercent: 50, spanMiB: 16 } as const

function metricsOf(
  path: IoPath,
  machineChanges: Partial<MachineConfig> = {},
  jobChanges: Partial<JobWorkload> = {},
): Metrics {
  return runToEnd(spec(path, { ...machine, ...machineChanges }, { ...files, ...jobChanges })).metrics
}

const sound = {
  verify_errors: 0,
  sanitizer_violations: 0,
  tlb_stale_accesses: 0,
  io_errors: 0,
  frame_errors: 0,
}
/** All requests send 64 KiB: 45 frames of 1460 bytes, the last one shorter. */
const onlyFiles = { sendfilePercent: 100, requests: 40, pattern: 'sequential' } as const
const FRAMES = 40 * 45

describe.each(IO_PATHS)('sendfile on the path %s', (path) => {
  it('sends what was written, among requests that write the same blocks, and leaves nothing behind', () => {
    const metrics = metricsOf(path, { pageCacheMiB: 4 }, { spanMiB: 4 })
    expect(metrics).toMatchObject({ ...sound, requests: 100 })
    expect(metrics.frames_sent).toBeGreaterThan(0)
  })

  it('sends every byte of a request, in frames that the adapter fetches from memory', () => {
    expect(metricsOf(path, {}, onlyFiles)).toMatchObject({ ...sound, frames_sent: FRAMES })
  })

  it.each(['strict', 'lazy'] as const)('sends through an IOMMU that is %s', (iommu) => {
    expect(metricsOf(path, { iommu }, { requests: 30 })).toMatchObject({ ...sound, dma_faults: 0 })
  })

  it('fails requests whose blocks cannot be read, and leaves nothing behind', () => {
    const metrics = metricsOf(path, { mediaErrors: 1_000_000 }, { ...onlyFiles, requests: 10 })
    expect(metrics).toMatchObject({ ...sound, io_errors: 10, frames_sent: 0 })
  })

  it('gives the same figures without the bytes', () => {
    const bytes = metricsOf(path, {}, { requests: 30 })
    const { wall_ms, requests_per_wall_s, peak_rss_bytes, ...same } = bytes
    expect([wall_ms, requests_per_wall_s, peak_rss_bytes]).toEqual([0, 0, 0])
    expect(metricsOf(path, { fidelity: 'metadata' }, { requests: 30 })).toMatchObject(same)
  })
})

describe('what sending a file costs', () => {
  it('maps and copies nothing on the path direct, and has no address walked back to a page', () => {
    const direct = metricsOf('direct', {}, onlyFiles)
    const header = 54
    expect(direct).toMatchObject({ kva_maps: 0, pte_writes: 0, ipis: 0, bytes_copied_cpu: FRAMES * header })
    // One request does not fill the ring, so that each frame is loaded once; the headers lie in mbuf clusters.
    expect(metricsOf('direct', {}, { ...onlyFiles, requests: 1 }).kva_translations).toBe(45)
  })

  it('maps each page once more on the path mapped, on every processor, and walks each piece back', () => {
    const mapped = metricsOf('mapped', {}, onlyFiles)
    const cached = metricsOf('mapped', {}, { ...onlyFiles, sendfilePercent: 0, readPercent: 100 })
    expect(mapped.pte_writes).toBe(cached.pte_writes + 40 * 16)
    expect(mapped.kva_translations).toBeGreaterThan(cached.kva_translations + 2 * FRAMES)
  })

  it('copies all of it on the path copy', () => {
    const { bytes_copied_cpu, bytes } = metricsOf('copy', {}, onlyFiles)
    // From the disk's buffer to the page, and from the page to clusters.
    expect(bytes_copied_cpu).toBe(2 * bytes + FRAMES * 54)
  })

  it.each(['unmapped', 'kvabio'] as const)('maps pages on a 32-bit kernel with the path %s only', (path) => {
    const [wide, narrow] = ([64, 32] as const).map((kernelBits) =>
      metricsOf(path, { kernelBits, memoryMiB: 4096 }, onlyFiles),
    )
    expect(narrow).toMatchObject({ ...sound, frames_sent: FRAMES })
    expect(narrow!.pte_writes).toBe(wide!.pte_writes + 40 * 16)
  })
})

it.each(IO_PATHS)('pages outlive their buffers on the path %s, until the adapter has sent them', (path) => {
  const run = spec(path, { cacheMiB: 1 }, { ...files, ...onlyFiles, queueDepth: 2 })
  const device = BUILTIN_DEVICES.get('ahci-ssd')!
  // More of the file fits the ring than the cache, and the link is slow.
  const nic = { ...BUILTIN_NICS.get('em-1g')!, ring: 4096, linkBitsPerSecond: 1e8 }
  const lab = createRun(run, null, { device, nic, costs: builtinCosts('x86new') })
  while (!lab.advance(10_000)) continue
  const { metrics } = lab.finish({ wallMs: 0, peakRssBytes: 0 }).result
  expect(metrics).toMatchObject({ ...sound, frames_sent: FRAMES })
})

describe('shapes of requests, blocks and frames', () => {
  it('send every byte on every path, with as many threads as wait for the ring', () => {
    const shape = fc.record({
      path: fc.constantFrom(...IO_PATHS),
      blockKiB: fc.constantFrom(4, 8, 16, 32, 64),
      requestKiB: fc.integer({ min: 1, max: 200 }),
      queueDepth: fc.constantFrom(1, 3, 8),
      nic: fc.constantFrom('em-1g', 'ix-10g', 'bfe-wrong-tag'),
      seed: fc.integer({ min: 1, max: 1000 }),
    })
    fc.assert(
      fc.property(shape, ({ path, blockKiB, requestKiB, queueDepth, nic, seed }) => {
        const changes = { ...machine, blockKiB, nic, memoryMiB: 512, cacheMiB: 4 }
        const job = { ...onlyFiles, requests: 12, requestKiB, queueDepth, pattern: 'random' } as const
        const { metrics } = runToEnd(spec(path, changes, job, seed))
        expect(metrics).toMatchObject({
          ...sound,
          requests: 12,
          frames_sent: 12 * Math.ceil((requestKiB * 1024) / 1460),
        })
      }),
      { numRuns: 25 },
    )
  })

  it.each(IO_PATHS)('go together with requests that go around the cache, on the path %s', (path) => {
    const metrics = metricsOf(
      path,
      {},
      { spanMiB: 2, requestKiB: 16, physioPercent: 30, sendfilePercent: 40 },
    )
    expect(metrics).toMatchObject(sound)
  })

  it('refuses shares of more than 100 per cent together', () => {
    expect(() => metricsOf('direct', {}, { physioPercent: 60, sendfilePercent: 50 })).toThrow(
      /110 of 100 requests/,
    )
  })

  it('asks for fewer processors where sf_bufs cannot know more', () => {
    expect(() => metricsOf('mapped', { cpus: 64 }, onlyFiles)).toThrow(/at most 32 processors/)
    expect(metricsOf('direct', { cpus: 64 }, { ...onlyFiles, requests: 5 })).toMatchObject(sound)
  })
})
