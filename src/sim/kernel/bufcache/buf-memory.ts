import type { Machine } from '../../machine/machine.ts'
import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, SECTOR_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { Site } from '../call-sites.ts'
import type { IoPathHooks } from '../path/io-path.ts'
import type { PageAllocator } from '../vm/page-allocator.ts'
import type { VmPages } from '../vm/vm-pages.ts'
import { domainsOfCpus } from '../vm/zones.ts'
import type { XioCalls } from '../xio.ts'
import { XIO_INTERNAL_PAGES } from '../xio.ts'
import type { AnonymousMemory } from './anonymous-memory.ts'
import type { Buf } from './buf.ts'
import { B_CACHE, B_VMIO, NONE } from './buf.ts'
import type { BufPages } from './buf-pages.ts'
import type { BufSpace } from './buf-space.ts'
import type { FreeBsdWork } from './freebsd-work.ts'

export interface BufMemoryParts {
  readonly machine: Machine
  readonly xios: XioCalls
  readonly pages: PageAllocator
  readonly path: IoPathHooks
  readonly vm: VmPages
}

/** allocbuf: gives buffers as much memory as they are to hold. */
export class BufMemory {
  private readonly machine: Machine
  private readonly xios: XioCalls
  private readonly path: IoPathHooks
  private readonly vm: VmPages
  private readonly space: BufSpace
  private readonly bufPages: BufPages
  private readonly anonymous: AnonymousMemory
  private readonly work: FreeBsdWork | null
  /** Time to make a page, ns. */
  private readonly freshPageNs: number
  /** NUMA domain of each processor. */
  private readonly domains: Uint8Array
  private readonly frames = new Int32Array(XIO_INTERNAL_PAGES)

  /** @param work null: the kernel does none of it */
  constructor(
    parts: BufMemoryParts,
    space: BufSpace,
    bufPages: BufPages,
    anonymous: AnonymousMemory,
    work: FreeBsdWork | null,
  ) {
    this.machine = parts.machine
    this.xios = parts.xios
    this.domains = domainsOfCpus(parts.machine.cpus.length, parts.pages.domains)
    this.path = parts.path
    this.vm = parts.vm
    this.space = space
    this.bufPages = bufPages
    this.anonymous = anonymous
    this.work = work
    const { pageAlloc, pageInsert, memoryMiss } = parts.machine.cost
    this.freshPageNs = pageAlloc + pageInsert + memoryMiss
  }

  /**
   * Makes a locked buffer `size` bytes long. Memory that it keeps keeps its content; B_CACHE of a VMIO buffer says afterwards
   * whether all of it is valid. Memory comes from the NUMA domain of the processor that runs here.
   * @throws SimulationFault when the address space reserved for it is smaller, or memory is full
   */
  readonly allocbuf = (buf: Buf, size: number): void => {
    if (this.space.countsKva && size > buf.b_kvasize)
      throw new SimulationFault(`allocbuf: ${size} bytes for a buffer with room for ${buf.b_kvasize}`)
    const { accounting } = this.machine
    accounting.enter(Site.allocbuf)
    if ((buf.b_flags & B_VMIO) !== 0) this.allocShared(buf, size)
    else this.anonymous.resize(buf, size)
    accounting.leave()
  }

  private readonly allocShared = (buf: Buf, size: number): void => {
    const { b_xio: xio, b_bufsize: bufsize } = buf
    const newbsize = (size + SECTOR_SIZE - 1) & -SECTOR_SIZE
    if (size === 0 || bufsize === 0) buf.b_flags |= B_CACHE
    if (xio.npages === 0) xio.offset = buf.b_offset & PAGE_MASK
    const desired = size === 0 ? 0 : (xio.offset + newbsize + PAGE_MASK) >>> PAGE_SHIFT
    if (newbsize < bufsize && desired < xio.npages) this.shrink(buf, desired)
    if (newbsize > bufsize) this.grow(buf, desired, size)
    this.space.setBufsize(buf, newbsize)
    buf.b_bcount = size
    xio.bytes = size
    if (newbsize < bufsize) this.space.bufspacewakeup()
  }

  private shrink(buf: Buf, desired: number): void {
    if (desired === 0) this.path.reuse(buf)
    else this.path.shrink(buf, desired)
    this.bufPages.detach(buf, desired)
  }

  /** Adds the pages that are missing, and takes B_CACHE away unless all new bytes up to `size` are valid. */
  private readonly grow = (buf: Buf, desired: number, size: number): void => {
    const { vm, machine, bufPages, frames } = this
    const { b_xio: xio } = buf
    const held = xio.npages
    const missing = desired - held
    const object = buf.b_vp!.object!
    const first = Math.floor(buf.b_offset / PAGE_SIZE) + held
    const domain = this.domains[machine.cpu.id]!
    const { freed } = vm
    let found = 0
    for (let i = 0; i < missing; i++) {
      let page = vm.vm_page_lookup(object, first + i)
      if (page === NONE) {
        page = vm.vm_page_alloc(object, first + i, domain)
        if (page === NONE) throw new SimulationFault('out of memory for buffer pages')
      } else {
        vm.wire(page)
        found++
      }
      bufPages.attach(buf, held + i, page)
      frames[i] = vm.frameOf(page)
    }
    bufPages.chargeFreed(freed)
    if (missing > found) machine.charge(Site.vm_page_alloc, (missing - found) * this.freshPageNs)
    if (found > 0) machine.charge(Site.vm_page_lookup, found * machine.cost.pageAlloc)
    if (this.work !== null) this.work.grabbed(missing - found, found)
    if (missing > 0) this.xios.xio_append_pages(xio, frames, missing)
    xio.bytes = size
    if (missing > found || ((buf.b_flags & B_CACHE) !== 0 && !bufPages.isValid(buf, buf.b_bcount, size)))
      buf.b_flags &= ~B_CACHE
    this.path.newBuffer(buf)
  }
}
