import { BUS_DMA_KEEP_PG_OFFSET } from '../../../../src/sim/kernel/busdma/constants.ts'
import type { BusDmaDialect } from '../../../../src/sim/kernel/busdma/dialects/dialect.ts'
import { dmalab } from '../../../../src/sim/kernel/busdma/dialects/dmalab.ts'
import { dragonfly2004 } from '../../../../src/sim/kernel/busdma/dialects/dragonfly-2004.ts'
import { dragonfly2020 } from '../../../../src/sim/kernel/busdma/dialects/dragonfly-2020.ts'
import { freebsd10_4 } from '../../../../src/sim/kernel/busdma/dialects/freebsd-10.4.ts'
import { freebsdMain } from '../../../../src/sim/kernel/busdma/dialects/freebsd-main.ts'
import { linux } from '../../../../src/sim/kernel/busdma/dialects/linux.ts'
import type { BusDmamap } from '../../../../src/sim/kernel/busdma/map.ts'
import type { BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import { errnoName, type Errno } from '../../../../src/sim/kernel/errno.ts'
import { Bench } from './small-machine.ts'

export type Entry = 'loadVirtual' | 'loadPages' | 'mbuf'

/** A kernel, and the way in which it gets the request. */
export const columns: Readonly<Record<string, readonly [BusDmaDialect, Entry]>> = {
  '2004': [dragonfly2004, 'loadVirtual'],
  '2004 mbuf': [dragonfly2004, 'mbuf'],
  '2020': [dragonfly2020, 'loadVirtual'],
  '10.4': [freebsd10_4, 'loadVirtual'],
  '10.4 pages': [freebsd10_4, 'loadPages'],
  main: [freebsdMain, 'loadVirtual'],
  'main pages': [freebsdMain, 'loadPages'],
  'main mbuf': [freebsdMain, 'mbuf'],
  dmalab: [dmalab, 'loadVirtual'],
  linux: [linux, 'loadVirtual'],
}

const run = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i)
const repeat = (first: number, step: number, count: number): string =>
  run(0, count)
    .map((i) => `${(first + i * step).toString(16)}+${step.toString(16)}`)
    .join(' ')

export interface Row {
  /** What the documentation calls it; none for a row that is not shown there. */
  readonly vector?: string
  readonly name: string
  readonly tag: Partial<BusDmaTagArgs>
  readonly pages: number[]
  readonly offset: number
  readonly length: number
  readonly pool?: number[]
  /**
   * address+length of the segments, in hexadecimal, or the error and its count; a bar between the parts of a split
   * request. By column, `*` for all others.
   */
  readonly answers: Readonly<Record<string, string>>
}

const ISA = { lowaddr: 0xffffff, highaddr: 0xffffffff }

export const rows: readonly Row[] = [
  {
    vector: 'V1',
    name: 'a segment size that is no multiple of the page',
    tag: { maxsegsz: 0x1800 },
    pages: run(0x100, 6),
    offset: 0,
    length: 0x6000,
    answers: {
      '2004': '100000+6000',
      '2020': repeat(0x100000, 0x1800, 4),
      dmalab: repeat(0x100000, 0x1800, 4),
      linux: repeat(0x100000, 0x1800, 4),
      '*': repeat(0x100000, 0x1000, 6),
    },
  },
  {
    vector: 'V2',
    name: 'the 64 KiB windows of an IDE controller',
    tag: { alignment: 2, boundary: 0x10000, maxsegsz: 0x10000 },
    pages: run(0x1f, 18),
    offset: 0x800,
    length: 0x11000,
    answers: { '2004': '1f800+11000', '*': '1f800+800 20000+10000 30000+800' },
  },
  {
    vector: 'V3',
    name: 'two pages out of a 24-bit device’s reach',
    tag: ISA,
    pages: [0xff0, 0x1000, 0x1001],
    offset: 0x200,
    length: 0x2000,
    pool: [0x80, 0x81],
    answers: { '2004 mbuf': 'ff0200+e00 1000000+1200', '*': 'ff0200+e00 80000+1200' },
  },
  {
    vector: 'V3k',
    name: 'bounce pages that keep the offset',
    tag: { ...ISA, flags: BUS_DMA_KEEP_PG_OFFSET },
    pages: [0x1000, 0x1005],
    offset: 0x200,
    length: 0x1000,
    pool: [0x80, 0x81],
    answers: {
      '2004': '80000+e00 81000+200',
      '2004 mbuf': '1000200+e00 1005000+200',
      linux: '80200+e00 81000+200',
      '*': '80200+1000',
    },
  },
  {
    vector: 'V4',
    name: 'NVMe pages',
    tag: { boundary: 0x1000, maxsegsz: 0x1000 },
    pages: run(0x200, 4),
    offset: 0x104,
    length: 0x3000,
    answers: { '2004': '200104+3000', '*': '200104+efc 201000+1000 202000+1000 203000+104' },
  },
  {
    vector: 'V5',
    name: 'more scattered pages than segments',
    tag: { nsegments: 2 },
    pages: [5, 9, 13],
    offset: 0,
    length: 0x3000,
    answers: {
      '2004': 'EFBIG 3',
      '2020': 'EFBIG 3',
      linux: '5000+1000 9000+1000 | d000+1000',
      '*': 'EFBIG 0',
    },
  },
  {
    vector: 'V6',
    name: 'a segment size below the boundary',
    tag: { maxsegsz: 0x600, boundary: 0x1000 },
    pages: [0x40, 0x41],
    offset: 0x700,
    length: 0x1000,
    answers: {
      '2004': '40700+1000',
      '2004 mbuf': '40700+900 41000+700',
      '*': '40700+600 40d00+300 41000+600 41600+100',
    },
  },
  {
    vector: 'V7',
    name: 'a misaligned start',
    tag: { alignment: 4 },
    pages: [0x300, 0x301],
    offset: 1,
    length: 0x1800,
    pool: [0x80, 0x81],
    answers: {
      '2004': '300001+1800',
      '2004 mbuf': '300001+1800',
      '2020': '80000+fff 301000+801',
      '10.4 pages': '80000+fff 301000+801',
      dmalab: '80000+fff 301000+801',
      linux: 'EINVAL 0',
      '*': '80000+1800',
    },
  },
  {
    vector: 'V8',
    name: 'contiguous memory from the middle of a page',
    tag: { maxsegsz: 0x10000 },
    pages: run(0x12, 33),
    offset: 0x100,
    length: 0x20000,
    answers: {
      '2004': '12100+20000',
      '2020': '12100+10000 22100+10000',
      dmalab: '12100+10000 22100+10000',
      linux: '12100+10000 22100+10000',
      '*': '12100+ff00 22000+10000 32000+100',
    },
  },
  {
    name: 'an empty buffer',
    tag: {},
    pages: [0x12],
    offset: 0,
    length: 0,
    answers: { '2004': '12000+0', '2004 mbuf': '0+0', '2020': '12000+0', '*': '' },
  },
]

/** A swiotlb pool that has only the row's pages would limit the size of a request. */
const SWIOTLB_PAGES = 64

/** Loads the row's bytes in the manner of a column, until all are loaded. */
export function answerOf(row: Row, [dialect, entry]: readonly [BusDmaDialect, Entry]): string {
  const bench = new Bench(undefined, dialect)
  const { busdma, machine } = bench
  const tag = bench.tag(row.tag)
  const pool = row.pool ?? []
  if (tag.couldBounce) busdma.preloadZone(tag, dialect === linux ? run(pool[0] ?? 0, SWIOTLB_PAGES) : pool)
  const map = bench.map(tag)
  machine.table = row.pages
  const list = Int32Array.from(row.pages)
  const parts: string[] = []
  let at = row.offset
  let left = row.length
  let failed = false
  const done = (_arg: number, loaded: BusDmamap, nsegs: number, error: Errno): void => {
    failed = error !== 0
    parts.push(failed ? `${errnoName(error)} ${nsegs}` : segmentsText(loaded, nsegs))
  }
  do {
    if (entry === 'mbuf') {
      const chain = { packetLength: left, count: 1, data: Float64Array.of(at), len: Int32Array.of(left) }
      const done2 = (arg: number, loaded: BusDmamap, nsegs: number, _size: number, error: Errno): void =>
        done(arg, loaded, nsegs, error)
      busdma.bus_dmamap_load_mbuf(tag, map, chain, done2, 0, 0)
    } else if (entry === 'loadPages') {
      busdma.bus_dmamap_load_pages(tag, map, list, list.length, at, left, done, 0, 0)
    } else {
      busdma.bus_dmamap_load(tag, map, at, left, done, 0, 0)
    }
    if (parts.length === 0) return 'no callback'
    at += map.loadedBytes
    left -= map.loadedBytes
    busdma.bus_dmamap_unload(tag, map)
  } while (left > 0 && !failed)
  return parts.join(' | ')
}

function segmentsText(map: BusDmamap, nsegs: number): string {
  const hex = (list: Float64Array, i: number): string => (list[i] ?? NaN).toString(16)
  return run(0, nsegs)
    .map((i) => `${hex(map.segAddr, i)}+${hex(map.segLen, i)}`)
    .join(' ')
}
