import { describe, expect, it } from 'vitest'
import { BUS_DMA_KEEP_PG_OFFSET } from '../../../../src/sim/kernel/busdma/constants.ts'
import type { BusDmaDialect } from '../../../../src/sim/kernel/busdma/dialects/dialect.ts'
import { dmalab } from '../../../../src/sim/kernel/busdma/dialects/dmalab.ts'
import { dragonfly2004 } from '../../../../src/sim/kernel/busdma/dialects/dragonfly-2004.ts'
import { dragonfly2020 } from '../../../../src/sim/kernel/busdma/dialects/dragonfly-2020.ts'
import { freebsd10_4 } from '../../../../src/sim/kernel/busdma/dialects/freebsd-10.4.ts'
import { freebsdMain } from '../../../../src/sim/kernel/busdma/dialects/freebsd-main.ts'
import type { BusDmamap } from '../../../../src/sim/kernel/busdma/map.ts'
import type { BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import { errnoName, type Errno } from '../../../../src/sim/kernel/errno.ts'
import { Bench } from './small-machine.ts'

type Entry = 'loadVirtual' | 'loadPages' | 'mbuf'

/** What the columns of the table below stand for. */
const columns: Record<string, [BusDmaDialect, Entry]> = {
  '2004': [dragonfly2004, 'loadVirtual'],
  '2004 mbuf': [dragonfly2004, 'mbuf'],
  '2020': [dragonfly2020, 'loadVirtual'],
  '10.4': [freebsd10_4, 'loadVirtual'],
  '10.4 pages': [freebsd10_4, 'loadPages'],
  main: [freebsdMain, 'loadVirtual'],
  'main pages': [freebsdMain, 'loadPages'],
  'main mbuf': [freebsdMain, 'mbuf'],
  dmalab: [dmalab, 'loadVirtual'],
}

const run = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i)
const repeat = (first: number, step: number, count: number): string =>
  run(0, count)
    .map((i) => `${(first + i * step).toString(16)}+${step.toString(16)}`)
    .join(' ')

interface Row {
  readonly name: string
  readonly tag: Partial<BusDmaTagArgs>
  readonly pages: number[]
  readonly offset: number
  readonly length: number
  readonly pool?: number[]
  /** address+length of the segments, in hexadecimal, or the error and its count; by column, `*` for all others. */
  readonly answers: Readonly<Record<string, string>>
}

const ISA = { lowaddr: 0xffffff, highaddr: 0xffffffff }

const table: Row[] = [
  {
    name: 'a segment size that is no multiple of the page',
    tag: { maxsegsz: 0x1800 },
    pages: run(0x100, 6),
    offset: 0,
    length: 0x6000,
    answers: {
      '2004': '100000+6000',
      '2020': repeat(0x100000, 0x1800, 4),
      dmalab: repeat(0x100000, 0x1800, 4),
      '*': repeat(0x100000, 0x1000, 6),
    },
  },
  {
    name: 'the 64 KiB windows of an IDE controller',
    tag: { alignment: 2, boundary: 0x10000, maxsegsz: 0x10000 },
    pages: run(0x1f, 18),
    offset: 0x800,
    length: 0x11000,
    answers: { '2004': '1f800+11000', '*': '1f800+800 20000+10000 30000+800' },
  },
  {
    name: 'two pages out of a 24-bit device’s reach',
    tag: ISA,
    pages: [0xff0, 0x1000, 0x1001],
    offset: 0x200,
    length: 0x2000,
    pool: [0x80, 0x81],
    answers: { '2004 mbuf': 'ff0200+e00 1000000+1200', '*': 'ff0200+e00 80000+1200' },
  },
  {
    name: 'bounce pages that keep the offset',
    tag: { ...ISA, flags: BUS_DMA_KEEP_PG_OFFSET },
    pages: [0x1000, 0x1005],
    offset: 0x200,
    length: 0x1000,
    pool: [0x80, 0x81],
    answers: { '2004 mbuf': '1000200+e00 1005000+200', '*': '80200+1000' },
  },
  {
    name: 'NVMe pages',
    tag: { boundary: 0x1000, maxsegsz: 0x1000 },
    pages: run(0x200, 4),
    offset: 0x104,
    length: 0x3000,
    answers: { '2004': '200104+3000', '*': '200104+efc 201000+1000 202000+1000 203000+104' },
  },
  {
    name: 'more scattered pages than segments',
    tag: { nsegments: 2 },
    pages: [5, 9, 13],
    offset: 0,
    length: 0x3000,
    answers: { '2004': 'EFBIG 3', '2020': 'EFBIG 3', '*': 'EFBIG 0' },
  },
  {
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
      '*': '80000+1800',
    },
  },
  {
    name: 'contiguous memory from the middle of a page',
    tag: { maxsegsz: 0x10000 },
    pages: run(0x12, 33),
    offset: 0x100,
    length: 0x20000,
    answers: {
      '2004': '12100+20000',
      '2020': '12100+10000 22100+10000',
      dmalab: '12100+10000 22100+10000',
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

/** Loads the row's bytes in the manner of a column. */
function answerOf(row: Row, [dialect, entry]: [BusDmaDialect, Entry]): string {
  const bench = new Bench(undefined, dialect)
  const tag = bench.tag(row.tag)
  if (tag.couldBounce) bench.busdma.preloadZone(tag, row.pool ?? [])
  const map = bench.map(tag)
  let answer = 'no callback'
  const done = (_arg: number, loaded: BusDmamap, nsegs: number, _size: number, error: Errno): void => {
    answer = error === 0 ? segmentsText(loaded, nsegs) : `${errnoName(error)} ${nsegs}`
  }
  if (entry === 'mbuf') {
    bench.machine.table = row.pages
    const data = Float64Array.of(row.offset)
    const chain = { packetLength: row.length, count: 1, data, len: Int32Array.of(row.length) }
    bench.busdma.bus_dmamap_load_mbuf(tag, map, chain, done, 0, 0)
    return answer
  }
  bench[entry](map, row.pages, row.offset, row.length)
  const callback = bench.callbacks[0]
  if (callback === undefined) return answer
  return callback.error === 'OK' ? segmentsText(map, callback.nsegs) : `${callback.error} ${callback.nsegs}`
}

function segmentsText(map: BusDmamap, nsegs: number): string {
  const hex = (list: Float64Array, i: number): string => (list[i] ?? NaN).toString(16)
  return run(0, nsegs)
    .map((i) => `${hex(map.segAddr, i)}+${hex(map.segLen, i)}`)
    .join(' ')
}

describe('the dialects side by side', () => {
  for (const row of table) {
    it.each(Object.keys(columns))(`${row.name}: %s`, (column) => {
      const expected = row.answers[column] ?? row.answers['*']
      expect(answerOf(row, columns[column] as [BusDmaDialect, Entry])).toBe(expected)
    })
  }
})
