import { KVA_BASE, kvaPage } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { NONE } from '../bufcache/buf.ts'
import type { Buf } from '../bufcache/buf.ts'
import type { Ccb } from '../cam/ccb.ts'
import type { KernelCounters } from '../counters.ts'
import { OK } from '../errno.ts'
import { KvaSlots } from '../msf-buf/kva-slots.ts'
import type { PageWindow } from '../sf-buf/page-window.ts'
import type { CopyCalls } from '../vm/copy-calls.ts'
import type { KvaArena } from '../vm/kva-arena.ts'
import type { PageAllocator } from '../vm/page-allocator.ts'
import type { Pmap } from '../vm/pmap.ts'
import { toOwnMemory, usesOwnMemory } from './own-memory.ts'
import { PageListPath } from './page-list.ts'

export interface CopyPathParts {
  readonly pages: PageAllocator
  readonly pmap: Pmap
  /** Where the buffers get their addresses. */
  readonly bufferMap: KvaArena
  readonly copies: CopyCalls
  readonly window: PageWindow
  readonly counters: KernelCounters
}

/**
 * DragonFly 2016, as its physio does: the device knows only buffers that were allocated and mapped at boot, one for each
 * transfer under way, and the processor copies between them and the pages that the data belongs in. Nothing is mapped or
 * unmapped any more.
 */
export class CopyPath extends PageListPath {
  readonly pbufMemory = 'always'
  private readonly parts: CopyPathParts
  private readonly count: number
  private readonly bytes: number
  private slots: KvaSlots | null = null

  /** @param count buffers, as many as there are transfers at one time @param bytes of each */
  constructor(parts: CopyPathParts, count: number, bytes: number) {
    super(parts.window, parts.counters)
    this.parts = parts
    this.count = count
    this.bytes = bytes
  }

  /** @throws SimulationFault when memory or address space is too small */
  boot(): void {
    const { pages, pmap, bufferMap } = this.parts
    const each = Math.ceil(this.bytes / PAGE_SIZE)
    const first = bufferMap.alloc(this.count * each)
    if (first < 0) throw new SimulationFault('no address space for the buffers to copy through')
    const frames = Int32Array.from({ length: this.count * each }, () => pages.alloc())
    if (frames.includes(-1)) throw new SimulationFault('out of memory for the buffers to copy through')
    pmap.enterEverywhere(first, frames, frames.length, 0)
    this.counters.addMapped(frames.length * PAGE_SIZE)
    this.slots = new KvaSlots(first, this.count, each)
  }

  override toDevice(buf: Buf, ccb: Ccb): void {
    if (usesOwnMemory(buf)) {
      toOwnMemory(buf, ccb)
      return
    }
    const slot = buf.memory === NONE ? this.slots!.take() : buf.memory
    if (slot < 0) throw new SimulationFault('no buffer to copy through is free')
    ccb.useBuffer(KVA_BASE + slot * PAGE_SIZE, buf.b_xio.bytes)
    if (ccb.operation === 'write') this.copy(buf, ccb.dataPtr, true)
  }

  done(buf: Buf, ccb: Ccb): void {
    if (usesOwnMemory(buf)) return
    if (ccb.operation === 'read' && ccb.status === OK) this.copy(buf, ccb.dataPtr, false)
    if (buf.memory === NONE) this.slots!.give(kvaPage(ccb.dataPtr))
  }

  private copy(buf: Buf, slot: number, toSlot: boolean): void {
    const { copies } = this.parts
    const { offset, bytes } = buf.b_xio
    for (let at = 0; at < bytes;) {
      const place = offset + at
      const count = Math.min(bytes - at, PAGE_SIZE - (place % PAGE_SIZE))
      const address = this.openPage(buf, Math.floor(place / PAGE_SIZE)) + (place % PAGE_SIZE)
      if (toSlot) copies.bcopy(address, slot + at, count)
      else copies.bcopy(slot + at, address, count)
      this.closePage()
      at += count
    }
  }
}
