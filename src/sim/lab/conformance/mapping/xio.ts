import { errnoName, type Errno } from '../../../kernel/errno.ts'
import { DirectMapLwBufs } from '../../../kernel/sf-buf/lwbuf-direct-map.ts'
import type { PageWindow } from '../../../kernel/sf-buf/page-window.ts'
import { SfBufs2004 } from '../../../kernel/sf-buf/dragonfly-2004.ts'
import { Uio, UIO_READ, UIO_WRITE, UioCalls } from '../../../kernel/uio.ts'
import { XioCopy2004 } from '../../../kernel/xio/copy-2004.ts'
import { XioCopy2020 } from '../../../kernel/xio/copy-2020.ts'
import { Xio, XIOF_READ, XIOF_WRITE, XioCalls } from '../../../kernel/xio.ts'
import { NotModelled, type Difference } from '../outcome.ts'
import { listOf, numberOf, objectOf, stringOf, VectorError, type VectorObject } from '../vector-fields.ts'
import { opsOf, runSteps } from './run-steps.ts'
import { segmentOf } from './segment.ts'
import { bufferCount, pageListOf, pfnOf, VectorKernel } from './vector-kernel.ts'

/** Mappings that the copies of 2004 go through; they use one at a time. */
const SF_BUFS = 4

/** The copy calls of one release, as the operations of a vector ask for them. */
interface XioRelease {
  uioCopy(xio: Xio, op: VectorObject, uio: Uio): { readonly error: Errno; readonly done: number }
  copy(xio: Xio, op: VectorObject): Errno
}

/** Runs a vector of kind xio. */
export function runXio(vector: VectorObject): Difference | null {
  const release = stringOf(vector.kernel, 'kernel')
  if (release !== 'dragonfly-2004' && release !== 'dragonfly-2020')
    throw new NotModelled(`no xio of ${release}`)
  const ops = opsOf(vector)
  const kernel = new VectorKernel({ cpus: 1, smp: true, poolPages: SF_BUFS, buffers: bufferCount(ops) })
  const runner = release === 'dragonfly-2004' ? runner2004(kernel) : runner2020(kernel)
  return runSteps(vector, ops, (op) => runner.run(op))
}

function runner2004(kernel: VectorKernel): XioRunner {
  const { machine, pmap, holds, counters, threads } = kernel
  const window = new SfBufs2004(machine, pmap, threads, { firstPage: 0, count: SF_BUFS, quick: true })
  const copies = new XioCopy2004(kernel.copies, window, uioCalls(kernel, window, 'dragonfly-2004'))
  return new XioRunner(kernel, new XioCalls(machine, pmap, holds, counters), new Release2004(kernel, copies))
}

function runner2020(kernel: VectorKernel): XioRunner {
  const { machine, pmap, holds, counters, dirty } = kernel
  const window = new DirectMapLwBufs(machine)
  const copies = new XioCopy2020(kernel.copies, window, uioCalls(kernel, window, 'dragonfly-2020'))
  const calls = new XioCalls(machine, pmap, holds, counters, dirty)
  return new XioRunner(kernel, calls, new Release2020(kernel, copies))
}

function uioCalls(
  kernel: VectorKernel,
  window: PageWindow,
  dialect: 'dragonfly-2004' | 'dragonfly-2020',
): UioCalls {
  return new UioCalls(kernel.machine, kernel.copies, window, dialect)
}

class Release2004 implements XioRelease {
  private readonly kernel: VectorKernel
  private readonly copies: XioCopy2004

  constructor(kernel: VectorKernel, copies: XioCopy2004) {
    this.kernel = kernel
    this.copies = copies
  }

  uioCopy(xio: Xio, _op: VectorObject, uio: Uio): { error: Errno; done: number } {
    const error = this.copies.xio_uio_copy(xio, uio)
    return { error, done: this.copies.done }
  }

  copy(xio: Xio, op: VectorObject): Errno {
    const { kernel, copies } = this
    const bytes = numberOf(op.length, 'length')
    switch (op.kind) {
      case 'xtou':
        return copies.xio_copy_xtou(xio, kernel.space, kernel.userAddress(op.buf, op.bufOffset), bytes)
      case 'xtok':
        return copies.xio_copy_xtok(xio, kernel.kernelAddress(op.buf, op.bufOffset), bytes)
      default:
        throw new VectorError(`the kernel of 2004 has no copy ${String(op.kind)}`)
    }
  }
}

class Release2020 implements XioRelease {
  private readonly kernel: VectorKernel
  private readonly copies: XioCopy2020

  constructor(kernel: VectorKernel, copies: XioCopy2020) {
    this.kernel = kernel
    this.copies = copies
  }

  uioCopy(xio: Xio, op: VectorObject, uio: Uio): { error: Errno; done: number } {
    const error = this.copies.xio_uio_copy(xio, numberOf(op.uoffset, 'uoffset'), uio)
    return { error, done: this.copies.done }
  }

  copy(xio: Xio, op: VectorObject): Errno {
    const { copies } = this
    const { space } = this.kernel
    const user = this.kernel.userAddress(op.buf, op.bufOffset)
    const kva = this.kernel.kernelAddress(op.buf, op.bufOffset)
    const bytes = numberOf(op.length, 'length')
    const uoffset = numberOf(op.uoffset, 'uoffset')
    switch (op.kind) {
      case 'xtou':
        return copies.xio_copy_xtou(xio, uoffset, space, user, bytes)
      case 'xtok':
        return copies.xio_copy_xtok(xio, uoffset, kva, bytes)
      case 'utox':
        return copies.xio_copy_utox(xio, uoffset, space, user, bytes)
      case 'ktox':
        return copies.xio_copy_ktox(xio, uoffset, kva, bytes)
      default:
        throw new VectorError(`unknown copy ${String(op.kind)}`)
    }
  }
}

class XioRunner {
  private readonly kernel: VectorKernel
  private readonly calls: XioCalls
  private readonly release: XioRelease
  private readonly xios = new Map<number, Xio>()

  constructor(kernel: VectorKernel, calls: XioCalls, release: XioRelease) {
    this.kernel = kernel
    this.calls = calls
    this.release = release
  }

  run(op: VectorObject): VectorObject {
    const { kernel, calls } = this
    switch (op.op) {
      case 'buffer':
        kernel.makeBuffer(op)
        return {}
      case 'initKbuf': {
        const kva = kernel.kernelAddress(op.buf, op.offset)
        return this.init(op, (xio) => calls.xio_init_kbuf(xio, kva, numberOf(op.length, 'length')))
      }
      case 'initUbuf': {
        const uaddr = kernel.userAddress(op.buf, op.offset)
        const length = numberOf(op.length, 'length')
        return this.init(op, (xio) => calls.xio_init_ubuf(xio, kernel.space, uaddr, length, xioFlags(op)))
      }
      case 'initPages': {
        const pages = pageListOf(op.pages, 'pages')
        return this.init(op, (xio) => calls.xio_init_pages(xio, pages, pages.length, xioFlags(op)))
      }
      case 'release': {
        const xio = this.xioAt(op.xio)
        calls.xio_release(xio)
        return { xioError: errnoName(xio.error), ...listState(xio) }
      }
      case 'pages': {
        const xio = this.xioAt(op.xio)
        return { pages: [...xio.pages.subarray(0, xio.npages)] }
      }
      case 'uioCopy':
        return this.uioCopy(op)
      case 'copy': {
        const xio = this.xioAt(op.xio)
        const error = this.release.copy(xio, op)
        return { error: errnoName(error), ...listState(xio) }
      }
      case 'crc':
        return kernel.crc(op)
      case 'holds': {
        const pages = listOf(op.pages, 'pages').map((page) => pfnOf(page, 'pages'))
        return {
          holds: pages.map((pfn) => kernel.holds.of(pfn)),
          dirty: pages.map((pfn) => (kernel.dirty.has(pfn) ? 1 : 0)),
        }
      }
      default:
        throw new VectorError(`unknown operation ${String(op.op)}`)
    }
  }

  private init(op: VectorObject, call: (xio: Xio) => Errno): VectorObject {
    const xio = new Xio()
    this.calls.xio_init(xio)
    this.xios.set(numberOf(op.xio, 'xio'), xio)
    const error = call(xio)
    return { error: errnoName(error), xioError: errnoName(xio.error), ...listState(xio) }
  }

  private uioCopy(op: VectorObject): VectorObject {
    const xio = this.xioAt(op.xio)
    const segment = segmentOf(op.seg)
    const pieces = listOf(op.iov, 'iov').map((piece) => objectOf(piece, 'iov'))
    const uio = new Uio(pieces.length)
    uio.reset(segment.flag, stringOf(op.rw, 'rw') === 'READ' ? UIO_READ : UIO_WRITE, this.kernel.space)
    for (const { buf, offset, length } of pieces) {
      const base = segment.isKernel
        ? this.kernel.kernelAddress(buf, offset)
        : this.kernel.userAddress(buf, offset)
      uio.add(base, numberOf(length, 'length'))
    }
    uio.resid = numberOf(op.resid, 'resid')
    const { error, done } = this.release.uioCopy(xio, op, uio)
    return {
      error: errnoName(error),
      done,
      residLeft: uio.resid,
      uioOffset: uio.offset,
      iovLeft: uio.iovcnt,
      ...listState(xio),
    }
  }

  private xioAt(number: unknown): Xio {
    const xio = this.xios.get(numberOf(number, 'xio'))
    if (xio === undefined) throw new VectorError(`no xio ${String(number)}`)
    return xio
  }
}

function xioFlags(op: VectorObject): number {
  return numberOf(op.flags, 'flags') & (XIOF_READ | XIOF_WRITE)
}

function listState(xio: Xio): VectorObject {
  return {
    npages: xio.npages,
    offset: xio.offset,
    bytes: xio.bytes,
    flags: xio.flags,
  }
}
