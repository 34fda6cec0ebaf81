import { PAGE_SIZE } from '../../machine/page.ts'
import type { KernelCounters } from '../counters.ts'
import type { KvaArena } from '../vm/kva-arena.ts'
import type { Buf } from './buf.ts'
import { NONE } from './buf.ts'
import type { BufSpace } from './buf-space.ts'

/** The address space of buffers: ranges of the buffer map. */
export class BufKva {
  private readonly bufferMap: KvaArena
  private readonly space: BufSpace
  private readonly counters: KernelCounters

  constructor(bufferMap: KvaArena, space: BufSpace, counters: KernelCounters) {
    this.bufferMap = bufferMap
    this.space = space
    this.counters = counters
  }

  /** Gives a buffer's range back, if it has one. Nothing is entered there. */
  bfreekva(buf: Buf): void {
    if (buf.b_kvasize === 0) return
    this.counters.buffreekvacnt++
    this.bufferMap.free(buf.b_kvabase, buf.b_kvasize / PAGE_SIZE)
    if (this.space.countsKva) this.space.bufspace -= buf.b_kvasize
    buf.b_kvabase = NONE
    buf.b_kvasize = 0
    this.space.bufspacewakeup()
  }

  /**
   * Sees to it that a buffer has a range of exactly `bytes`, at an address that is a multiple of it.
   * @param bytes a multiple of BKVASIZE
   * @returns false when the map has no such hole; then the buffer has no range
   */
  reserve(buf: Buf, bytes: number): boolean {
    if (buf.b_kvasize === bytes) return true
    this.bfreekva(buf)
    const pages = bytes / PAGE_SIZE
    const first = this.bufferMap.alloc(pages, pages)
    if (first < 0) {
      this.counters.bufdefragcnt++
      return false
    }
    buf.b_kvabase = first
    buf.b_kvasize = bytes
    if (this.space.countsKva) this.space.bufspace += bytes
    this.counters.bufreusecnt++
    return true
  }
}
