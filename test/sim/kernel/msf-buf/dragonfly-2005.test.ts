import { beforeEach, describe, expect, it } from 'vitest'
import {
  EFAULT,
  EINVAL,
  EIO,
  ENOENT,
  ENOMEM,
  EOPNOTSUPP,
  ERANGE,
  EWOULDBLOCK,
  OK,
} from '../../../../src/sim/kernel/errno.ts'
import {
  MSF_CPUPRIVATE,
  MSF_TYPE_UBUF,
  MSF_TYPE_UNKNOWN,
  MSF_TYPE_XIO,
  MsfBufs2005,
  SFB_CATCH,
  SFB_CPUPRIVATE,
} from '../../../../src/sim/kernel/msf-buf/dragonfly-2005.ts'
import { MsfUioIteration } from '../../../../src/sim/kernel/msf-buf/uio-iterate-2005.ts'
import { AFTER_SIGNAL, AFTER_WAKEUP, WOULD_BLOCK } from '../../../../src/sim/kernel/sleep-channel.ts'
import { Uio, UIO_NOCOPY, UIO_READ, UIO_SYSSPACE, UIO_USERSPACE } from '../../../../src/sim/kernel/uio.ts'
import { Xio, XioCalls } from '../../../../src/sim/kernel/xio.ts'
import { queueOf } from '../../../../src/sim/lab/conformance/mapping/pool-fields.ts'
import { kva, smallKernel, SPARE, watch } from '../small-kernel.ts'

function pool(count: number, smp = true) {
  const kernel = smallKernel(smp ? 2 : 1, smp)
  const { machine, pmap, holds, counters, threads, space } = kernel
  const xios = new XioCalls(machine, pmap, holds, counters)
  const msfs = new MsfBufs2005({ machine, pmap, xios, threads, firstPage: 0, count })
  for (let page = 0; page < 40; page++) space.mapPage(page, 100 + page)
  pmap.pmap_qenter(kva(SPARE), Int32Array.of(300, 301, 302), 3)
  const log = watch(kernel, 32, count)
  msfs.channel.observer = log
  return { ...kernel, xios, msfs, log }
}

let it2005: ReturnType<typeof pool>
beforeEach(() => {
  it2005 = pool(2)
})

describe('msf_buf of 2005', () => {
  it('ignores its own MSF_CPUPRIVATE and interrupts everybody; SFB_CPUPRIVATE is what works (bug)', () => {
    const { msfs, log } = it2005
    msfs.msf_map_pagelist(Int32Array.of(5), 1, MSF_CPUPRIVATE)
    expect(log.take()).toBe('P0.0=5 I0.0 T@2')
    msfs.msf_map_pagelist(Int32Array.of(6), 1, SFB_CPUPRIVATE)
    expect(log.take()).toBe('P1.0=6 I1.0')
  })

  it('always maps privately in a kernel for one processor', () => {
    const { msfs } = pool(1, false)
    msfs.msf_map_pagelist(Int32Array.of(5), 1, 0)
    expect(msfs.cpusOf(0).word).toBe(1)
  })

  it('gives a page its former slot back while that is free, whatever it maps now', () => {
    const { msfs } = it2005
    for (const page of [5, 6]) msfs.msf_buf_free(msfs.msf_map_pagelist(Int32Array.of(page), 1, 0))
    expect(msfs.msf_map_pagelist(Int32Array.of(6), 1, 0)).toBe(1)
    expect([msfs.hits, msfs.misses]).toEqual([1, 2])
    msfs.msf_buf_free(1)
    expect(msfs.msf_map_pagelist(Int32Array.of(9), 1, 0)).toBe(0)
    expect(msfs.msf_map_pagelist(Int32Array.of(5), 1, 0)).toBe(1)
    expect([msfs.hits, msfs.misses]).toEqual([1, 4])
  })

  it('holds the pages of buffers until the release, and those of lists never', () => {
    const { msfs, holds, xios } = it2005
    const user = msfs.msf_map_ubuf(it2005.space, 4096 + 100, 8000, 0)
    expect([101, 102, 103].map((pfn) => holds.of(pfn))).toEqual([1, 1, 0])
    expect(msfs.msf_buf_kva(user)).toBe(kva(user * 32) + 100)
    expect(msfs.msf_buf_bytes(user)).toBe(8000)
    expect(msfs.typeOf(user)).toBe(MSF_TYPE_UBUF)
    const xio = new Xio()
    xios.xio_init_kbuf(xio, kva(SPARE) + 5, 4096)
    const list = msfs.msf_map_xio(xio, 0)
    expect(msfs.msf_buf_xio(list)).toBe(xio)
    expect(msfs.typeOf(list)).toBe(MSF_TYPE_XIO)
    expect(holds.total).toBe(4)
    msfs.msf_buf_free(user)
    msfs.msf_buf_free(list)
    expect(holds.total).toBe(2)
    expect(msfs.typeOf(list)).toBe(MSF_TYPE_UNKNOWN)
    expect(msfs.msf_buf_xio(list)).not.toBe(xio)
  })

  it('does not fit 128 KiB that start in the middle of a page', () => {
    const { msfs, space } = it2005
    expect(msfs.msf_map_ubuf(space, 1, 131072, 0)).toBe(-ERANGE)
    expect(msfs.msf_map_kbuf(kva(SPARE) + 1, 131072, 0)).toBe(-ERANGE)
    expect(msfs.msf_map_ubuf(space, 4096, 131072, 0)).toBe(0)
  })

  it.each([
    ['ubuf', (p: typeof it2005) => p.msfs.msf_map_ubuf(p.space, 39 * 4096, 8192, 0)],
    ['kbuf', (p: typeof it2005) => p.msfs.msf_map_kbuf(kva(SPARE + 1), 3 * 4096, 0)],
  ])('gives everything back when a %s has a hole', (_kind, map) => {
    expect(map(it2005)).toBe(-EFAULT)
    expect(it2005.holds.total).toBe(0)
    expect(queueOf(it2005.msfs.freeList)).toEqual([1, 0])
    expect(it2005.log.take()).toBeUndefined()
  })

  it('reports an interrupted sleep as ENOMEM for lists and as ENOENT for buffers (inconsistency)', () => {
    const { msfs, space, xios } = pool(1)
    const one = Int32Array.of(5)
    const xio = new Xio()
    xios.xio_init_kbuf(xio, kva(SPARE), 1)
    msfs.msf_map_pagelist(one, 1, 0)
    expect(msfs.msf_map_pagelist(one, 1, SFB_CATCH)).toBe(WOULD_BLOCK)
    expect(msfs.msf_map_pagelist(one, 1, SFB_CATCH, AFTER_SIGNAL)).toBe(-ENOMEM)
    expect(msfs.msf_map_xio(xio, SFB_CATCH)).toBe(WOULD_BLOCK)
    expect(msfs.msf_map_xio(xio, SFB_CATCH, AFTER_SIGNAL)).toBe(-ENOMEM)
    expect(msfs.msf_map_ubuf(space, 0, 1, SFB_CATCH)).toBe(WOULD_BLOCK)
    expect(msfs.msf_map_ubuf(space, 0, 1, SFB_CATCH, AFTER_SIGNAL)).toBe(-ENOENT)
    expect(msfs.msf_map_kbuf(kva(SPARE), 1, SFB_CATCH)).toBe(WOULD_BLOCK)
    expect(msfs.msf_map_kbuf(kva(SPARE), 1, SFB_CATCH, AFTER_SIGNAL)).toBe(-ENOENT)
    expect(msfs.misses).toBe(5)
    expect(msfs.channel.waiting).toBe(0)
  })

  it('counts a wait as a miss, even if the slot that comes free is the one remembered', () => {
    const { msfs, woken } = pool(1)
    msfs.msf_map_pagelist(Int32Array.of(5), 1, 0)
    expect(msfs.msf_map_pagelist(Int32Array.of(5), 1, 0)).toBe(WOULD_BLOCK)
    msfs.msf_buf_free(0)
    expect(woken).toEqual([0])
    expect(msfs.msf_map_pagelist(Int32Array.of(5), 1, 0, AFTER_WAKEUP)).toBe(0)
    expect([msfs.hits, msfs.misses]).toEqual([0, 2])
  })

  it('refuses empty and oversized lists, and a second release', () => {
    const { msfs } = it2005
    expect(msfs.msf_map_pagelist(new Int32Array(33), 33, 0)).toBe(-EINVAL)
    expect(msfs.msf_map_pagelist(new Int32Array(1), 0, 0)).toBe(-EINVAL)
    expect(msfs.msf_map_xio(new Xio(), 0)).toBe(-EINVAL)
    expect(() => msfs.msf_buf_free(0)).toThrow('msf_buf 0 is free')
  })
})

describe('msf_uio_iterate', () => {
  function uioOf(segflg: number, pieces: readonly (readonly [number, number])[]): Uio {
    const uio = new Uio()
    uio.reset(segflg, UIO_READ, it2005.space)
    for (const [base, length] of pieces) uio.add(base, length)
    return uio
  }

  function recorder(failAt = 0) {
    const calls: (readonly [number, number])[] = []
    const stretch = (at: number, bytes: number) => {
      calls.push([at - kva(0), bytes])
      return calls.length === failAt ? EIO : OK
    }
    return { calls, stretch }
  }

  it('maps user data in stretches of whole pages, and leaves the uio as it is', () => {
    const { msfs, holds } = it2005
    const uio = uioOf(UIO_USERSPACE, [
      [100, 140_000],
      [50, 0],
      [4096, 7],
    ])
    const callback = recorder()
    expect(new MsfUioIteration(msfs).msf_uio_iterate(uio, callback)).toBe(OK)
    expect(callback.calls).toEqual([
      [100, 130_972],
      [131_072, 9028],
      [0, 7],
    ])
    expect([uio.iov, uio.iovcnt, uio.resid]).toEqual([0, 3, 140_007])
    expect([holds.total, msfs.freeList.length]).toEqual([0, 2])
  })

  it('shows kernel data where it is', () => {
    const callback = recorder()
    const uio = uioOf(UIO_SYSSPACE, [
      [kva(SPARE) + 9, 5000],
      [kva(SPARE), 0],
      [kva(SPARE), 1],
    ])
    expect(new MsfUioIteration(it2005.msfs).msf_uio_iterate(uio, callback)).toBe(OK)
    expect(callback.calls).toEqual([
      [SPARE * 4096 + 9, 5000],
      [SPARE * 4096, 1],
    ])
  })

  it('stops at the first error, of the callback or of the map, with nothing held', () => {
    const { msfs, holds } = it2005
    const callback = recorder(2)
    const uio = uioOf(UIO_USERSPACE, [
      [0, 1],
      [1, 1],
      [2, 1],
    ])
    expect(new MsfUioIteration(msfs).msf_uio_iterate(uio, callback)).toBe(EIO)
    expect(callback.calls).toHaveLength(2)
    const hole = uioOf(UIO_USERSPACE, [[60 * 4096, 1]])
    expect(new MsfUioIteration(msfs).msf_uio_iterate(hole, callback)).toBe(EFAULT)
    expect(new MsfUioIteration(msfs).msf_uio_iterate(uioOf(UIO_NOCOPY, []), callback)).toBe(EOPNOTSUPP)
    expect([holds.total, msfs.freeList.length]).toEqual([0, 2])
  })

  it('goes on where it slept', () => {
    const { msfs } = it2005
    const iteration = new MsfUioIteration(msfs)
    const callback = recorder()
    const uio = uioOf(UIO_USERSPACE, [[0, 140_000]])
    for (const page of [901, 902]) msfs.msf_map_pagelist(Int32Array.of(page), 1, 0)
    expect(iteration.msf_uio_iterate(uio, callback)).toBe(EWOULDBLOCK)
    msfs.msf_buf_free(0)
    expect(iteration.msf_uio_iterate(uio, callback, AFTER_WAKEUP)).toBe(OK)
    expect(callback.calls.map(([, bytes]) => bytes)).toEqual([131_072, 8928])
  })
})
