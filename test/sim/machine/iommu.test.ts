import { describe, expect, it } from 'vitest'
import { IO_PAGES, IOPTE_R, IOPTE_W, IoPageTable } from '../../../src/sim/machine/io-page-table.ts'
import { Iommu } from '../../../src/sim/machine/iommu.ts'
import { testMachine } from './test-machine.ts'

const RW = IOPTE_R | IOPTE_W

function iommuWith(entries: readonly (readonly [ioPage: number, frame: number])[]): Iommu {
  const iommu = new Iommu()
  for (const [ioPage, frame] of entries) iommu.table.set(ioPage, frame, RW)
  return iommu
}

describe('IoPageTable', () => {
  it('counts entries, not changes of them, and keeps neighbours apart', () => {
    const table = new IoPageTable()
    for (const ioPage of [0, 511, 512, 1 << 18, IO_PAGES - 1]) table.set(ioPage, ioPage % 7919, RW)
    table.set(512, 5, IOPTE_R)
    expect(table.entries).toBe(5)
    expect([table.frameOf(512), table.flagsOf(512)]).toEqual([5, IOPTE_R])
    expect(table.frameOf(IO_PAGES - 1)).toBe((IO_PAGES - 1) % 7919)
    expect([table.clear(512), table.clear(512), table.clear(513), table.clear(5000)]).toEqual([
      true,
      false,
      false,
      false,
    ])
    expect([table.frameOf(512), table.flagsOf(512), table.frameOf(511)]).toEqual([-1, 0, 511])
    expect(table.entries).toBe(4)
  })
})

describe('Iommu', () => {
  it('finds the frame of an I/O page and keeps the offset, with one walk', () => {
    const iommu = iommuWith([[0x70000, 1234567]])
    expect(iommu.translate(0x70000fff, false)).toBe(1234567 * 4096 + 0xfff)
    expect(iommu.translate(0x70000010, true)).toBe(1234567 * 4096 + 0x10)
    expect(iommu.counters).toEqual({ iotlbMisses: 1, invalidations: 0, faults: 0, staleTranslations: 0 })
    expect([iommu.takeMisses(), iommu.takeMisses()]).toEqual([1, 0])
  })

  it.each([0, 0x6fffffff, 0x70001000, IO_PAGES * 4096, -1, Number.MAX_SAFE_INTEGER])(
    'faults where nothing is mapped: 0x%x',
    (address) => {
      const iommu = iommuWith([[0x70000, 9]])
      expect(iommu.translate(address, false)).toBe(-1)
      expect(iommu.counters.faults).toBe(1)
      iommu.table.set(0, 1, RW)
      expect(iommu.translate(12, false)).toBe(4096 + 12)
    },
  )

  it('refuses what the entry does not permit, remembered or not', () => {
    const iommu = iommuWith([])
    iommu.table.set(3, 7, IOPTE_R)
    iommu.table.set(4, 8, IOPTE_W)
    expect([iommu.translate(0x3000, true), iommu.translate(0x3000, false)]).toEqual([-1, 7 * 4096])
    expect([iommu.translate(0x3000, true), iommu.translate(0x4000, true)]).toEqual([-1, 8 * 4096])
    expect(iommu.translate(0x4000, false)).toBe(-1)
    expect(iommu.counters).toMatchObject({ faults: 3, iotlbMisses: 2, staleTranslations: 0 })
  })

  it('goes to the old frame until the page is invalidated, and says so', () => {
    const { sanitizer } = testMachine({ sanitizer: true })
    const iommu = new Iommu(sanitizer)
    for (const ioPage of [0x50, 0x51]) {
      iommu.table.set(ioPage, ioPage + 0x100, RW)
      iommu.translate(ioPage * 4096, false)
    }
    iommu.table.clear(0x50)
    iommu.table.set(0x51, 9, RW)
    expect(iommu.translate(0x50010, true)).toBe(0x150010)
    expect(iommu.translate(0x51010, false)).toBe(0x151010)
    expect(iommu.counters.staleTranslations).toBe(2)
    expect(sanitizer!.violations).toMatchObject([
      {
        kind: 'stale-iotlb',
        object: 'I/O page 0x50: a device goes to frame 336, the I/O page table has nothing',
        callPath: 'DMA write',
      },
      {
        kind: 'stale-iotlb',
        object: 'I/O page 0x51: a device goes to frame 337, the I/O page table has frame 9',
        callPath: 'DMA read',
      },
    ])
    iommu.invalidatePages(0x51, 1)
    expect(iommu.translate(0x51010, false)).toBe(0x9010)
    expect(iommu.translate(0x50010, true)).toBe(0x150010)
    iommu.invalidateAll()
    expect(iommu.translate(0x50010, true)).toBe(-1)
    expect(iommu.counters).toMatchObject({
      staleTranslations: 3,
      invalidations: 2,
      faults: 1,
      iotlbMisses: 4,
    })
  })

  it.each([3, 16, 40])('invalidates a range of %i pages and nothing beside it', (count) => {
    const pages = Array.from({ length: 64 }, (_, i) => 100 + i)
    const iommu = iommuWith(pages.map((page) => [page, page]))
    for (const page of pages) iommu.translate(page * 4096, false)
    iommu.takeMisses()
    iommu.invalidatePages(110, count)
    const missed = pages.filter((page) => {
      iommu.translate(page * 4096, false)
      return iommu.takeMisses() === 1
    })
    expect(missed).toEqual(Array.from({ length: count }, (_, i) => 110 + i))
    expect(iommu.counters.invalidations).toBe(1)
  })

  it('remembers 64 neighbours, and gives up the one used least recently of a set of four', () => {
    const iommu = iommuWith(Array.from({ length: 80 }, (_, i) => [i, i + 1000]))
    const misses = (...pages: number[]): number => {
      for (const page of pages) iommu.translate(page * 4096, false)
      return iommu.takeMisses()
    }
    const all = Array.from({ length: 64 }, (_, i) => i)
    expect(misses(...all)).toBe(64)
    expect(misses(...all)).toBe(0)
    // 0, 16, 32, 48 and 64 share a set; 16 is the oldest once 0 was used again.
    expect(misses(0, 64)).toBe(1)
    expect(misses(0, 32, 48, 64)).toBe(0)
    expect(misses(16)).toBe(1)
  })

  it('passes bus addresses through when it is told to, with nothing to miss', () => {
    const iommu = iommuWith([])
    iommu.passesThrough = true
    expect(iommu.translate(IO_PAGES * 8192 + 5, true)).toBe(IO_PAGES * 8192 + 5)
    expect([iommu.takeMisses(), iommu.counters.faults]).toEqual([0, 0])
  })

  it('starts counting afresh and keeps what it remembers', () => {
    const iommu = iommuWith([[1, 1]])
    iommu.translate(4096, false)
    iommu.translate(0, false)
    iommu.invalidatePages(7, 1)
    iommu.resetMeasurement()
    iommu.translate(4096, false)
    expect(iommu.counters).toEqual({ iotlbMisses: 0, invalidations: 0, faults: 0, staleTranslations: 0 })
  })
})
