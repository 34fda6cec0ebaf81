import type { Buf } from '../bufcache/buf.ts'
import { B_MALLOC } from '../bufcache/buf.ts'
import { Site } from '../call-sites.ts'
import type { Ccb } from '../cam/ccb.ts'
import type { KernelCounters } from '../counters.ts'
import type { Machine } from '../../machine/machine.ts'
import type { Pmap2020 } from '../vm/pmap-2020.ts'
import { MappedPath } from './mapped.ts'
import { toOwnMemory, usesOwnMemory } from './own-memory.ts'

/**
 * DragonFly 2017 (KVABIO): every buffer is entered in KVA and no processor is told; each brings its own TLB up to date before
 * it touches the buffer, and b_cpumask says which have. A DMA driver touches no data, so it needs none of that.
 */
export class KvabioPath extends MappedPath {
  readonly pbufMemory = 'physio'
  private readonly machine: Machine
  private readonly quietPmap: Pmap2020

  constructor(machine: Machine, pmap: Pmap2020, counters: KernelCounters) {
    super(pmap, counters)
    this.machine = machine
    this.quietPmap = pmap
  }

  override newMemory(buf: Buf): void {
    if ((buf.b_flags & B_MALLOC) === 0) this.newBuffer(buf)
  }

  override pagesChanged(buf: Buf): void {
    this.quietPmap.enterUnseen(buf.b_kvabase, buf.b_xio.pages, buf.b_xio.npages, 0)
    buf.b_cpumask.clear()
  }

  override shrink(buf: Buf, from: number): void {
    if (buf.mappedPages <= from) return
    this.quietPmap.removeUnseen(buf.b_kvabase + from, buf.mappedPages - from)
    this.counters.kvaUnmaps++
    this.nowMapped(buf, from)
  }

  override toDevice(buf: Buf, ccb: Ccb): void {
    if (usesOwnMemory(buf)) {
      toOwnMemory(buf, ccb)
      return
    }
    super.toDevice(buf, ccb)
    ccb.sync = this.bkvasync
  }

  override openPage(buf: Buf, page: number): number {
    this.bkvasync(buf)
    return super.openPage(buf, page)
  }

  override openBuffer(buf: Buf): void {
    this.bkvasync(buf)
  }

  /** Before the current processor touches a buffer: it forgets what it knew of the buffer's addresses, once. */
  private readonly bkvasync = (buf: Buf): void => {
    const { accounting, cpu } = this.machine
    if (buf.b_cpumask.has(cpu.id)) return
    accounting.enter(Site.bkvasync)
    this.quietPmap.invalidatePagesHere(buf.b_kvabase, buf.mappedPages)
    buf.b_cpumask.add(cpu.id)
    accounting.leave()
  }
}
