import { describe, expect, it } from 'vitest'
import { BUS_DMA_NOWAIT } from '../../../../src/sim/kernel/busdma/constants.ts'
import type { BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import { EBUSY, EFBIG, EINPROGRESS, EINVAL, ENOMEM, OK } from '../../../../src/sim/kernel/errno.ts'
import { Bench, poolOf } from './small-machine.ts'

const ISA = { lowaddr: 0xffffff }

function benchWithPool(pfns: number[], args: Partial<BusDmaTagArgs> = {}) {
  const bench = new Bench()
  const tag = bench.tag({ ...ISA, ...args })
  bench.busdma.preloadZone(tag, pfns)
  return { bench, tag, first: bench.map(tag), second: bench.map(tag), third: bench.map(tag) }
}

describe('a load short of bounce pages', () => {
  it('waits with what it could reserve, and runs from the soft interrupt in the order of arrival', () => {
    const { bench, tag, first, second, third } = benchWithPool([1, 2, 3])
    expect(bench.loadPages(first, [0x1000, 0x1002], 0, 8192, 1)).toBe('OK')
    expect(bench.loadPages(second, [0x1010, 0x1012], 0, 8192, 2)).toBe('EINPROGRESS')
    expect(bench.loadPages(third, [0x1020], 0, 4096, 3)).toBe('EINPROGRESS')
    expect(poolOf(tag)).toEqual([3, 0, 1, 2])
    expect(bench.busdma.waitingLoads(tag)).toBe(2)
    expect(bench.machine.waits).toBe(2)

    bench.busdma.bus_dmamap_unload(tag, first)
    expect(bench.busdma.softInterruptPending).toBe(true)
    expect(bench.machine.softInterrupts).toBe(2)
    expect(bench.callbacks.map(({ arg }) => arg)).toEqual([1])

    bench.busdma.busdma_swi()
    expect(bench.callbacks.map(({ arg, error }) => [arg, error])).toEqual([
      [1, 'OK'],
      [2, 'OK'],
      [3, 'OK'],
    ])
    expect(poolOf(tag)).toEqual([3, 0, 0, 3])
    expect(bench.busdma.bouncePagesActiveMax).toBe(3)
  })

  it('ignores BUS_DMA_NOWAIT for a buffer, as this kernel does', () => {
    const { bench, tag, first } = benchWithPool([])
    bench.machine.table = [0x1000]
    const error = bench.busdma.bus_dmamap_load(tag, first, 0, 4096, bench.loaded, 0, BUS_DMA_NOWAIT)
    expect(error).toBe(EINPROGRESS)
  })

  it('keeps a waiting map from being loaded again or destroyed', () => {
    const { bench, tag, first } = benchWithPool([])
    bench.loadPages(first, [0x1000], 0, 4096)
    expect(bench.loadPages(first, [5], 0, 4096)).toBe('EBUSY')
    expect(bench.busdma.bus_dmamap_destroy(tag, first)).toBe(EBUSY)
    expect(bench.callbacks).toEqual([])
  })

  it('reproduces the lost waiter: a failed load whose unused reservation serves another is itself queued', () => {
    const { bench, tag, first, second, third } = benchWithPool([1, 3, 5], { nsegments: 1 })
    bench.loadPages(third, [0x1000], 0, 4096, 3)
    bench.loadPages(first, [0x1010, 0x1020, 0x1030], 0, 12288, 1)
    bench.loadPages(second, [0x1040, 0x1050, 0x1060], 0, 12288, 2)
    bench.busdma.bus_dmamap_unload(tag, third)
    bench.busdma.busdma_swi()
    expect(bench.callbacks.map(({ arg, error }) => [arg, error])).toEqual([
      [3, 'OK'],
      [1, 'EFBIG'],
    ])
    expect(second).toMatchObject({ waiting: false, onCallbackList: false, pagesreserved: 3 })
    expect(first.waiting).toBe(true)
    expect(poolOf(tag)).toEqual([3, 0, 3, 0])
  })
})

describe('an mbuf chain short of bounce pages', () => {
  const chain = (lengths: number[]) => ({
    packetLength: lengths.reduce((sum, length) => sum + length, 0),
    count: lengths.length,
    data: Float64Array.from(lengths, (_, i) => i * 4096),
    len: Int32Array.from(lengths),
  })

  it('fails with ENOMEM at the first mbuf, and with EFBIG after it', () => {
    const { bench, tag, first } = benchWithPool([1])
    bench.machine.table = [0x1000, 0x1010]
    const seen: number[][] = []
    const done = (_arg: number, _map: object, nsegs: number, mapsize: number, error: number): void => {
      seen.push([nsegs, mapsize, error])
    }
    expect(bench.busdma.bus_dmamap_load_mbuf(tag, first, chain([0, 100, 100]), done, 0, 0)).toBe(OK)
    bench.busdma.bus_dmamap_unload(tag, first)
    bench.machine.table = [0x1000, 0x1010, 0x1020]
    expect(bench.busdma.bus_dmamap_load_mbuf(tag, first, chain([4096, 4096]), done, 0, 0)).toBe(EFBIG)
    expect(poolOf(tag)).toEqual([1, 1, 0, 0])
    bench.loadPages(bench.map(tag), [0x1000], 0, 4096)
    expect(bench.busdma.bus_dmamap_load_mbuf(tag, first, chain([4096]), done, 0, 0)).toBe(ENOMEM)
    expect(bench.busdma.bus_dmamap_load_mbuf(tag, first, chain([1048576, 1]), done, 0, 0)).toBe(EINVAL)
    expect(seen.at(-1)).toEqual([0, 0, EINVAL])
  })
})
