import { describe, expect, it } from 'vitest'
import { EBUSY, EFAULT, EINVAL, ENOMEM, ERANGE, OK } from '../../../../src/sim/kernel/errno.ts'
import { MsfBuf } from '../../../../src/sim/kernel/msf-buf/msf-buf.ts'
import {
  UIO_NOCOPY,
  UIO_READ,
  UIO_SYSSPACE,
  UIO_USERSPACE,
  UIO_WRITE,
  Uio,
} from '../../../../src/sim/kernel/uio.ts'
import { KVA_BASE } from '../../../../src/sim/machine/page-table.ts'
import { MsfBench, POOL, made } from './msf-bench.ts'

const list = Int32Array.of(100, 200, 300)

function emptyPool(bench: MsfBench): void {
  for (let i = 0; i < POOL; i++) made(bench.sources.msf_create_from_pages(null, list, 1, 0, 1))
}

describe('msf_create_from_pages', () => {
  it('holds the pages that it needs, until the release', () => {
    const bench = new MsfBench()
    const before = bench.resources()
    const msf = made(bench.sources.msf_create_from_pages(null, list, 3, 4000, 200))
    expect(msf).toMatchObject({ bytes: 200, isMapped: false, hasPageList: true })
    expect(msf.xio).toMatchObject({ npages: 2, offset: 4000, bytes: 200 })
    expect([100, 200, 300].map((pfn) => bench.holds.of(pfn))).toEqual([1, 1, 0])
    expect(bench.msfs.msf_release(msf)).toBe(OK)
    expect(bench.resources()).toEqual(before)
  })

  it.each([
    ['no bytes', 3, 0, 0, EINVAL],
    ['a negative size', 3, 0, -5, EINVAL],
    ['an offset beyond the first page', 3, 4096, 1, EINVAL],
    ['a negative offset', 3, -1, 1, EINVAL],
    ['bytes beyond the last page', 3, 1, 3 * 4096, EINVAL],
    ['more pages than the array has', 4, 0, 1, EINVAL],
    ['more than 128 KiB', 3, 1, 131_072, ERANGE],
  ])('refuses %s and takes nothing', (_, count, offset, bytes, error) => {
    const bench = new MsfBench()
    const before = bench.resources()
    expect(bench.sources.msf_create_from_pages(null, list, count, offset, bytes)).toBe(error)
    expect(bench.resources()).toEqual(before)
  })

  it('fails when the pool is empty, or the msf_buf is in use, and holds nothing', () => {
    const bench = new MsfBench()
    emptyPool(bench)
    const before = bench.resources()
    expect(bench.sources.msf_create_from_pages(null, list, 1, 0, 1)).toBe(ENOMEM)
    const own = made(bench.msfs.msf_create_from_buf(new MsfBuf(), KVA_BASE, 1))
    expect(bench.sources.msf_create_from_pages(own, list, 1, 0, 1)).toBe(EBUSY)
    expect(own).toMatchObject({ isMapped: true, hasPageList: false })
    expect(bench.resources()).toEqual(before)
  })
})

describe('msf_create_from_uio', () => {
  function userPages(bench: MsfBench, ...pages: number[]): void {
    for (const page of pages) bench.space.mapPage(page, 1000 + page)
  }

  it('joins pieces that meet at page borders, and stops where they do not', () => {
    const bench = new MsfBench()
    userPages(bench, 1, 2, 5, 9)
    const uio = new Uio()
    uio.reset(UIO_USERSPACE, UIO_READ, bench.space)
    uio.add(4096 + 100, 8192 - 100)
    uio.add(5 * 4096, 4096)
    uio.add(9 * 4096 + 8, 100)
    const msf = made(bench.sources.msf_create_from_uio(null, uio))
    expect(msf.bytes).toBe(8192 - 100 + 4096)
    expect([...msf.xio!.pages.subarray(0, msf.xio!.npages)]).toEqual([1001, 1002, 1005])
    expect(msf.xio!.offset).toBe(100)
    expect(bench.holds.total).toBe(3)
    expect([uio.iovcnt, uio.resid]).toEqual([3, 8192 - 100 + 4096 + 100])
    bench.msfs.msf_release(msf)
    expect(bench.holds.total).toBe(0)
  })

  it('takes 32 pages at most', () => {
    const bench = new MsfBench()
    userPages(bench, ...Array.from({ length: 40 }, (_, i) => 10 + i))
    const uio = new Uio()
    uio.reset(UIO_USERSPACE, UIO_WRITE, bench.space)
    uio.add(10 * 4096, 20 * 4096)
    uio.add(30 * 4096, 20 * 4096)
    const msf = made(bench.sources.msf_create_from_uio(null, uio))
    expect([msf.bytes, msf.xio!.npages, bench.holds.total]).toEqual([131_072, 32, 32])
    bench.msfs.msf_release(msf)
    expect(bench.holds.total).toBe(0)
  })

  it('ends before a later piece that cannot be reached', () => {
    const bench = new MsfBench()
    userPages(bench, 1)
    const uio = new Uio()
    uio.reset(UIO_USERSPACE, UIO_WRITE, bench.space)
    uio.add(4096, 4096)
    uio.add(7 * 4096, 4096)
    expect(made(bench.sources.msf_create_from_uio(null, uio)).bytes).toBe(4096)
    expect(bench.holds.total).toBe(1)
  })

  it('takes kernel addresses too', () => {
    const bench = new MsfBench()
    const kva = bench.map(10, [500, 501])
    const uio = new Uio()
    uio.reset(UIO_SYSSPACE, UIO_READ, null)
    uio.add(kva + 10, 8000)
    expect(made(bench.sources.msf_create_from_uio(null, uio)).xio).toMatchObject({ npages: 2, offset: 10 })
  })

  it('refuses an empty one, one without addresses and a hole, and takes nothing', () => {
    const bench = new MsfBench()
    const before = bench.resources()
    const uio = new Uio()
    uio.reset(UIO_USERSPACE, UIO_READ, bench.space)
    expect(bench.sources.msf_create_from_uio(null, uio)).toBe(EINVAL)
    uio.add(3 * 4096, 10)
    expect(bench.sources.msf_create_from_uio(null, uio)).toBe(EFAULT)
    uio.segflg = UIO_NOCOPY
    expect(bench.sources.msf_create_from_uio(null, uio)).toBe(EINVAL)
    bench.space.mapPage(3, 1003)
    bench.space.setReadOnly(3, true)
    uio.segflg = UIO_USERSPACE
    expect(bench.sources.msf_create_from_uio(null, uio), 'read-only, to be written').toBe(EFAULT)
    uio.rw = UIO_WRITE
    expect(made(bench.sources.msf_create_from_uio(null, uio)).bytes).toBe(10)
    expect(before).not.toEqual(bench.resources())
  })
})

describe('msf_create_from_mbuf', () => {
  it('describes a chain whose pieces meet at page borders', () => {
    const bench = new MsfBench()
    const kva = bench.map(10, [600, 601, 602])
    const chain = {
      packetLength: 5000,
      count: 3,
      data: Float64Array.of(kva + 96, kva, kva + 8192),
      len: Int32Array.of(4000, 0, 1000),
    }
    const msf = made(bench.sources.msf_create_from_mbuf(null, chain))
    expect([...msf.xio!.pages.subarray(0, 2), msf.bytes]).toEqual([600, 602, 5000])
    expect(bench.msfs.msf_release(msf)).toBe(OK)
    expect(bench.holds.total).toBe(0)
  })

  it('refuses a chain without data, or into a hole', () => {
    const bench = new MsfBench()
    const before = bench.resources()
    const chain = { packetLength: 0, count: 1, data: Float64Array.of(KVA_BASE), len: Int32Array.of(0) }
    expect(bench.sources.msf_create_from_mbuf(null, chain)).toBe(EINVAL)
    expect(bench.sources.msf_create_from_mbuf(null, { ...chain, len: Int32Array.of(7) })).toBe(EFAULT)
    expect(bench.resources()).toEqual(before)
  })
})

describe('msf_slice', () => {
  it('is a list of its own, which outlives the whole', () => {
    const bench = new MsfBench()
    const whole = made(bench.sources.msf_create_from_pages(null, list, 3, 100, 12_000))
    const part = made(bench.sources.msf_slice(null, whole, 5000, 6000))
    expect(part.xio).toMatchObject({ npages: 2, offset: 5100 - 4096, bytes: 6000 })
    expect([...part.xio!.pages.subarray(0, 2)]).toEqual([200, 300])
    bench.msfs.msf_release(whole)
    expect([100, 200, 300].map((pfn) => bench.holds.of(pfn))).toEqual([0, 1, 1])
    bench.msfs.msf_release(part)
    expect(bench.holds.total).toBe(0)
  })

  it('has the mapped address where the creator supplied one, and not a mapping made on request', () => {
    const bench = new MsfBench()
    const kva = bench.map(10, [700, 701])
    const buffer = made(bench.msfs.msf_create_from_buf(null, kva + 8, 8000))
    const plain = made(bench.sources.msf_slice(null, buffer, 4096, 100))
    expect(plain).toMatchObject({ kva: kva + 8 + 4096, bytes: 100, hasPageList: false })
    bench.msfs.msf_release(plain)
    bench.msfs.msf_require_xio(buffer)
    expect(made(bench.sources.msf_slice(null, buffer, 4096, 100))).toMatchObject({
      kva: kva + 8 + 4096,
      isMapped: true,
      hasPageList: true,
    })
    const other = new MsfBench()
    const listed = made(other.sources.msf_create_from_pages(null, list, 2, 0, 8192))
    other.msfs.msf_require_buf(listed)
    expect(made(other.sources.msf_slice(null, listed, 0, 10)).isMapped).toBe(false)
  })

  it.each([
    [-1, 1],
    [0, 0],
    [0, 101],
    [100, 1],
  ])('refuses offset %i, %i bytes of 100', (offset, bytes) => {
    const bench = new MsfBench()
    const whole = made(bench.sources.msf_create_from_pages(null, list, 1, 0, 100))
    const before = bench.resources()
    expect(bench.sources.msf_slice(null, whole, offset, bytes)).toBe(EINVAL)
    bench.msfs.msf_release(whole)
    expect(bench.sources.msf_slice(null, whole, 0, 1)).toBe(EINVAL)
    expect(before[1]).toBe(POOL - 1)
  })
})
