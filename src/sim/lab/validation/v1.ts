import type { CostProfile } from '../../machine/costs.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { around, judge, predict } from './judge.ts'
import { MemoryDisk } from './memory-disk.ts'
import type { Experiment, ValidationRow } from './types.ts'

const SOURCE =
  'FreeBSD commit of md(4), https://git.quacker.org/d/freebsd-skq/src/commit/7cd53fdda8de9ad5f7de3a599f7a544c844d99cd/sys/dev/md'
const PAGES = 32_768
const SF_BUFS = 65_536

/** What each arm reads, in MB/s. */
export interface MemoryDiskRates {
  readonly malloc: number
  readonly qenter: number
  readonly cold: number
  readonly warm: number
  /** Second pass with half as many sf_bufs as pages, and with one too few. */
  readonly half: number
  readonly oneShort: number
}

/** @param pages of the disk; the published one has 32768 */
export function memoryDiskRates(costs: CostProfile, pages = PAGES, sfBufs = SF_BUFS): MemoryDiskRates {
  const rate = (ns: number): number => (pages * PAGE_SIZE * 1000) / ns
  const disk = (count: number): MemoryDisk => new MemoryDisk({ costs, pages, sfBufs: count })
  const plain = disk(1)
  const cached = disk(sfBufs)
  const secondPass = (count: number): number => {
    const small = disk(count)
    small.read(small.sfBuf)
    return rate(small.read(small.sfBuf))
  }
  return {
    malloc: rate(plain.read(plain.malloc)),
    qenter: rate(plain.read(plain.qenter)),
    cold: rate(cached.read(cached.sfBuf)),
    warm: rate(cached.read(cached.sfBuf)),
    half: secondPass(pages / 2),
    oneShort: secondPass(pages - 1),
  }
}

/** A memory disk that maps each page in four ways (FreeBSD 2004). */
export const v1: Experiment = {
  id: 'V1',
  title: 'sf_buf memory disk, FreeBSD 2004',
  calibrates: ['p4up: copyPerByte', 'p4up: kvaAlloc'],
  runs: [],
  evaluate: (_results, costsOf) => rows(memoryDiskRates(costsOf('p4up'))),
}

function rows(rates: MemoryDiskRates): readonly ValidationRow[] {
  const MBps = { unit: 'MB/s', source: SOURCE }
  const check = { unit: '%', source: SOURCE, class: 'CHECK', published: null } as const
  return [
    judge({
      ...MBps,
      quantity: 'd: no mapping (malloc-backed)',
      class: 'CAL',
      ...around(530.2, 0.05),
      simulated: rates.malloc,
      note: 'Sets copyPerByte: copy and the rest of the read path of a page, but for finding eight sectors and beginning eight copies.',
    }),
    judge({
      ...MBps,
      quantity: 'a: address, pmap_qenter, pmap_qremove for each page',
      class: 'CAL',
      ...around(311.5, 0.05),
      simulated: rates.qenter,
      note: 'Sets kvaAlloc: what is left of 13.15 us after the copy, the page found in its object, the entries and the invalidations.',
    }),
    predict({
      ...MBps,
      quantity: 'b: sf_bufs, cold',
      simulated: rates.cold,
      note: 'The pool mapped other pages before: each page is found in its object and costs a search in vain, an entry, one local invlpg, two locks, and its share of lines from memory.',
    }),
    predict({ ...MBps, quantity: 'c: sf_bufs, warm', simulated: rates.warm }),
    judge({
      ...check,
      quantity: 'c against d',
      low: 97,
      high: 103,
      simulated: (100 * rates.warm) / rates.malloc,
    }),
    ...(
      [
        ['half as many sf_bufs as pages, second pass, against b', rates.half],
        ['one sf_buf too few, second pass, against b', rates.oneShort],
      ] as const
    ).map(([quantity, rate]) =>
      judge({ ...check, quantity, low: 99, high: 101, simulated: (100 * rate) / rates.cold }),
    ),
  ]
}
