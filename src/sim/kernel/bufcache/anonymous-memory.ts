import type { Machine } from '../../machine/machine.ts'
import { PAGE_SIZE, SECTOR_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import type { IoPathHooks } from '../path/io-path.ts'
import type { PageAllocator } from '../vm/page-allocator.ts'
import { domainsOfCpus } from '../vm/zones.ts'
import type { XioCalls } from '../xio.ts'
import { XIO_INTERNAL_PAGES } from '../xio.ts'
import type { Buf } from './buf.ts'
import { B_MALLOC } from './buf.ts'
import type { BufSpace } from './buf-space.ts'
import { MallocBlocks } from './malloc-blocks.ts'

export interface AnonymousMemoryParts {
  readonly machine: Machine
  readonly counters: KernelCounters
  readonly xios: XioCalls
  readonly pages: PageAllocator
  readonly path: IoPathHooks
}

/** Memory that belongs to a buffer alone: that of buffers without VMIO. B_CACHE is none of its business. */
export class AnonymousMemory {
  private readonly machine: Machine
  private readonly counters: KernelCounters
  private readonly xios: XioCalls
  private readonly pages: PageAllocator
  private readonly path: IoPathHooks
  private readonly space: BufSpace
  private readonly blocks: MallocBlocks
  /** NUMA domain of each processor. */
  private readonly domains: Uint8Array
  private readonly frames = new Int32Array(XIO_INTERNAL_PAGES)

  constructor(parts: AnonymousMemoryParts, space: BufSpace) {
    this.machine = parts.machine
    this.counters = parts.counters
    this.xios = parts.xios
    this.pages = parts.pages
    this.domains = domainsOfCpus(parts.machine.cpus.length, parts.pages.domains)
    this.path = parts.path
    this.space = space
    this.blocks = new MallocBlocks(parts.pages)
  }

  /**
   * Gives a buffer memory for `size` bytes: from malloc when it has none, half a page will do and the limit for such memory is
   * not reached; otherwise whole pages. Memory from malloc does not shrink but to nothing, and is left for pages when it must grow.
   */
  resize(buf: Buf, size: number): void {
    const bytes = Math.ceil(size / SECTOR_SIZE) * SECTOR_SIZE
    const malloced = (buf.b_flags & B_MALLOC) !== 0
    const newbsize = malloced ? bytes : Math.ceil(size / PAGE_SIZE) * PAGE_SIZE
    if (newbsize < buf.b_bufsize) {
      if (newbsize === 0 && malloced) this.releaseBlock(buf)
      else if (!malloced) this.releasePages(buf, newbsize / PAGE_SIZE)
    } else if (newbsize > buf.b_bufsize) {
      if (buf.b_bufsize === 0 && bytes <= PAGE_SIZE / 2 && this.mayMalloc()) this.takeBlock(buf, bytes)
      else if (malloced) this.leaveBlock(buf, Math.ceil(bytes / PAGE_SIZE))
      else this.addPages(buf, newbsize / PAGE_SIZE)
    }
    buf.b_bcount = size
    buf.b_xio.bytes = size
  }

  private mayMalloc(): boolean {
    return this.space.bufmallocspace < this.space.limits.maxbufmallocspace
  }

  private takeBlock(buf: Buf, bytes: number): void {
    const address = this.blocks.take(bytes, this.domain())
    if (address < 0) throw new SimulationFault('out of memory for a small buffer')
    buf.b_flags |= B_MALLOC
    this.space.bufmallocspace += bytes
    this.space.setBufsize(buf, bytes)
    this.frames[0] = Math.floor(address / PAGE_SIZE)
    this.xios.xio_append_pages(buf.b_xio, this.frames, 1)
    buf.b_xio.offset = address % PAGE_SIZE
    buf.b_xio.bytes = bytes
    this.path.newMemory(buf, 0)
  }

  private releaseBlock(buf: Buf): void {
    const address = buf.b_xio.page(0) * PAGE_SIZE + buf.b_xio.offset
    const bytes = buf.b_bufsize
    this.path.reuse(buf)
    this.xios.xio_release(buf.b_xio)
    this.blocks.give(address, bytes)
    buf.b_flags &= ~B_MALLOC
    this.space.bufmallocspace -= bytes
    this.space.setBufsize(buf, 0)
    this.space.bufspacewakeup()
  }

  /** Goes from malloc to whole pages, and takes the data along. */
  private leaveBlock(buf: Buf, pages: number): void {
    const { memory, cost } = this.machine
    const from = buf.b_xio.page(0) * PAGE_SIZE + buf.b_xio.offset
    const bytes = buf.b_bufsize
    this.releaseBlock(buf)
    this.addPages(buf, pages)
    memory.copy(from, buf.b_xio.page(0) * PAGE_SIZE, bytes)
    this.machine.chargeBytes(Site.bcopy, cost.copyPerByte, bytes)
    this.counters.bytesCopied += bytes
  }

  private addPages(buf: Buf, pages: number): void {
    const { b_xio: xio } = buf
    const held = xio.npages
    const count = pages - held
    const domain = this.domain()
    for (let i = 0; i < count; i++) {
      const pfn = this.pages.alloc(domain)
      if (pfn < 0) throw new SimulationFault('out of memory for buffer pages')
      this.frames[i] = pfn
    }
    this.machine.charge(Site.vm_page_alloc, count * this.machine.cost.pageAlloc)
    this.xios.xio_append_pages(xio, this.frames, count)
    xio.offset = 0
    xio.bytes = pages * PAGE_SIZE
    this.space.setBufsize(buf, pages * PAGE_SIZE)
    this.path.newMemory(buf, held)
  }

  private releasePages(buf: Buf, kept: number): void {
    const { npages, pages } = buf.b_xio
    if (kept === 0) this.path.reuse(buf)
    else this.path.shrink(buf, kept)
    this.frames.set(pages.subarray(kept, npages))
    if (kept === 0) this.xios.xio_release(buf.b_xio)
    else this.xios.xio_truncate(buf.b_xio, kept)
    for (let i = 0; i < npages - kept; i++) this.pages.free(this.frames[i]!)
    this.space.setBufsize(buf, kept * PAGE_SIZE)
    this.space.bufspacewakeup()
  }

  private domain(): number {
    return this.domains[this.machine.cpu.id]!
  }
}
