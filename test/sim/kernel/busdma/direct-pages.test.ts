import { describe, expect, it } from 'vitest'
import { BUS_DMA_NOWAIT } from '../../../../src/sim/kernel/busdma/constants.ts'
import type { BusDmaDialect } from '../../../../src/sim/kernel/busdma/dialects/dialect.ts'
import { BUSDMA_DIALECTS } from '../../../../src/sim/kernel/busdma/dialects/index.ts'
import type { BusDmaTag } from '../../../../src/sim/kernel/busdma/tag.ts'
import { randomLoad, type RandomLoad } from './random-load.ts'
import { Bench, poolOf } from './small-machine.ts'

const CASES = 8000

interface Outcome {
  /** The segments were made run by run. */
  readonly direct: boolean
  readonly result: unknown
}

/** A bench with the tag of a case; null where the dialect refuses the tag or its parent. */
function prepare(
  dialect: BusDmaDialect,
  { tag: args, parent: parentArgs }: RandomLoad,
): { bench: Bench; tag: BusDmaTag } | null {
  const bench = new Bench(undefined, dialect)
  const { busdma } = bench
  const parent = parentArgs === null ? null : busdma.bus_dma_tag_create(null, parentArgs).tag
  if (parentArgs !== null && parent === null) return null
  const { tag } = busdma.bus_dma_tag_create(parent, args)
  return tag === null ? null : { bench, tag }
}

/** Loads a page list twice over: the first load shows in the second what it left behind in the map. */
function loadTwice(dialect: BusDmaDialect, load: RandomLoad, allowDirect: boolean): Outcome | null {
  const prepared = prepare(dialect, load)
  if (prepared === null) return null
  const { bench, tag } = prepared
  const { busdma, machine } = bench
  if (tag.couldBounce) busdma.preloadZone(tag, load.pool)
  const map = bench.map(tag)
  const pages = Int32Array.from(load.pages)
  const [offset, length] = load.pieces[0]!
  const direct =
    tag.direct !== null && tag.direct.segments(map.segAddr, map.segLen, pages, 0, offset, length) > 0
  if (!allowDirect) tag.direct = null
  const errors: number[] = []
  for (const bytes of [length, Math.ceil(length / 2)]) {
    errors.push(
      busdma.bus_dmamap_load_pages(
        tag,
        map,
        pages,
        pages.length,
        offset,
        bytes,
        bench.loaded,
        7,
        BUS_DMA_NOWAIT,
      ),
    )
    busdma.bus_dmamap_unload(tag, map)
  }
  const charges = [...machine.charges].filter(([, times]) => times > 0).sort(([a], [b]) => a - b)
  const { pagesneeded, pagesreserved } = map
  return {
    direct,
    result: { errors, callbacks: bench.callbacks, charges, pagesneeded, pagesreserved, pool: poolOf(tag) },
  }
}

describe.each(['dragonfly-2020', 'freebsd-10.4', 'freebsd-main', 'dmalab'] as const)(
  'page lists loaded run by run in the manner of %s',
  (name) => {
    it(`come to what its own loader makes of them, and cost the same (${CASES} cases)`, () => {
      let taken = 0
      for (let seed = 0; seed < CASES; seed++) {
        const load = randomLoad(seed)
        const [offset, length] = load.pieces[0]!
        const pages: RandomLoad = { ...load, entry: 'pages', pieces: [[offset % 4096, length]] }
        if ((offset % 4096) + length > load.pages.length * 4096) continue
        const own = loadTwice(BUSDMA_DIALECTS[name], pages, false)
        if (own === null) continue
        const outcome = loadTwice(BUSDMA_DIALECTS[name], pages, true)!
        expect(outcome.result, `seed ${seed}`).toEqual(own.result)
        if (outcome.direct) taken++
      }
      expect(taken).toBeGreaterThan(CASES / 10)
    })
  },
)
