import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BusDmaGlue } from '../../../../src/sim/kernel/busdma-glue.ts'
import { BusDma } from '../../../../src/sim/kernel/busdma/busdma.ts'
import { BUS_SPACE_MAXADDR } from '../../../../src/sim/kernel/busdma/constants.ts'
import { dragonfly2020 } from '../../../../src/sim/kernel/busdma/dialects/dragonfly-2020.ts'
import { iommu as behindIommu } from '../../../../src/sim/kernel/busdma/dialects/iommu.ts'
import type { BusDmaTag, BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import { EINVAL, ENOMEM, OK } from '../../../../src/sim/kernel/errno.ts'
import { attachIommu } from '../../../../src/sim/kernel/iommu/policy.ts'
import type { IommuPolicy } from '../../../../src/sim/kernel/iommu/policy-names.ts'
import { KernelBench } from '../kernel-bench.ts'
import { UNRESTRICTED } from './small-machine.ts'

/** BUSDMA on a machine of 64 MiB with scattered memory. */
function benchWith(policy: IommuPolicy) {
  const bench = new KernelBench({ memoryPages: 16384, sanitizer: true })
  const { machine, simulator, pmap, pages, counters } = bench
  const { iommu, domain } = attachIommu(policy, machine, simulator)
  const glue = new BusDmaGlue(machine, simulator, pmap, pages, counters, () => undefined, domain)
  const busdma = new BusDma(glue, domain === null ? dragonfly2020 : behindIommu)
  const tag = (args: Partial<BusDmaTagArgs>): BusDmaTag =>
    busdma.bus_dma_tag_create(null, { ...UNRESTRICTED, ...args }).tag!
  return { busdma, tag, pages, iommu, domain, sanitizer: machine.sanitizer! }
}

describe.each(['none', 'passthrough', 'strict', 'lazy'] as const)('bus_dmamem_alloc, IOMMU %s', (policy) => {
  const maps = policy === 'strict' || policy === 'lazy'

  it('gives contiguous memory that the device reaches within the tag’s limits, and takes it back', () => {
    const args = fc.record({
      maxsize: fc.integer({ min: 1, max: 100_000 }),
      alignment: fc.constantFrom(1, 64, 4096, 16384),
      boundary: fc.constantFrom(0, 0, 1024, 4096, 65536, 131072),
      lowaddr: fc.constantFrom(0xfffff, 0xffffff, 0xffffffff, BUS_SPACE_MAXADDR),
    })
    const { busdma, tag: makeTag, pages, iommu, sanitizer } = benchWith(policy)
    const before = pages.freePages + pages.othersPages
    fc.assert(
      fc.property(args, (limits) => {
        const tag = makeTag(limits)
        const { error, memory } = busdma.bus_dmamem_alloc(tag)
        if (memory === null) {
          expect(error).toBe(ENOMEM)
          if (limits.boundary === 0 || limits.maxsize <= limits.boundary)
            throw new Error('ENOMEM for what there is')
          return
        }
        const { physical, bus, bytes } = memory
        const last = bus + bytes - 1
        expect([error, bytes]).toEqual([OK, limits.maxsize])
        if (bus % limits.alignment !== 0) throw new Error(`${bus} is misaligned`)
        if (last > limits.lowaddr) throw new Error(`${last} is out of reach`)
        const { boundary } = limits
        if (boundary > 0 && Math.floor(bus / boundary) !== Math.floor(last / boundary))
          throw new Error(`${bus}+${bytes} crosses its boundary`)
        for (let at = 0; at < bytes; at += 512) {
          const reached = iommu === null ? bus + at : iommu.translate(bus + at, true)
          if (reached !== physical + at) throw new Error(`byte ${at} is not in reach`)
          if (!pages.isPinned(Math.floor(reached / 4096))) throw new Error(`byte ${at} is free`)
        }
        busdma.bus_dmamem_free(tag, memory)
        if (pages.isPinned(physical / 4096)) throw new Error('the memory is still taken')
      }),
      { numRuns: 300, seed: 20041220 },
    )
    expect(pages.freePages + pages.othersPages).toBe(before)
    sanitizer.end()
    expect(sanitizer.violations).toEqual([])
  })

  it('answers EINVAL for no bytes and ENOMEM for more than there is', () => {
    const { busdma, tag } = benchWith(policy)
    expect(busdma.bus_dmamem_alloc(tag({ maxsize: 0 }))).toEqual({ error: EINVAL, memory: null })
    expect(busdma.bus_dmamem_alloc(tag({ maxsize: 2 ** 30 }))).toEqual({ error: ENOMEM, memory: null })
    expect(busdma.bus_dmamem_alloc(tag({ maxsize: 8192, boundary: 4096 })).error).toBe(ENOMEM)
    expect(busdma.bus_dmamem_alloc(tag({ maxsize: 2048, boundary: 2048 })).error).toBe(OK)
  })

  it(maps ? 'spares low memory' : 'takes low memory where the device needs it', () => {
    const { busdma, tag, pages, domain } = benchWith(policy)
    const low = tag({ lowaddr: 0xfffff, maxsize: 65536 })
    const taken = Array.from({ length: 16 }, () => busdma.bus_dmamem_alloc(low))
    const given = taken.filter(({ error }) => error === OK)
    // Below 1 MiB: 15 ranges of 64 KiB, as the first is not used.
    expect(given).toHaveLength(15)
    expect(taken.at(-1)!.error).toBe(ENOMEM)
    expect(given.every(({ memory }) => memory!.bus + 65536 <= 0x100000)).toBe(true)
    expect(given.every(({ memory }) => memory!.physical === memory!.bus)).toBe(!maps)
    const before = pages.freePages + pages.othersPages
    expect(busdma.bus_dmamem_alloc(low).error).toBe(ENOMEM)
    expect(pages.freePages + pages.othersPages).toBe(before)
    if (domain !== null) expect(domain.iovas.taken).toBe(15 * 16)
  })
})
