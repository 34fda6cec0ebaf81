import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUS_SPACE_MAXADDR } from '../../../../src/sim/kernel/busdma/constants.ts'
import type { BusDmamap } from '../../../../src/sim/kernel/busdma/map.ts'
import type { BusDmaTag, BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import { EFBIG, EINVAL, OK } from '../../../../src/sim/kernel/errno.ts'
import { IommuBench } from './iommu-bench.ts'
import { loadOnce } from './load-once.ts'
import { ENTRIES, randomLoad, type RandomLoad } from './random-load.ts'

const SEED = 20041220

interface Loaded {
  readonly load: RandomLoad
  readonly map: BusDmamap
  /** Bus and physical address of the start of each run of bytes within one page, in order. */
  readonly reached: readonly (readonly [bus: number, physical: number, bytes: number])[]
}

/** Physical runs of the request, none across a page: what a device must meet, in order. */
function wanted({ pages, pieces }: RandomLoad): [physical: number, bytes: number][] {
  const runs: [number, number][] = []
  for (const [start, length] of pieces) {
    for (let at = start; at < start + length;) {
      const bytes = Math.min(4096 - (at % 4096), start + length - at)
      runs.push([(pages[Math.floor(at / 4096)] as number) * 4096 + (at % 4096), bytes])
      at += bytes
    }
  }
  return runs
}

/** Walks the segments through the IOMMU as a device does. */
function walk(bench: IommuBench, map: BusDmamap): [bus: number, physical: number, bytes: number][] {
  const reached: [number, number, number][] = []
  for (const [start, length] of bench.segments(map)) {
    for (let bus = start; bus < start + length;) {
      const bytes = Math.min(4096 - (bus % 4096), start + length - bus)
      reached.push([bus, bench.iommu.translate(bus, true), bytes])
      bus += bytes
    }
  }
  return reached
}

/** Cut at the same places, the device meets the bytes of the request and no others. */
function checkBytes(load: RandomLoad, reached: Loaded['reached']): void {
  const expected = wanted(load)
  let run = 0
  let done = 0
  for (const [, physical, bytes] of reached) {
    for (let at = 0; at < bytes;) {
      const [start, length] = expected[run] ?? [-1, 0]
      if (length === 0) throw new Error('more bytes than were asked for')
      if (physical + at !== start + done) throw new Error(`${physical + at} instead of ${start + done}`)
      const step = Math.min(bytes - at, length - done)
      at += step
      done += step
      if (done === length) {
        run++
        done = 0
      }
    }
  }
  if (run !== expected.length) throw new Error(`${expected.length - run} runs are missing`)
}

function checkLimits(
  limits: readonly BusDmaTagArgs[],
  segments: readonly (readonly [number, number])[],
): void {
  if (segments.length > limits[0]!.nsegments) throw new Error(`${segments.length} segments`)
  for (const [bus, bytes] of segments) {
    const last = bus + bytes - 1
    if (bytes < 1) throw new Error('an empty segment')
    for (const { alignment, boundary, maxsegsz, lowaddr, highaddr } of limits) {
      if (bus % alignment !== 0) throw new Error(`${bus} is misaligned`)
      if (bytes > maxsegsz) throw new Error(`${bytes} bytes`)
      if (boundary > 0 && Math.floor(bus / boundary) !== Math.floor(last / boundary))
        throw new Error(`${bus}+${bytes} crosses its boundary`)
      const reach = lowaddr === BUS_SPACE_MAXADDR || lowaddr >= highaddr ? Infinity : lowaddr | 0xfff
      if (last > reach) throw new Error(`${last} is out of reach`)
    }
  }
}

function limitsOf({ tag, parent }: RandomLoad): BusDmaTagArgs[] {
  return parent === null ? [tag] : [tag, parent]
}

function tagsOf(bench: IommuBench, load: RandomLoad, tag = load.tag): BusDmaTag {
  return bench.tag(tag, load.parent === null ? null : bench.tag(load.parent))
}

/** Each segment would have to be longer, or start elsewhere: the request does not fit the tag. */
function checkRefusal(load: RandomLoad, error: number): void {
  const bench = new IommuBench('strict')
  const { parent } = load
  const nsegments = 16383
  const many = loadIt(bench, load, tagsOf(bench, load, { ...load.tag, nsegments }))
  if (error === EFBIG) {
    // A misaligned chunk may lie beyond the segment that was one too many.
    if (many.error === EINVAL) return
    if (many.error !== OK || many.nsegs <= load.tag.nsegments) throw new Error('EFBIG, but it fits')
    return
  }
  if (error !== EINVAL) throw new Error(`error ${error}`)
  const loose = new IommuBench('strict')
  const anywhere = { ...load, parent: parent === null ? null : { ...parent, alignment: 1 } }
  const free = loadIt(loose, load, tagsOf(loose, anywhere, { ...load.tag, alignment: 1, nsegments }))
  if (free.error !== OK) throw new Error('EINVAL, and not for alignment')
}

function loadIt(bench: IommuBench, load: RandomLoad, tag: BusDmaTag) {
  bench.platform.table = load.pages
  const map = bench.mapOf(tag)
  return { map, ...loadOnce(bench.busdma, tag, map, load) }
}

describe('any load behind an IOMMU', () => {
  it('takes the device to the right bytes in order, within every limit, or keeps nothing', () => {
    const outcomes = new Map<string, number>()
    let bench = new IommuBench('strict')
    let cases = 0
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (seed) => {
        // Not always the same: a low range, once freed, would serve every load after it.
        if (cases++ % 8 === 0) {
          if (bench.violations().length > 0) throw new Error(bench.sanitizer.violations[0]!.object)
          bench = new IommuBench('strict')
        }
        const load = randomLoad(seed)
        const tag = tagsOf(bench, load)
        const { map, error } = loadIt(bench, load, tag)
        outcomes.set(`${load.entry} ${error}`, (outcomes.get(`${load.entry} ${error}`) ?? 0) + 1)
        if (error === OK) {
          const reached = walk(bench, map)
          checkLimits(limitsOf(load), bench.segments(map))
          checkBytes(load, reached)
          bench.busdma.bus_dmamap_unload(tag, map)
          for (const [bus] of reached)
            if (bench.iommu.translate(bus, false) !== -1) throw new Error(`${bus} is still mapped`)
        } else {
          checkRefusal(load, error)
        }
        if (bench.pagesKept !== 0 || bench.iommu.table.entries !== 0) throw new Error('I/O pages are left')
        if (bench.busdma.bus_dmamap_destroy(tag, map) !== OK) throw new Error('the map is busy')
      }),
      { numRuns: 20_000, seed: SEED },
    )
    for (const entry of ENTRIES) {
      for (const error of [OK, EFBIG, EINVAL])
        expect(outcomes.get(`${entry} ${error}`) ?? 0, `${entry} ${error}`).toBeGreaterThan(100)
    }
    expect(bench.violations()).toEqual([])
  })

  it('under lazy keeps an old frame in reach of its old address only, until the flush', () => {
    const step = fc.record({
      seed: fc.integer({ min: 0, max: 0x7fffffff }),
      unload: fc.boolean(),
      pick: fc.nat(),
      wait: fc.nat(15),
    })
    let staleSeen = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
        const bench = new IommuBench('lazy')
        const loaded: Loaded[] = []
        /** Physical pages that each I/O page led to when it was unloaded and the device had been there. */
        const queued = new Map<number, number>()
        const unload = (index: number): void => {
          const [{ map, reached }] = loaded.splice(index, 1) as [Loaded]
          const flushes = bench.iommu.counters.invalidations
          bench.busdma.bus_dmamap_unload(map.tag, map)
          for (const [bus, physical] of reached)
            queued.set(Math.floor(bus / 4096), Math.floor(physical / 4096))
          if (bench.iommu.counters.invalidations > flushes) queued.clear()
        }
        for (const { seed, unload: ends, pick, wait } of steps) {
          if (wait === 0 && bench.simulator.run(1) > 0) queued.clear()
          if (ends && loaded.length > 0) {
            unload(pick % loaded.length)
            continue
          }
          const load = randomLoad(seed)
          const flushes = bench.iommu.counters.invalidations
          const tag = tagsOf(bench, load)
          const { map, error } = loadIt(bench, load, tag)
          if (bench.iommu.counters.invalidations > flushes) queued.clear()
          if (error !== OK) continue
          const reached = walk(bench, map)
          checkBytes(load, reached)
          for (const [bus] of reached)
            if (queued.has(Math.floor(bus / 4096))) throw new Error(`${bus} was not flushed yet`)
          loaded.push({ load, map, reached })
        }
        for (const [ioPage, pfn] of queued) {
          const physical = bench.iommu.translate(ioPage * 4096, true)
          // The IOTLB may have had no room for it.
          if (physical !== -1 && physical !== pfn * 4096) throw new Error('a frame of somebody else')
          if (physical !== -1) staleSeen++
        }
        while (loaded.length > 0) unload(0)
        bench.domain.flush()
        for (const [ioPage] of queued)
          if (bench.iommu.translate(ioPage * 4096, true) !== -1) throw new Error('reached after the flush')
        if (bench.violations().includes('iova-leak')) throw new Error('I/O pages are left')
      }),
      { numRuns: 500, seed: SEED },
    )
    expect(staleSeen).toBeGreaterThan(1000)
  })
})
