import { EIO, errnoName, OK, type Errno } from '../../../kernel/errno.ts'
import {
  MSF_CPUPRIVATE,
  MsfBufs2005,
  SFB_CATCH,
  SFB_CPUPRIVATE,
} from '../../../kernel/msf-buf/dragonfly-2005.ts'
import { MsfUioIteration, type MsfUioCallback } from '../../../kernel/msf-buf/uio-iterate-2005.ts'
import type { CallReason } from '../../../kernel/sleep-channel.ts'
import { Uio, UIO_READ } from '../../../kernel/uio.ts'
import { XIO_INTERNAL_PAGES, XIO_INTERNAL_SIZE, Xio, XioCalls } from '../../../kernel/xio.ts'
import { KVA_BASE } from '../../../machine/page-table.ts'
import { PAGE_SIZE } from '../../../machine/page.ts'
import type { Difference } from '../outcome.ts'
import { listOf, numberOf, numbersOf, VectorError, type VectorObject } from '../vector-fields.ts'
import { EventLog } from './event-log.ts'
import { flagsOf, queueOf, slotOf } from './pool-fields.ts'
import { opsOf, runSteps } from './run-steps.ts'
import { segmentOf } from './segment.ts'
import { callAsleep } from './sleeper.ts'
import { bufferCount, pageListOf, pfnOf, VectorKernel } from './vector-kernel.ts'

const FLAGS = { PRIVATE: SFB_CPUPRIVATE, CATCH: SFB_CATCH, MSF_CPUPRIVATE }
const TYPES = ['UNKNOWN', 'PGLIST', 'XIO', 'UBUF', 'KBUF']

/** Runs a vector of kind msf_buf against the msf_buf of 2005. */
export function runMsfBuf2005(vector: VectorObject): Difference | null {
  const ops = opsOf(vector)
  const pool = new Pool(vector, bufferCount(ops))
  return runSteps(vector, ops, (op) => pool.run(op))
}

class Pool implements MsfUioCallback {
  private readonly kernel: VectorKernel
  private readonly xioCalls: XioCalls
  private readonly msfs: MsfBufs2005
  private readonly iteration: MsfUioIteration
  private readonly log: EventLog
  private readonly slots: number
  private readonly xios = new Map<number, Xio>()
  private calls: (readonly [number | null, number, number])[] = []
  private failAtCall = 0
  /** Kernel address of the buffer that is iterated over. */
  private bufferBase = 0

  constructor(vector: VectorObject, buffers: number) {
    this.slots = numberOf(vector.slots, 'slots')
    this.kernel = new VectorKernel({
      cpus: numberOf(vector.cpus, 'cpus'),
      smp: vector.smp === true,
      poolPages: this.slots * XIO_INTERNAL_PAGES,
      buffers,
    })
    const { machine, pmap, holds, counters, threads } = this.kernel
    this.xioCalls = new XioCalls(machine, pmap, holds, counters)
    this.msfs = new MsfBufs2005({
      machine,
      pmap,
      xios: this.xioCalls,
      threads,
      firstPage: 0,
      count: this.slots,
    })
    this.iteration = new MsfUioIteration(this.msfs)
    this.log = new EventLog(XIO_INTERNAL_PAGES, this.slots)
    pmap.observer = this.log
    this.msfs.channel.observer = this.log
  }

  run(op: VectorObject): VectorObject {
    this.kernel.switchTo(op.cpu)
    const { msfs, kernel } = this
    const flags = flagsOf(op.flags, FLAGS)
    const length = numberOf(op.length, 'length')
    switch (op.op) {
      case 'buffer':
        kernel.makeBuffer(op)
        return {}
      case 'mapPageList': {
        const pages = pageListOf(op.pages, 'pages')
        return this.map(op, (reason) => msfs.msf_map_pagelist(pages, pages.length, flags, reason))
      }
      case 'mapXio': {
        const xio = this.xioAt(op.xio)
        return this.map(op, (reason) => msfs.msf_map_xio(xio, flags, reason))
      }
      case 'mapUbuf': {
        const uaddr = kernel.userAddress(op.buf, op.offset)
        return this.map(op, (reason) => msfs.msf_map_ubuf(kernel.space, uaddr, length, flags, reason))
      }
      case 'mapKbuf': {
        const kva = kernel.kernelAddress(op.buf, op.offset)
        return this.map(op, (reason) => msfs.msf_map_kbuf(kva, length, flags, reason))
      }
      case 'free': {
        const slot = slotOf(op.slot, this.slots)
        msfs.msf_buf_free(slot)
        return { events: this.log.take(), refs: msfs.refsOf(slot), onFree: msfs.freeList.has(slot) }
      }
      case 'touch': {
        const slot = slotOf(op.slot, this.slots)
        const page = slot * XIO_INTERNAL_PAGES + numberOf(op.page, 'page')
        kernel.touch(KVA_BASE + page * PAGE_SIZE, op.write === true)
        return {}
      }
      case 'uioIterate':
        return this.iterate(op)
      case 'xioInitKbuf':
        return this.initXio(op, length)
      case 'holds': {
        const pages = listOf(op.pages, 'pages').map((page) => pfnOf(page, 'pages'))
        return { holds: pages.map((pfn) => kernel.holds.of(pfn)), freeList: queueOf(msfs.freeList) }
      }
      default:
        throw new VectorError(`unknown operation ${String(op.op)}`)
    }
  }

  /** The iterator's callback: notes where the data is, and fails when the vector says so. */
  stretch(kva: number, bytes: number): Errno {
    const at = kva - KVA_BASE
    const slot = Math.floor(at / XIO_INTERNAL_SIZE)
    if (slot < this.slots) this.calls.push([slot, at - slot * XIO_INTERNAL_SIZE, bytes])
    else this.calls.push([null, kva - this.bufferBase, bytes])
    return this.calls.length === this.failAtCall ? EIO : OK
  }

  private map(op: VectorObject, call: (reason: CallReason) => number): VectorObject {
    const { msfs } = this
    const slot = callAsleep(op, call, (msf) => msfs.msf_buf_free(slotOf(msf, this.slots)))
    const { sleeps } = this.log
    const outcome = {
      ok: slot >= 0,
      error: errnoName(slot < 0 ? -slot : OK),
      events: this.log.take(),
      sleeps,
      hits: msfs.hits,
      misses: msfs.misses,
    }
    if (slot < 0) return outcome
    return {
      ...outcome,
      slot,
      refs: msfs.refsOf(slot),
      cpumask: msfs.cpusOf(slot).word,
      type: TYPES[msfs.typeOf(slot)],
      kvaOffset: msfs.msf_buf_kva(slot) - KVA_BASE - slot * XIO_INTERNAL_SIZE,
      bytes: msfs.msf_buf_bytes(slot),
      npages: msfs.msf_buf_xio(slot).npages,
    }
  }

  private iterate(op: VectorObject): VectorObject {
    const { kernel } = this
    const segment = segmentOf(op.seg)
    const pieces = listOf(op.iov, 'iov').map((piece) => numbersOf(piece, 'iov'))
    const uio = new Uio(pieces.length)
    uio.reset(segment.flag, UIO_READ, kernel.space)
    for (const [offset, length] of pieces) {
      const base = segment.isKernel
        ? kernel.kernelAddress(op.buf, offset)
        : kernel.userAddress(op.buf, offset)
      uio.add(base, numberOf(length, 'length'))
    }
    this.calls = []
    this.failAtCall = numberOf(op.failAtCall, 'failAtCall')
    this.bufferBase = kernel.kernelAddress(op.buf, 0)
    const error = this.iteration.msf_uio_iterate(uio, this)
    return { error: errnoName(error), calls: this.calls, residLeft: uio.resid, events: this.log.take() }
  }

  private initXio(op: VectorObject, length: number): VectorObject {
    const xio = new Xio()
    this.xios.set(numberOf(op.xio, 'xio'), xio)
    const error = this.xioCalls.xio_init_kbuf(xio, this.kernel.kernelAddress(op.buf, op.offset), length)
    return { error: errnoName(error), npages: xio.npages, offset: xio.offset, bytes: xio.bytes }
  }

  private xioAt(number: unknown): Xio {
    const xio = this.xios.get(numberOf(number, 'xio'))
    if (xio === undefined) throw new VectorError(`no xio ${String(number)}`)
    return xio
  }
}
