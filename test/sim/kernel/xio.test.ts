import { describe, expect, it } from 'vitest'
import { EFAULT, EINVAL, ENOBUFS, OK } from '../../../src/sim/kernel/errno.ts'
import { Xio, XIOF_READ, XIOF_WRITE, XioCalls } from '../../../src/sim/kernel/xio.ts'
import { kva, smallKernel, SPARE } from './small-kernel.ts'

function setup(marksDirty = true) {
  const kernel = smallKernel()
  const { machine, pmap, holds, counters, dirty, space } = kernel
  pmap.pmap_qenter(
    kva(SPARE),
    Int32Array.from({ length: 40 }, (_, i) => 100 + i),
    40,
  )
  for (let page = 0; page < 40; page++) space.mapPage(page, 100 + page)
  const calls = new XioCalls(machine, pmap, holds, counters, marksDirty ? dirty : null)
  return { ...kernel, calls, xio: new Xio() }
}

describe('page lists of buffers', () => {
  it.each([
    [0, 4096, 1],
    [4095, 2, 2],
    [4095, 1, 1],
    [100, 131072 - 100, 32],
  ])('from offset %i, %i bytes are in %i pages, each held', (offset, bytes, npages) => {
    const { calls, xio, holds, space } = setup()
    expect(calls.xio_init_kbuf(xio, kva(SPARE) + offset, bytes)).toBe(OK)
    expect(xio).toMatchObject({ npages, offset, bytes, flags: 0, error: OK })
    expect([...xio.pages.subarray(0, npages)]).toEqual(Array.from({ length: npages }, (_, i) => 100 + i))
    expect(calls.xio_init_ubuf(new Xio(), space, offset, bytes, XIOF_READ)).toBe(OK)
    expect(holds.of(100)).toBe(2)
    expect(holds.total).toBe(2 * npages)
  })

  it('are cut short at 32 pages, with success', () => {
    const { calls, xio, space } = setup()
    expect(calls.xio_init_kbuf(xio, kva(SPARE) + 96, 150_000)).toBe(OK)
    expect(xio).toMatchObject({ npages: 32, bytes: 131_072 - 96 })
    expect(calls.xio_init_ubuf(xio, space, 96, 150_000, 0)).toBe(OK)
    expect(xio).toMatchObject({ npages: 32, bytes: 131_072 - 96 })
  })

  it('fail on a hole and hold nothing', () => {
    const { calls, xio, holds, space } = setup()
    expect(calls.xio_init_kbuf(xio, kva(SPARE + 38) + 7, 9000)).toBe(EFAULT)
    expect(xio).toMatchObject({ npages: 0, offset: 0, bytes: 0, error: EFAULT })
    expect(calls.xio_init_ubuf(xio, space, 38 * 4096 + 7, 9000, XIOF_WRITE)).toBe(EFAULT)
    expect(xio).toMatchObject({ npages: 0, offset: 0, bytes: 0, flags: XIOF_WRITE, error: EFAULT })
    expect(holds.total).toBe(0)
  })

  it('of no bytes are empty; only that of a kernel buffer keeps the offset', () => {
    const { calls, xio, space } = setup()
    expect(calls.xio_init_kbuf(xio, kva(900) + 5, 0)).toBe(OK)
    expect(xio).toMatchObject({ npages: 0, offset: 5, bytes: 0 })
    expect(calls.xio_init_ubuf(xio, space, 900 * 4096 + 5, 0, XIOF_READ)).toBe(OK)
    expect(xio).toMatchObject({ npages: 0, offset: 0, bytes: 0, flags: XIOF_READ })
  })

  it('take page frame 0 for a hole, as the kernel does', () => {
    const { calls, xio, pmap } = setup()
    pmap.pmap_kenter(kva(900), 0)
    expect(calls.xio_init_kbuf(xio, kva(900), 10)).toBe(EFAULT)
  })

  it('fault user pages in, for writing where the list is for that', () => {
    const { calls, xio, space } = setup()
    space.reserve(50, 1)
    expect(calls.xio_init_ubuf(xio, space, 50 * 4096, 10, XIOF_WRITE)).toBe(OK)
    expect(xio.pages[0]).toBe(3000)
    space.setReadOnly(50, true)
    expect(calls.xio_init_ubuf(new Xio(), space, 50 * 4096, 10, XIOF_READ)).toBe(OK)
    expect(calls.xio_init_ubuf(new Xio(), space, 50 * 4096, 10, XIOF_WRITE)).toBe(EFAULT)
  })
})

describe('xio_release', () => {
  it.each([
    [true, XIOF_WRITE, true],
    [true, XIOF_READ, false],
    [false, XIOF_WRITE, false],
  ])('later kernels %s, flags %i: dirty %s', (later, flags, marked) => {
    const { calls, xio, holds, dirty } = setup(later)
    calls.xio_init_pages(xio, Int32Array.of(7, 8), 2, flags)
    expect(holds.total).toBe(2)
    calls.xio_release(xio)
    expect(xio).toMatchObject({ npages: 0, offset: 0, bytes: 0, flags, error: ENOBUFS })
    expect([holds.total, dirty.has(7), dirty.has(8)]).toEqual([0, marked, marked])
    dirty.clean(7)
    expect(dirty.has(7)).toBe(false)
  })

  it('marks no page of a list that failed half way', () => {
    const { calls, xio, space, dirty } = setup()
    calls.xio_init_ubuf(xio, space, 39 * 4096, 5000, XIOF_WRITE)
    expect(dirty.has(139)).toBe(false)
  })

  it('refuses lists of no pages or more than 32', () => {
    const { calls, xio, holds } = setup()
    expect(calls.xio_init_pages(xio, new Int32Array(33), 33)).toBe(EINVAL)
    expect(calls.xio_init_pages(xio, new Int32Array(33), 0)).toBe(EINVAL)
    expect(holds.total).toBe(0)
    calls.xio_release(xio)
    calls.xio_init(xio)
    expect(xio).toMatchObject({ npages: 0, error: OK })
  })
})
