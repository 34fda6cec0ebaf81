import { describe, expect, it } from 'vitest'
import type { Override } from '../../../../src/shared/project/resolve.ts'
import { EXPERIMENTS } from '../../../../src/sim/lab/validation/index.ts'
import { loopMetrics } from '../../../../src/sim/lab/validation/loop-runs.ts'
import { memoryDiskRates, v1 } from '../../../../src/sim/lab/validation/v1.ts'
import { pipeTimes, v2 } from '../../../../src/sim/lab/validation/v2.ts'
import { vmapTimes } from '../../../../src/sim/lab/validation/v3.ts'
import { serverReads } from '../../../../src/sim/lab/validation/v4.ts'
import { nvmeRate } from '../../../../src/sim/lab/validation/v6.ts'
import { quantizeNs } from '../../../../src/sim/engine/cpu-accounting.ts'
import { builtinCosts } from '../../machine/builtin-costs.ts'
import { experimentProject, loopResults } from '../loops/loop-results.ts'

const names = (runs: readonly { readonly scenario: string }[]): string[] =>
  runs.map(({ scenario }) => scenario)

describe('V1, memory disk', () => {
  const costs = builtinCosts('p4up')
  const small: readonly Override[] = [['workload.pages', 2048]]
  const sfBufsOf: Readonly<Record<string, number>> = {
    'half as many sf_bufs': 1024,
    'one sf_buf too few': 2047,
  }
  const rates = memoryDiskRates(
    names(v1.runs).flatMap((name) =>
      loopResults('V1', [name], [...small, ['workload.sfBufs', sfBufsOf[name] ?? 4096]]),
    ),
  )

  it('reads through warm sf_bufs as fast as without mappings, and slowest with a mapping for each page', () => {
    expect(rates.warm / rates.malloc).toBeGreaterThan(0.97)
    expect(rates.warm).toBeLessThan(rates.malloc)
    expect(rates.cold).toBeLessThan(rates.warm)
    expect(rates.qenter).toBeLessThan(rates.cold)
  })

  it('has a cliff: with fewer sf_bufs than pages, each is gone before it is needed again', () => {
    expect(rates.half / rates.cold).toBeCloseTo(1, 3)
    expect(rates.oneShort / rates.cold).toBeCloseTo(1, 3)
  })

  it('pays for a cold page what an entry, an invalidation and the chain of the old page cost', () => {
    const ns = (MBps: number): number => 4096e3 / MBps
    const more = ns(rates.cold) - ns(rates.warm)
    expect(more).toBeGreaterThan(costs.pteWrite + costs.invlpg - 1)
    expect(more).toBeLessThan(costs.pteWrite + costs.invlpg + costs.memoryMiss / 16 + 1)
  })

  it('pays on either pass for half a descriptor and a part of a chain from memory', () => {
    const ns = (MBps: number): number => 4096e3 / MBps
    const { memoryMiss, pageLookup, lockUncontended, copyCall, xioPerPage, msfCall } = costs
    const page = memoryMiss + pageLookup + 3 * lockUncontended + copyCall
    const sectors = memoryMiss / 2 + 8 * (2 * xioPerPage + copyCall)
    const more = ns(rates.warm) - ns(rates.malloc) + sectors - page
    const lines = (more - 2 * (msfCall + lockUncontended)) / memoryMiss
    expect(lines).toBeCloseTo(1 / 2 + 1 / 16, 2)
  })

  it('finds the page, by the same steps, for a mapping of its own and for an sf_buf', () => {
    const ns = (MBps: number): number => 4096e3 / MBps
    const { kvaAlloc, kvaSearchStep, pteWrite, invlpg, msfCall, lockUncontended, memoryMiss } = costs
    const mapping = 2 * kvaAlloc + kvaSearchStep + 2 * pteWrite + 2 * invlpg
    const sfBuf = 2 * (msfCall + lockUncontended) + (1 / 2 + 2 / 16) * memoryMiss
    expect(ns(rates.qenter) - ns(rates.warm)).toBeCloseTo(mapping - sfBuf, -1)
  })
})

describe('V2, pipe', () => {
  const costs = builtinCosts('p3smp')
  const times = pipeTimes(loopResults('V2', names(v2.runs)))

  it('pays one shootdown for each page when everybody is told', () => {
    const shootdown = costs.shootdownBase + costs.shootdownPerTarget
    expect(times.everywhere - times.localOnly).toBeCloseTo(shootdown, 6)
    expect(times.everywhere).toBeGreaterThan(1.4 * times.localOnly)
  })

  it('changes nothing for who maps seldom', () => {
    expect(times.buildEverywhere / times.buildLocalOnly).toBeLessThan(1.01)
    expect(times.buildEverywhere).toBeGreaterThan(times.buildLocalOnly)
  })
})

describe('V3, vmap', () => {
  const arm = (letter: string, loops: number) => {
    const scenarios = [1, 2, 4, 8].map((threads) => `${letter}, ${threads} thread${threads > 1 ? 's' : ''}`)
    const results = loopResults('V3', scenarios, [['workload.loops', loops]])
    return scenarios.map((name) => ({ ...vmapTimes(results, name), metrics: loopMetrics(results, name) }))
  }
  const lazy = arm('B', 20_000)
  const eager = arm('A', 1000)

  it('is flat with blocks of each processor, up to 10 %', () => {
    const times = lazy.map(({ nsPerLoop }) => nsPerLoop)
    expect(Math.max(...times) / Math.min(...times)).toBeLessThan(1.1)
    expect(lazy[3]!.metrics.tlb_shootdowns).toBe(Math.floor((8 * 20_000 * 4) / 32_768))
  })

  it('gets slower with every thread behind one lock, which all but one wait for', () => {
    expect(eager[1]!.nsPerLoop / eager[0]!.nsPerLoop).toBeGreaterThan(1.8)
    expect(eager[3]!.nsPerLoop / lazy[3]!.nsPerLoop).toBeGreaterThan(10)
    expect(eager[0]!.lockShare).toBe(0)
    expect(eager[3]!.lockShare).toBeGreaterThan(0.5)
    expect(eager[3]!.metrics.tlb_shootdowns).toBe(8 * 1000)
  })

  it('never lets a processor use an old translation', () => {
    expect([...lazy, ...eager].map(({ metrics }) => metrics.tlb_stale_accesses)).toEqual(Array(8).fill(0))
  })

  it('spends most of 64 processors on the lock, and hardly anything without it', () => {
    const large = (letter: string, loops: number) => {
      const name = `${letter}, 64 processors`
      return vmapTimes(loopResults('V3', [name], [['workload.loops', loops]]), name)
    }
    const one = large('A', 50)
    expect(one.lockShare).toBeGreaterThan(0.9)
    expect(one.busyNsPerLoop / large('B', 200).busyNsPerLoop).toBeGreaterThan(10)
  })
})

describe('V4, server', () => {
  const reads = (name: string, overrides: readonly Override[] = []) =>
    serverReads(loopResults('V4', [name], overrides), name)

  it('is limited by the process, whose copy can be saved, until few disks limit it', () => {
    const buffered = reads('buffered, 8 disks')
    const elided = reads('copy elided, 8 disks')
    expect(buffered.copyShare).toBeCloseTo(0.233, 3)
    expect(elided.MBps / buffered.MBps).toBeGreaterThan(1.3)
    expect(elided.copyShare).toBe(0)
    expect(reads('buffered, 8 disks', [['workload.disks', 1]]).MBps).toBeCloseTo(89.9, 0)
  })

  it('moves the copy to the interrupt handler when it bounces, twice as dear', () => {
    const bounced = reads('direct to high memory')
    expect(bounced.bounceShare).toBeCloseTo(34.8 / (34.8 + 36.125 + 21.153), 2)
    expect(bounced.MBps).toBeLessThan(reads('buffered, 8 disks').MBps)
  })

  it('has in its file what follows from the published figures', () => {
    const [workload] = experimentProject('V4').workloads
    const readNs = (8192 * 1000) / 153.05
    const copyNs = 2 * 8700
    expect(workload).toMatchObject({
      loop: 'read-pipeline',
      readBytes: 8192,
      diskMBps: 89.9,
      processNs: quantizeNs(readNs - copyNs),
      interruptNs: quantizeNs(copyNs / 0.233 - readNs),
    })
  })
})

describe('V6, IOMMU', () => {
  const costs = builtinCosts('x86new')
  const rate = (name: string): number =>
    nvmeRate(loopResults('V6', [name], [['workload.requests', 20_000]]), name)

  it('is fastest without mapping, and lazy before strict', () => {
    expect(rate('passthrough')).toBeCloseTo(5.01, 2)
    expect(rate('lazy')).toBeLessThan(rate('passthrough') / 2)
    expect(rate('strict')).toBeLessThan(rate('lazy') / 1.5)
  })

  it.each(['lazy', 'strict'])('costs nothing with buffers mapped beforehand, %s', (policy) => {
    expect(rate(`${policy}, mapped beforehand`)).toBeCloseTo(rate('passthrough'), 6)
  })

  it('takes for strict what one invalidation adds, and what the queue of lazy saves', () => {
    const more = costs.iotlbInvalidate - costs.iommuQueue - costs.iotlbInvalidate / 256
    expect(1000 / rate('strict') - 1000 / rate('lazy')).toBeCloseTo(more, -1)
  })

  it('has in its file what follows from the published figure', () => {
    expect(experimentProject('V6').workloads).toMatchObject([{ requestNs: quantizeNs(1000 / 5.01) }])
  })
})

it.each(['V1', 'V2', 'V3', 'V4', 'V6'])(
  '%s gives back what set its parameters, within 5 %%',
  { timeout: 60_000 },
  (id) => {
    const experiment = EXPERIMENTS.find((each) => each.id === id)!
    const rows = experiment.evaluate(loopResults(id, names(experiment.runs)))
    expect(rows.filter(({ verdict }) => verdict === 'off')).toEqual([])
    const calibrations = rows.filter((row) => row.class === 'CAL')
    expect(calibrations.length).toBeGreaterThan(0)
    for (const { simulated, published } of calibrations)
      expect(Math.abs(simulated / published! - 1)).toBeLessThan(0.05)
    expect(rows.filter(({ source }) => source === '')).toEqual([])
  },
)

it.each(EXPERIMENTS)('$id runs scenarios of its project, and names each of them', ({ id, runs }) => {
  const scenarios = experimentProject(id).scenarios.map(({ name }) => name)
  expect([...new Set(names(runs))].sort()).toEqual([...scenarios].sort())
})
