import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EFAULT, EINVAL, EWOULDBLOCK, OK } from '../../../../src/sim/kernel/errno.ts'
import { SfBufs2004 } from '../../../../src/sim/kernel/sf-buf/dragonfly-2004.ts'
import { DirectMapLwBufs } from '../../../../src/sim/kernel/sf-buf/lwbuf-direct-map.ts'
import { Uio, UIO_READ, UIO_USERSPACE, UIO_WRITE, UioCalls } from '../../../../src/sim/kernel/uio.ts'
import { XioCopy2004 } from '../../../../src/sim/kernel/xio/copy-2004.ts'
import { XioCopy2020 } from '../../../../src/sim/kernel/xio/copy-2020.ts'
import { Xio } from '../../../../src/sim/kernel/xio.ts'
import { bytesOf, kva, smallKernel, SPARE, stamp } from '../small-kernel.ts'

/** Frames of the list, of a user buffer and of a kernel buffer; the user's page 4 is a hole. */
const LIST = [60, 41, 50]
const USER = [70, 71, 72, 73]
const KERNEL = [80, 81, 82, 83]

function setup() {
  const kernel = smallKernel()
  const { machine, pmap, space, threads, copies } = kernel
  const sfs = new SfBufs2004(machine, pmap, threads, { firstPage: 0, count: 1, quick: true })
  const lwbufs = new DirectMapLwBufs(machine)
  pmap.pmap_qenter(kva(SPARE), Int32Array.from(KERNEL), KERNEL.length)
  USER.forEach((pfn, page) => space.mapPage(page, pfn))
  for (const pfn of [...LIST, ...USER, ...KERNEL]) stamp(machine, pfn)
  const xio = new Xio()
  xio.pages.set(LIST)
  xio.npages = LIST.length
  xio.offset = 1000
  xio.bytes = 10_000
  const read = (frames: number[]) => frames.flatMap((pfn) => bytesOf(machine, pfn, 0, 4096))
  return {
    ...kernel,
    sfs,
    xio,
    list: () => read(LIST),
    user: () => read(USER),
    kernelBuffer: () => read(KERNEL),
    consuming: new XioCopy2004(copies, sfs, new UioCalls(machine, copies, sfs, 'dragonfly-2004')),
    offsets: new XioCopy2020(copies, lwbufs, new UioCalls(machine, copies, lwbufs, 'dragonfly-2020')),
  }
}

type Setup = ReturnType<typeof setup>

function userUio(parts: Setup, rw: number, pieces: readonly (readonly [number, number])[]): Uio {
  const uio = new Uio()
  uio.reset(UIO_USERSPACE, rw, parts.space)
  for (const [base, length] of pieces) uio.add(base, length)
  return uio
}

describe('copies of 2004', () => {
  it('consume the list piece by piece, beyond its first page', () => {
    const parts = setup()
    const data = parts.list().slice(1000, 11_000)
    expect(parts.consuming.xio_copy_xtok(parts.xio, kva(SPARE) + 5, 6000)).toBe(OK)
    expect(parts.xio).toMatchObject({ offset: 7000, bytes: 4000, npages: 3 })
    expect(parts.consuming.xio_copy_xtou(parts.xio, parts.space, 7, 4000)).toBe(OK)
    expect(parts.xio).toMatchObject({ offset: 11_000, bytes: 0 })
    expect(parts.kernelBuffer().slice(5, 6005)).toEqual(data.slice(0, 6000))
    expect(parts.user().slice(7, 4007)).toEqual(data.slice(6000))
    expect(parts.consuming.xio_copy_xtok(parts.xio, kva(SPARE), 1)).toBe(EFAULT)
  })

  it('consume what was copied before a fault', () => {
    const parts = setup()
    expect(parts.consuming.xio_copy_xtou(parts.xio, parts.space, 3 * 4096, 8000)).toBe(EFAULT)
    expect(parts.xio).toMatchObject({ offset: 4096, bytes: 6904 })
  })

  it('consume nothing on a failed uio copy, though the uio has moved on', () => {
    const parts = setup()
    const uio = userUio(parts, UIO_READ, [
      [0, 0],
      [0, 100],
      [4 * 4096, 50],
    ])
    expect(parts.consuming.xio_uio_copy(parts.xio, uio)).toBe(EFAULT)
    expect(parts.consuming.done).toBe(0)
    expect(parts.xio).toMatchObject({ offset: 1000, bytes: 10_000 })
    expect([uio.resid, uio.offset, uio.iovcnt]).toEqual([50, 100, 1])
  })

  it('wait for a mapping, and go on from there', () => {
    const parts = setup()
    const data = parts.list().slice(1000, 6000)
    const taken = parts.sfs.sf_buf_alloc(999, 0)
    const uio = userUio(parts, UIO_READ, [[0, 5000]])
    expect(parts.consuming.xio_uio_copy(parts.xio, uio)).toBe(EWOULDBLOCK)
    expect(parts.consuming.xio_copy_xtok(parts.xio, kva(SPARE), 5)).toBe(EWOULDBLOCK)
    expect(parts.xio).toMatchObject({ offset: 1000, bytes: 10_000 })
    parts.sfs.sf_buf_free(taken)
    expect(parts.consuming.xio_uio_copy(parts.xio, uio)).toBe(OK)
    expect(parts.user().slice(0, 5000)).toEqual(data)
    expect(parts.xio).toMatchObject({ offset: 6000, bytes: 5000 })
  })
})

describe('copies of 2020', () => {
  it('leave the list as it is and move exactly the bytes asked for, in every direction', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('xtou', 'xtok', 'utox', 'ktox'),
        fc.nat(10_000),
        fc.nat(10_000),
        fc.nat(6000),
        (kind, uoffset, length, at) => {
          const parts = setup()
          const { offsets, xio, space } = parts
          const bytes = Math.min(length, 10_000 - uoffset)
          const before = { list: parts.list(), user: parts.user(), kernel: parts.kernelBuffer() }
          const at2 = kva(SPARE) + at
          const error = {
            xtou: () => offsets.xio_copy_xtou(xio, uoffset, space, at, bytes),
            xtok: () => offsets.xio_copy_xtok(xio, uoffset, at2, bytes),
            utox: () => offsets.xio_copy_utox(xio, uoffset, space, at, bytes),
            ktox: () => offsets.xio_copy_ktox(xio, uoffset, at2, bytes),
          }[kind]()
          expect(error).toBe(OK)
          const from = 1000 + uoffset
          const paste = (target: number[], start: number, source: number[]) =>
            target.slice(0, start).concat(source, target.slice(start + source.length))
          const out = before.list.slice(from, from + bytes)
          expect(parts.user()).toEqual(kind === 'xtou' ? paste(before.user, at, out) : before.user)
          expect(parts.kernelBuffer()).toEqual(
            kind === 'xtok' ? paste(before.kernel, at, out) : before.kernel,
          )
          const source = kind === 'utox' ? before.user : before.kernel
          const into = kind === 'utox' || kind === 'ktox' ? source.slice(at, at + bytes) : []
          expect(parts.list()).toEqual(paste(before.list, from, into))
          expect(xio).toMatchObject({ offset: 1000, bytes: 10_000 })
        },
      ),
      { numRuns: 60 },
    )
  })

  it('refuse what lies beyond the data, counted from uoffset', () => {
    const { offsets, xio, space } = setup()
    expect(offsets.xio_copy_xtok(xio, 9999, kva(SPARE), 2)).toBe(EFAULT)
    expect(offsets.xio_copy_xtou(xio, 9999, space, 0, 2)).toBe(EFAULT)
    expect(offsets.xio_copy_xtok(xio, 9999, kva(SPARE), 1)).toBe(OK)
    expect([offsets.xio_remaining(xio, 400), offsets.xio_kvaoffset(xio, 400)]).toEqual([9600, 1400])
  })

  it('move through a uio as much as both sides have', () => {
    const parts = setup()
    const user = parts.user()
    const uio = userUio(parts, UIO_WRITE, [
      [100, 300],
      [0, 0],
      [4000, 9000],
    ])
    expect(parts.offsets.xio_uio_copy(parts.xio, 9000, uio)).toBe(OK)
    expect(parts.offsets.done).toBe(1000)
    expect([uio.resid, uio.offset, uio.iovcnt]).toEqual([8300, 1000, 1])
    expect(parts.list().slice(10_000, 11_000)).toEqual(user.slice(100, 400).concat(user.slice(4000, 4700)))
    expect(parts.offsets.xio_uio_copy(parts.xio, 10_001, uio)).toBe(EINVAL)
  })
})
