import { describe, expect, it } from 'vitest'
import { EFAULT, EINVAL, ENOBUFS, OK } from '../../../src/sim/kernel/errno.ts'
import { Xio } from '../../../src/sim/kernel/xio.ts'
import { KVA_BASE } from '../../../src/sim/machine/page-table.ts'
import { KernelBench } from './kernel-bench.ts'

const VA = KVA_BASE + 10 * 4096

describe('xio_init_kbuf', () => {
  it('lists and holds the pages of a mapped buffer', () => {
    const bench = new KernelBench()
    const pfns = bench.mapPages(10, 3)
    const xio = new Xio()
    expect(bench.xios.xio_init_kbuf(xio, VA + 100, 8192)).toBe(OK)
    expect([xio.npages, xio.offset, xio.bytes, xio.error]).toEqual([3, 100, 8192, OK])
    expect([...xio.pages.subarray(0, 3)]).toEqual(pfns)
    expect(pfns.map((pfn) => bench.holds.of(pfn))).toEqual([1, 1, 1])
    expect(bench.counters.pageListsBuilt).toBe(1)
    bench.xios.xio_release(xio)
    expect([bench.holds.total, xio.npages, xio.bytes, xio.error]).toEqual([0, 0, 0, ENOBUFS])
  })

  it.each([
    [0, 40 * 4096, 32 * 4096],
    [1, 32 * 4096, 32 * 4096 - 1],
    [4095, 33 * 4096, 31 * 4096 + 1],
    [0, 32 * 4096, 32 * 4096],
  ])('cuts a buffer at offset %d of %d bytes short at 32 pages, with success', (offset, bytes, got) => {
    const bench = new KernelBench()
    bench.mapPages(10, 41)
    const xio = new Xio()
    expect(bench.xios.xio_init_kbuf(xio, VA + offset, bytes)).toBe(OK)
    expect([xio.npages, xio.bytes, bench.holds.total]).toEqual([32, got, 32])
  })

  it('holds nothing after a hole', () => {
    const bench = new KernelBench()
    bench.mapPages(10, 3)
    const before = bench.resources()
    const xio = new Xio()
    expect(bench.xios.xio_init_kbuf(xio, VA + 5, 3 * 4096)).toBe(EFAULT)
    expect([xio.npages, xio.bytes, xio.error]).toEqual([0, 0, EFAULT])
    expect(bench.resources()).toEqual(before)
    expect(bench.counters.pageListsBuilt).toBe(0)
  })
})

describe('xio_init_pages', () => {
  it('holds whole pages', () => {
    const bench = new KernelBench()
    const xio = new Xio()
    expect(bench.xios.xio_init_pages(xio, Int32Array.of(9, 5, 9), 3)).toBe(OK)
    expect([xio.npages, xio.offset, xio.bytes]).toEqual([3, 0, 12288])
    expect([bench.holds.of(9), bench.holds.of(5)]).toEqual([2, 1])
  })

  it.each([0, -1, 33])('refuses %d pages and holds nothing', (count) => {
    const bench = new KernelBench()
    expect(bench.xios.xio_init_pages(new Xio(), new Int32Array(40), count)).toBe(EINVAL)
    expect(bench.holds.total).toBe(0)
  })
})
