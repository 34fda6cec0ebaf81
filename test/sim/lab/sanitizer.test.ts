import { afterEach, describe, expect, it, vi } from 'vitest'
import { BounceZone } from '../../../src/sim/kernel/busdma/bounce-zone.ts'
import { BusDma } from '../../../src/sim/kernel/busdma/busdma.ts'
import { BufferCache } from '../../../src/sim/kernel/bufcache/buffer-cache.ts'
import { BufKva } from '../../../src/sim/kernel/bufcache/buf-kva.ts'
import { NONE } from '../../../src/sim/kernel/bufcache/buf.ts'
import { DiskPeripheral } from '../../../src/sim/kernel/cam/disk.ts'
import { AhciSim } from '../../../src/sim/kernel/cam/sims/ahci-sim.ts'
import { PageHolds } from '../../../src/sim/kernel/vm/page-holds.ts'
import type { Kernel } from '../../../src/sim/lab/kernel.ts'
import type { RunResult } from '../../../src/sim/lab/metrics.ts'
import type { RunSpec } from '../../../src/sim/lab/scenario.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import { Machine } from '../../../src/sim/machine/machine.ts'
import { methodOf } from './method-of.ts'
import { DEVICES, runToEnd, spec, startRun } from './scenarios.ts'

/** Kernels with one bug each, run as a whole: the result of the run must name it. */
afterEach(() => vi.restoreAllMocks())

const FEW = { requests: 40, spanMiB: 8 }
const machine = { cacheMiB: 1, fidelity: 'metadata' } as const

function kernelOf(lab: object): Kernel {
  return (lab as { kernel: Kernel }).kernel
}

/** Runs with a hand in the kernel after the first requests, when it is idle again or not. */
function meddle(run: RunSpec, meddling: (kernel: Kernel) => void): RunResult {
  const lab = startRun(run)
  lab.advance(20)
  meddling(kernelOf(lab))
  while (!lab.advance(10_000)) continue
  return lab.finish({ wallMs: 0, peakRssBytes: 0 }).result
}

/** Kinds, objects and call paths of a result's violations. */
function found(result: RunResult): readonly (readonly [kind: string, object: string, path: string])[] {
  expect(result.metrics.sanitizer_violations).toBe(result.violations?.length ?? 0)
  return (result.violations ?? []).map(({ kind, object, call_path }) => [kind, object, call_path])
}

describe('a clean run', () => {
  const combinations = DEVICES.flatMap((device) => IO_PATHS.map((path) => [device, path] as const))

  it.each(combinations)('on %s by the %s path is the same with and without the sanitizer', (device, path) => {
    const run = (sanitizer: boolean): RunResult =>
      runToEnd(spec(path, { device, sanitizer, cacheMiB: 1, ageing: 20 }, { requests: 600 }))
    const [on, off] = [run(true), run(false)]
    expect(on.metrics.sanitizer_violations).toBe(0)
    expect(on).toEqual(off)
    expect('violations' in on).toBe(false)
  })

  it('that goes wrong is the same as well, but for the violations', () => {
    vi.spyOn(Machine.prototype, 'shootDownOthers').mockReturnValue(false)
    const run = (sanitizer: boolean): RunResult =>
      runToEnd(spec('mapped', { ...machine, sanitizer, tlbEntries: 1024 }, { requests: 800, spanMiB: 8 }))
    const { violations, ...on } = run(true)
    const off = run(false)
    expect(violations!.length).toBeGreaterThan(0)
    expect(on.metrics.sanitizer_violations).toBeGreaterThan(0)
    expect(off.metrics.sanitizer_violations).toBe(0)
    expect({ ...on, metrics: { ...on.metrics, sanitizer_violations: 0 } }).toEqual(off)
  })
})

describe('the result of a run names', () => {
  it('each stale access', () => {
    vi.spyOn(Machine.prototype, 'shootDownOthers').mockReturnValue(false)
    const { metrics, violations } = runToEnd(
      spec('mapped', { ...machine, tlbEntries: 1024 }, { requests: 800, spanMiB: 8 }),
    )
    const stale = violations!.filter(({ kind }) => kind === 'stale-tlb')
    expect(stale.length).toBeGreaterThan(0)
    expect(stale[0]!.object).toMatch(
      /^page \d+ of KVA: processor [01] goes to frame \d+, the page table has /,
    )
    expect(stale[0]!.call_path).toMatch(/^(read > load|write > store)$/)
    expect(stale[0]!.at_ns).toBeGreaterThan(0)
    expect(metrics.sanitizer_violations).toBeGreaterThanOrEqual(metrics.tlb_stale_accesses)
  })

  it('a page of the cache that a processor reads although it is free', () => {
    const brelse = methodOf(BufferCache.prototype, 'brelse')
    let freed = -1
    const job = { requests: 400, requestKiB: 16, readPercent: 100, spanMiB: 1 }
    const lab = startRun(spec('direct', machine, job))
    vi.spyOn(BufferCache.prototype, 'brelse').mockImplementation(function (this: BufferCache, buf) {
      brelse.call(this, buf)
      if (freed >= 0) return
      freed = buf.b_xio.pages[0]!
      const { pages, holds } = kernelOf(lab)
      holds.unhold(freed)
      pages.free(freed)
    })
    while (!lab.advance(10_000)) continue
    const [first, ...others] = found(lab.finish({ wallMs: 0, peakRssBytes: 0 }).result)
    expect(first).toEqual(['free-page-access', `page ${freed}, which nobody holds`, 'read > load'])
    expect(others.at(-1)).toEqual([
      'hold-underflow',
      `page ${freed}: 0 holds, of which buffers account for 1`,
      'end of run',
    ])
  })

  it('a transfer to a page that nobody holds', () => {
    const start = methodOf(AhciSim.prototype, 'start')
    vi.spyOn(AhciSim.prototype, 'start').mockImplementation(function (this: AhciSim, ...args) {
      const [, ccb, map] = args
      if (ccb.operation !== 'capacity') map.segAddr[0] = 0x7000
      start.apply(this, args)
    })
    const [first] = found(runToEnd(spec('direct', machine, FEW)))
    expect(first).toEqual(['dma-to-free-page', 'DMA to page 7, which nobody holds', 'DMA'])
  })

  it('a hold that ended too early, where the next one ends', () => {
    const strategy = methodOf(DiskPeripheral.prototype, 'strategy')
    let spoiled = -1
    const lab = startRun(spec('direct', machine, { ...FEW, requests: 800 }))
    vi.spyOn(DiskPeripheral.prototype, 'strategy').mockImplementation(function (this: DiskPeripheral, buf) {
      strategy.call(this, buf)
      if (spoiled >= 0) return
      spoiled = buf.b_xio.pages[0]!
      kernelOf(lab).holds.unhold(spoiled)
    })
    expect(() => {
      while (!lab.advance(10_000)) continue
    }).toThrow(/whose count is 0, at [\d.]+ ns in (read|write) > getblk > getnewbuf > vm_page_unhold$/)
  })

  it('a hold that was never taken, though nobody ended it', () => {
    const result = meddle(spec('direct', machine, FEW), ({ holds }) => {
      const held: number[] = []
      holds.forEach((pfn) => held.push(pfn))
      holds.unhold(held[0]!)
    })
    expect(found(result)).toEqual([
      [
        'hold-underflow',
        expect.stringMatching(/^page \d+: 0 holds, of which buffers account for 1$/),
        'end of run',
      ],
    ])
  })

  it('a hold that nobody ends', () => {
    const hold = methodOf(PageHolds.prototype, 'hold')
    let calls = 0
    vi.spyOn(PageHolds.prototype, 'hold').mockImplementation(function (this: PageHolds, pfn) {
      hold.call(this, pfn)
      if (++calls === 30) hold.call(this, pfn)
    })
    const result = runToEnd(spec('direct', machine, FEW))
    expect(found(result)).toEqual([
      [
        'hold-leak',
        expect.stringMatching(/^page \d+: 2 holds, of which buffers account for 1$/),
        'end of run',
      ],
    ])
    expect(result.violations![0]!.at_ns).toBeGreaterThan(0)
  })

  it('KVA of the buffer map that a buffer forgot', () => {
    const reserve = methodOf(BufKva.prototype, 'reserve')
    let left = 1
    vi.spyOn(BufKva.prototype, 'reserve').mockImplementation(function (this: BufKva, buf, bytes) {
      if (left-- === 1) {
        reserve.call(this, buf, bytes)
        buf.b_kvabase = NONE
        buf.b_kvasize = 0
      }
      return reserve.call(this, buf, bytes)
    })
    expect(found(runToEnd(spec('mapped', machine, FEW)))).toEqual([
      ['kva-leak', '4 pages of the buffer map that nobody has and nobody gave back', 'end of run'],
    ])
  })

  it('KVA slots and pages of the kernel map', () => {
    const take = (kernel: Kernel): void => {
      kernel.slots.take()
      kernel.kernelMap.alloc(3)
    }
    expect(found(meddle(spec('direct', machine, FEW), take))).toEqual([
      ['kva-leak', '1 KVA slots of msf_bufs that nobody has and nobody gave back', 'end of run'],
      ['kva-leak', '3 pages of the kernel map that nobody has and nobody gave back', 'end of run'],
    ])
  })

  it('msf_bufs of the pool', () => {
    const create = ({ msfs }: Kernel): void => {
      msfs.msf_create_from_buf(null, 0x1000, 100)
      msfs.msf_create_from_buf(null, 0x1000, 100)
    }
    expect(found(meddle(spec('direct', machine, FEW), create))).toEqual([
      ['msf-leak', '2 msf_bufs of the pool that nobody has and nobody gave back', 'end of run'],
    ])
  })

  it('bounce pages that are counted twice, from the next unload on', () => {
    const putAtHead = methodOf(BounceZone.prototype, 'putAtHead')
    let calls = 0
    vi.spyOn(BounceZone.prototype, 'putAtHead').mockImplementation(function (this: BounceZone, page) {
      putAtHead.call(this, page)
      if (++calls === 10) this.free++
    })
    const [first, ...others] = found(runToEnd(spec('direct', { ...machine, device: 'ide-disk' }, FEW)))
    expect(first).toEqual([
      'bounce-accounting',
      expect.stringMatching(/^bounce zone up to 0xffffffff: \d+ free, 0 reserved and 0 active of \d+ pages$/),
      'interrupt > bus_dmamap_unload',
    ])
    expect(others.at(-1)![2]).toBe('end of run')
    expect(others.at(-1)![1]).toMatch(/pages on the free list/)
  })

  it('bounce pages that a driver never gives back', () => {
    vi.spyOn(BusDma.prototype, 'bus_dmamap_unload').mockReturnValue()
    const result = runToEnd(
      spec('direct', { ...machine, device: 'ide-disk' }, { requests: 1, queueDepth: 1 }),
    )
    expect(found(result)).toEqual([
      [
        'bounce-leak',
        expect.stringMatching(/: [1-9]\d* pages active, 0 reserved, 0 loads waiting$/),
        'end of run',
      ],
    ])
  })
})
