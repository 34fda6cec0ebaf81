import { CpuMask } from '../../machine/cpu-mask.ts'
import type { Machine } from '../../machine/machine.ts'
import { KVA_BASE } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { Site } from '../call-sites.ts'
import { ENOMEM } from '../errno.ts'
import type { KvaArena } from '../vm/kva-arena.ts'
import type { Pmap } from '../vm/pmap.ts'
import type { PageWindow } from './page-window.ts'

/** Descriptors that a processor's list starts with. */
const BOOT_PAGES = 256
/** Descriptors that an empty list grows by. */
const GROWTH_PAGES = 32

/**
 * DragonFly's lwbuf on i386 (2010): each processor has its own list of KVA pages. A page is entered for the processor that
 * allocates; any other invalidates its own TLB when it first asks for the address, so no IPI is sent.
 */
export class I386LwBufs implements PageWindow {
  private readonly machine: Machine
  private readonly pmap: Pmap
  private readonly arena: KvaArena
  private readonly kvaPages: number[] = []
  private readonly masks: CpuMask[] = []
  /** Free descriptors of each processor; the one used last is on top. */
  private readonly free: number[][]

  /** @param arena where the KVA comes from */
  constructor(machine: Machine, pmap: Pmap, arena: KvaArena, bootPages = BOOT_PAGES) {
    this.machine = machine
    this.pmap = pmap
    this.arena = arena
    this.free = machine.cpus.map(() => [])
    for (const list of this.free) this.grow(list, bootPages)
  }

  /** Maps a page for the current processor. @returns the descriptor, or -ENOMEM when no KVA is left */
  lwbuf_alloc(pfn: number): number {
    this.machine.charge(Site.lwbuf_alloc, this.machine.cost.msfCall)
    const { cpu } = this.machine
    const list = this.free[cpu.id]!
    if (list.length === 0) this.grow(list, GROWTH_PAGES)
    const lwb = list.pop()
    if (lwb === undefined) return -ENOMEM
    this.pmap.pmap_kenter_quick(this.kvaOf(lwb), pfn)
    this.masks[lwb]!.clear()
    this.masks[lwb]!.add(cpu.id)
    return lwb
  }

  /** Address of the page, good for the current processor from now on. */
  lwbuf_kva(lwb: number): number {
    const mask = this.masks[lwb]!
    const { id } = this.machine.cpu
    if (!mask.has(id)) {
      this.pmap.pmap_kenter_sync_quick(this.kvaOf(lwb))
      mask.add(id)
    }
    return this.kvaOf(lwb)
  }

  /** Makes the address good for every processor at once. */
  lwbuf_set_global(lwb: number): void {
    const mask = this.masks[lwb]!
    if (mask.isFull) return
    this.pmap.pmap_kenter_sync(this.kvaOf(lwb))
    mask.fill()
  }

  /** Gives the descriptor to the current processor's list. */
  lwbuf_free(lwb: number): void {
    this.machine.charge(Site.lwbuf_free, this.machine.cost.msfCall)
    this.free[this.machine.cpu.id]!.push(lwb)
  }

  /** Descriptors on a processor's list. */
  freeOn(cpu: number): number {
    return this.free[cpu]!.length
  }

  open(pfn: number): number {
    return this.lwbuf_alloc(pfn)
  }

  address(handle: number): number {
    return this.lwbuf_kva(handle)
  }

  close(handle: number): void {
    this.lwbuf_free(handle)
  }

  private grow(list: number[], pages: number): void {
    const first = this.arena.alloc(pages)
    if (first < 0) return
    for (let page = first; page < first + pages; page++) {
      list.push(this.kvaPages.length)
      this.kvaPages.push(page)
      this.masks.push(new CpuMask())
    }
  }

  private kvaOf(lwb: number): number {
    return KVA_BASE + this.kvaPages[lwb]! * PAGE_SIZE
  }
}
