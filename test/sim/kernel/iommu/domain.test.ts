import { describe, expect, it } from 'vitest'
import { attachIommu } from '../../../../src/sim/kernel/iommu/policy.ts'
import { testMachine } from '../../machine/test-machine.ts'
import { DomainBench } from './domain-bench.ts'

const MS = 1_000_000

describe('a policy', () => {
  it('makes of a machine what it says', () => {
    const machine = testMachine()
    expect(attachIommu('none', machine, machine.simulator)).toEqual({ iommu: null, domain: null })
    const passthrough = attachIommu('passthrough', machine, machine.simulator)
    expect(passthrough.domain).toBeNull()
    expect(passthrough.iommu!.translate(0x123456789, true)).toBe(0x123456789)
    for (const policy of ['strict', 'lazy'] as const) {
      const { iommu, domain } = attachIommu(policy, machine, machine.simulator)
      expect([domain!.policy, domain!.iommu === iommu, iommu!.passesThrough]).toEqual([policy, true, false])
      expect(iommu!.translate(0x5000, false)).toBe(-1)
    }
  })
})

describe('strict', () => {
  it('invalidates before an address can be used again', () => {
    const bench = new DomainBench('strict')
    const first = bench.map(100, 3)
    expect([0, 1, 2].map((i) => bench.frame(first + i))).toEqual([100, 101, 102])
    bench.domain.unmap(first, 3)
    expect([0, 1, 2].map((i) => bench.frame(first + i))).toEqual([-1, -1, -1])
    expect(bench.map(200, 3)).toBe(first)
    expect(bench.frame(first)).toBe(200)
    expect(bench.iommu.counters).toMatchObject({ invalidations: 1, staleTranslations: 0 })
    bench.domain.unmap(first, 3)
    expect(bench.violations()).toEqual([])
  })

  it('spends its time call by call', () => {
    const bench = new DomainBench('strict')
    const { cost } = bench.machine
    bench.domain.unmap(bench.map(100, 3), 3)
    expect(bench.times()).toEqual({
      'iova alloc': cost.iovaAlloc + cost.iovaSearchStep,
      'iommu map': cost.iommuMap + 3 * cost.iommuMapPerPage,
      'iommu unmap': cost.iommuUnmap + 3 * cost.iommuUnmapPerPage,
      'iotlb invalidate': cost.iotlbInvalidate,
      'iova free': cost.iovaFree,
    })
    // From a magazine, no step of a search.
    bench.machine.resetMeasurement()
    bench.domain.unmap(bench.map(100, 3), 3)
    expect(bench.times()['iova alloc']).toBe(cost.iovaAlloc)
  })
})

describe('lazy', () => {
  it('leaves the old frame in reach until 10 ms have passed, and the address unused', () => {
    const bench = new DomainBench('lazy')
    const first = bench.map(100)
    bench.frame(first)
    bench.domain.unmap(first, 1)
    expect(bench.frame(first)).toBe(100)
    expect(bench.domain.pagesQueued).toBe(1)
    const second = bench.map(200)
    expect(second).not.toBe(first)
    const queuedAt = bench.machine.cpu.clock
    expect(bench.simulator.run(Infinity)).toBe(1)
    expect(bench.simulator.now - queuedAt).toBeGreaterThan(9.99 * MS)
    expect(bench.simulator.now - queuedAt).toBeLessThanOrEqual(10 * MS)
    expect([bench.frame(first), bench.frame(second)]).toEqual([-1, 200])
    expect([bench.domain.pagesQueued, bench.iommu.counters.invalidations]).toEqual([0, 1])
    expect(bench.map(300)).toBe(first)
    bench.domain.unmap(first, 1)
    bench.domain.unmap(second, 1)
    expect(bench.violations()).toEqual(['stale-iotlb'])
  })

  it('flushes once with the 256th range, and the timer then finds nothing to do', () => {
    const bench = new DomainBench('lazy')
    const { cost } = bench.machine
    const ranges = Array.from({ length: 256 }, (_, i) => bench.map(1000 + i))
    bench.machine.resetMeasurement()
    for (const first of ranges.slice(0, 255)) bench.domain.unmap(first, 1)
    expect([bench.domain.pagesQueued, bench.iommu.counters.invalidations]).toEqual([255, 0])
    bench.domain.unmap(ranges[255]!, 1)
    expect([bench.domain.pagesQueued, bench.iommu.counters.invalidations]).toEqual([0, 1])
    const times = bench.times()
    expect(times['iommu queue']).toBeCloseTo(256 * cost.iommuQueue, 3)
    expect(times['iommu flush > iotlb invalidate']).toBe(cost.iotlbInvalidate)
    expect(times['iommu flush > iova free']).toBe(256 * cost.iovaFree)
    expect(times['iotlb invalidate']).toBeUndefined()
    const busy = bench.machine.cpu.clock
    bench.simulator.run(Infinity)
    expect([bench.machine.cpu.clock, bench.iommu.counters.invalidations]).toEqual([busy, 1])
    // The next range sets the timer again.
    bench.domain.unmap(bench.map(5), 1)
    expect(bench.simulator.run(Infinity)).toBe(1)
    expect([bench.domain.pagesQueued, bench.violations()]).toEqual([0, []])
  })

  it('runs its timer on the processor that set it', () => {
    const bench = new DomainBench('lazy')
    bench.machine.switchTo(2, 0)
    bench.domain.unmap(bench.map(5), 1)
    const [, , third] = bench.machine.cpus
    const busy = third!.busyNs
    bench.machine.switchTo(0, 0)
    bench.simulator.run(Infinity)
    expect(third!.busyNs - busy).toBe(bench.machine.cost.iotlbInvalidate + bench.machine.cost.iovaFree)
  })

  it('flushes before it gives up for want of addresses', () => {
    const bench = new DomainBench('lazy')
    const { domain } = bench
    const taken = Array.from({ length: 7 }, () => domain.iova_alloc(1, 7, 1))
    for (const ioPage of taken) domain.enter(ioPage, 9)
    expect(domain.iova_alloc(1, 7, 1)).toBe(-1)
    domain.unmap(taken[3]!, 1)
    expect(domain.iova_alloc(1, 7, 1)).toBe(taken[3])
    expect(bench.iommu.counters.invalidations).toBe(1)
  })
})

describe('any domain', () => {
  it('stays below 4 GiB while it can, and below the limit always', () => {
    const { domain } = new DomainBench('strict')
    expect(domain.iova_alloc(1, 0x7fffffff, 1)).toBe(0xfffff)
    expect(domain.iova_alloc(1, 0xfff, 1)).toBe(0xfff)
    expect(domain.iova_alloc(1, 3, 1)).toBe(3)
    expect(domain.iova_alloc(1, 15, 8)).toBe(8)
    const half = domain.iova_alloc(0x80000, 0x7fffffff, 1)
    expect(half).toBe(2 ** 27 - 0x80000)
  })

  it('reports what is left at the end, but control memory is meant to stay', () => {
    const sound = new DomainBench('strict')
    const ring = sound.domain.map_control(300, 2, 0xfffff, 1)
    expect(sound.frame(ring + 1)).toBe(301)
    const other = sound.domain.map_control(400, 1, 0xfffff, 1)
    sound.domain.unmap_control(other, 1)
    expect(sound.frame(other)).toBe(-1)
    expect(sound.violations()).toEqual([])
    expect(() => sound.domain.unmap_control(ring, 3)).toThrow('3 pages of control memory unmapped, of 2')

    const leaky = new DomainBench('lazy')
    leaky.domain.unmap(leaky.map(5), 1)
    leaky.map(6, 2)
    leaky.domain.iova_alloc(4, 0xfffff, 1)
    expect(leaky.violations()).toEqual(['iova-leak'])
    expect(leaky.sanitizer.violations[0]!.object).toBe(
      '6 I/O pages that nobody gave back, 2 of them in the I/O page table',
    )
  })

  it.each([
    ['lazy', 318.5],
    ['strict', 318.5 - (191 + 2135 / 256) / 3.1 + 2135 / 3.1],
  ] as const)(
    'spends on requests of one page under %s what its parts add up to: %d ns',
    (policy, expected) => {
      const bench = new DomainBench(policy)
      const request = (): void => bench.domain.unmap(bench.map(7), 1)
      for (let i = 0; i < 1024; i++) request()
      bench.machine.resetMeasurement()
      for (let i = 0; i < 2560; i++) request()
      expect(bench.machine.cpu.busyNs / 2560).toBeCloseTo(expected, 0)
    },
  )
})
