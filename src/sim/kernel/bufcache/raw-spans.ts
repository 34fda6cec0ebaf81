import type { Machine } from '../../machine/machine.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { Site } from '../call-sites.ts'
import type { Errno } from '../errno.ts'
import { EWOULDBLOCK, OK } from '../errno.ts'
import type { KernelThreads } from '../sleep-channel.ts'
import { SleepChannel } from '../sleep-channel.ts'
import { toPageEnd } from '../vm/page-bits.ts'
import type { VmPages } from '../vm/vm-pages.ts'
import { B_ASYNC, B_DELWRI, B_INVAL, B_NOCACHE, B_RELBUF, NONE } from './buf.ts'
import type { Buf } from './buf.ts'
import type { BufHash } from './buf-hash.ts'
import type { BufRelease } from './buf-release.ts'
import type { BufSpace } from './buf-space.ts'
import type { Transfers } from './transfers.ts'
import type { Vnode } from './vnode.ts'

/** A part of a vnode that its holder moves around the buffer cache. */
export class RawSpan {
  vp: Vnode | null = null
  start = 0
  end = 0
  write = false
}

export interface RawSpansParts {
  readonly machine: Machine
  readonly threads: KernelThreads
  readonly vm: VmPages
  readonly hash: BufHash
  readonly space: BufSpace
}

/**
 * Keeps direct transfers and the buffer cache of one vnode of one mind. Physical I/O on a disk of 2004 knew nothing of buffers:
 * whoever mixed the two read old data. O_DIRECT reads of files there first wrote what was dirty in the range (ffs_rawread_sync),
 * and O_DIRECT writes went through the cache. Here either kind first has the range's dirty blocks written; a write throws away
 * what memory holds of the range; and until the transfer ends nobody gets a buffer that lies in it.
 */
export class RawSpans {
  private readonly parts: RawSpansParts
  private readonly channel: SleepChannel
  private readonly entered: RawSpan[] = []
  private readonly release: BufRelease
  private readonly transfers: Transfers

  constructor(parts: RawSpansParts, release: BufRelease, transfers: Transfers) {
    this.parts = parts
    this.release = release
    this.transfers = transfers
    this.channel = new SleepChannel(parts.threads)
  }

  /** Whether any span is entered. */
  get active(): boolean {
    return this.entered.length > 0
  }

  /** Whether a span that somebody has entered lies in bytes `start` to `end` - 1. */
  covers(vp: Vnode, start: number, end: number): boolean {
    for (const span of this.entered) if (span.vp === vp && span.start < end && start < span.end) return true
    return false
  }

  /** The current thread sleeps until a span is left. */
  sleep(): void {
    this.parts.space.note('rawspn')
    this.channel.sleep(false)
  }

  /**
   * Takes bytes `start` to `end` - 1 of a vnode for a direct transfer. The caller holds no buffer, and no pbuf. The vnode's
   * buffers are no longer than its blocks.
   * @param span the caller's record, filled in here @param write the transfer changes the disk
   * @returns OK; or EWOULDBLOCK: asleep until a buffer of the range is free or another span is left, call again when woken
   */
  enter(span: RawSpan, vp: Vnode, start: number, end: number, write: boolean): Errno {
    const { machine } = this.parts
    machine.accounting.enter(Site.raw_enter)
    const ready = this.isQuiet(vp, start, end) && !this.sleepsForOther(vp, start, end, write)
    if (ready) {
      if (write) this.invalidate(vp, start, end)
      span.vp = vp
      span.start = start
      span.end = end
      span.write = write
      this.entered.push(span)
    }
    machine.accounting.leave()
    return ready ? OK : EWOULDBLOCK
  }

  /** The transfer ended. Whoever waits for a span looks again. */
  leave(span: RawSpan): void {
    this.entered.splice(this.entered.indexOf(span), 1)
    span.vp = null
    this.channel.wakeup()
  }

  /** Starts writing what is dirty. @returns false, asleep, unless all buffers of the range are free and clean */
  private isQuiet(vp: Vnode, start: number, end: number): boolean {
    const { machine, hash, space } = this.parts
    const first = Math.floor(start / vp.blockSize)
    const last = Math.floor((end - 1) / vp.blockSize)
    let busy: Buf | null = null
    for (let lblkno = first; lblkno <= last; lblkno++) {
      machine.charge(Site.raw_enter, machine.cost.bufLookup)
      const buf = hash.find(vp, lblkno)
      if (buf === null) continue
      if (!buf.locked && (buf.b_flags & (B_DELWRI | B_INVAL)) === B_DELWRI) this.writeOut(buf)
      if (buf.locked) busy ??= buf
    }
    if (busy !== null) space.sleepOnLock(busy)
    return busy === null
  }

  private sleepsForOther(vp: Vnode, start: number, end: number, write: boolean): boolean {
    for (const other of this.entered) {
      if (other.vp !== vp || other.start >= end || start >= other.end || !(write || other.write)) continue
      this.sleep()
      return true
    }
    return false
  }

  private writeOut(buf: Buf): void {
    this.lock(buf)
    buf.b_flags |= B_ASYNC
    this.transfers.startWrite(buf)
  }

  /** All buffers of the range are free and clean. */
  private invalidate(vp: Vnode, start: number, end: number): void {
    const { hash, vm } = this.parts
    const first = Math.floor(start / vp.blockSize)
    const last = Math.floor((end - 1) / vp.blockSize)
    for (let lblkno = first; lblkno <= last; lblkno++) {
      const buf = hash.find(vp, lblkno)
      if (buf === null) continue
      this.lock(buf)
      buf.b_flags |= B_INVAL | B_NOCACHE | B_RELBUF
      this.release.brelse(buf)
    }
    if (vp.object === null) return
    for (let at = start; at < end;) {
      const to = Math.min(toPageEnd(at) + at, end)
      const page = vm.vm_page_lookup(vp.object, Math.floor(at / PAGE_SIZE))
      if (page !== NONE) vm.vm_page_set_invalid(page, at % PAGE_SIZE, to - at)
      at = to
    }
  }

  private lock(buf: Buf): void {
    buf.locked = true
    this.parts.space.bremfree(buf)
  }
}
