import type { Machine } from '../../machine/machine.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { Site } from '../call-sites.ts'
import type { IoPathHooks } from '../path/io-path.ts'
import type { PageAllocator } from '../vm/page-allocator.ts'
import type { VmPages } from '../vm/vm-pages.ts'
import type { XioCalls } from '../xio.ts'
import type { Buf } from './buf.ts'
import { B_CACHE, B_ERROR, B_FREEBUF, B_INVAL, B_NOCACHE, B_READ, B_VMIO, NONE } from './buf.ts'
import type { BufSpace } from './buf-space.ts'
import type { FreeBsdWork } from './freebsd-work.ts'
import { MAXBSIZE } from './limits.ts'

/** Pages of the largest buffer, which need not begin at the start of one. */
const MOST_PAGES = MAXBSIZE / PAGE_SIZE + 1
/** Keeps the handles of one buffer out of one another's place in the host's caches. */
const STAGGER = 16

/** The pages that VMIO buffers share with the VM objects of their vnodes: what a buffer knows of their state, and tells. */
export class BufPages {
  private readonly machine: Machine
  private readonly vm: VmPages
  private readonly xios: XioCalls
  private readonly path: IoPathHooks
  private readonly pages: PageAllocator
  private readonly space: BufSpace
  private readonly work: FreeBsdWork | null
  /**
   * Handles of the buffers' pages: of the first page of each buffer, of the second of each, and so on, so that those of small
   * buffers lie close together. `b_xio` lists the same frames, but for those that a bogus page stands in for.
   */
  private readonly handles: Int32Array
  /** From one page of a buffer to its next. */
  private readonly stride: number
  private bogusPage = NONE
  /** Time to free a page, ns. */
  private readonly pageFreeNs: number

  constructor(
    machine: Machine,
    vm: VmPages,
    xios: XioCalls,
    path: IoPathHooks,
    pages: PageAllocator,
    space: BufSpace,
    work: FreeBsdWork | null,
    nbuf: number,
  ) {
    this.machine = machine
    this.vm = vm
    this.xios = xios
    this.path = path
    this.pages = pages
    this.space = space
    this.stride = nbuf + STAGGER
    this.handles = new Int32Array(this.stride * MOST_PAGES)
    this.work = work
    this.pageFreeNs = machine.cost.pageFree + machine.cost.memoryMiss
  }

  /** Makes page `index` of a buffer a page of its object. The caller adds its frame to `b_xio`. */
  attach(buf: Buf, index: number, page: number): void {
    this.handles[this.placeOf(buf, index)] = page
  }

  /** Lets a buffer's pages go from page `from` on, and takes them out of `b_xio`. */
  detach(buf: Buf, from: number): void {
    const { npages } = buf.b_xio
    if (from === 0) this.xios.xio_release(buf.b_xio)
    else this.xios.xio_truncate(buf.b_xio, from)
    const { vm, handles, stride } = this
    const { idled, freed } = vm
    for (let i = from, at = this.placeOf(buf, from); i < npages; i++, at += stride) vm.unwire(handles[at]!)
    const queued = vm.idled - idled
    if (queued > 0) this.machine.charge(Site.vm_page_unwire, queued * this.machine.cost.pageQueue)
    if (this.work !== null) this.work.unwired(npages - from)
    this.chargeFreed(freed)
  }

  /**
   * The page daemon's work on the pages freed since, which nobody has touched for long. It is charged to the processor that
   * needs them gone. @param before vm.freed then
   */
  chargeFreed(before: number): void {
    const freed = this.vm.freed - before
    if (freed === 0) return
    this.machine.charge(Site.vm_page_free, freed * this.pageFreeNs)
    if (this.work !== null) this.work.cached(freed)
  }

  /** Handle of a buffer's first page, or what it last was. */
  handleOf(buf: Buf): number {
    return this.handles[buf.id]!
  }

  /** What the release of a buffer's first page will look at, for LookAhead: means nothing else. */
  see(buf: Buf): number {
    return this.vm.see(this.handleOf(buf))
  }

  /** Takes all pages from a buffer; they stay with the vnode's object as long as it keeps them. */
  readonly vfs_vmio_release = (buf: Buf): void => {
    if (buf.b_xio.npages > 0) {
      if (this.work !== null && buf.mappedPages > 0) this.work.unmapped(buf.mappedPages)
      this.path.reuse(buf)
      this.detach(buf, 0)
    }
    if (buf.b_bufsize > 0) {
      this.space.setBufsize(buf, 0)
      this.space.bufspacewakeup()
    }
    buf.b_flags &= ~B_VMIO
  }

  /** Whether all that buffer bytes `from` to `to` - 1 lie in is valid. */
  isValid(buf: Buf, from: number, to: number): boolean {
    const end = buf.b_xio.offset + to
    for (let at = buf.b_xio.offset + from; at < end;) {
      const page = Math.floor(at / PAGE_SIZE)
      const pageEnd = Math.min(end, (page + 1) * PAGE_SIZE)
      const base = at - page * PAGE_SIZE
      if (!this.vm.vm_page_is_valid(this.handleAt(buf, page), base, pageEnd - at)) return false
      at = pageEnd
    }
    return true
  }

  /** Whether any of the buffer's pages holds valid data, if only in part. */
  hasValid(buf: Buf): boolean {
    for (let i = 0; i < buf.b_xio.npages; i++) if (this.vm.valid(this.handleAt(buf, i)) !== 0) return true
    return false
  }

  /**
   * Adds the frames of a buffer's pages to those of a cluster. A page that the buffer shares with the one before it, as blocks
   * that do not begin at a page do, is there already. For a read, the bogus page stands in for each page that is wholly valid,
   * in the buffer too, until `finish`.
   * @param count frames in `frames` so far, which has room for the buffer's
   * @returns frames in it now
   */
  gather(buf: Buf, frames: Int32Array, count: number, read: boolean): number {
    const { b_xio: xio } = buf
    const { npages } = xio
    if (this.work !== null) this.work.clustered(read ? Site.cluster_rbuild : Site.cluster_wbuild, npages)
    let total = count
    for (let i = 0; i < npages; i++) {
      const page = this.handleAt(buf, i)
      const isStale = !read || !this.vm.isWholeValid(page)
      const frame = this.vm.frameOf(page)
      if (total === 0 || frames[total - 1] !== frame) frames[total++] = isStale ? frame : this.bogus()
      if (!isStale) xio.setPage(i, this.bogus())
    }
    return total
  }

  /**
   * Before a transfer. A write makes the pages valid and clean at once (`clearModify`). For a read into a buffer that is valid
   * in part, the bogus page stands in for each page that is wholly valid, which may be newer than the disk.
   */
  vfs_busy_pages(buf: Buf, clearModify: boolean): void {
    if ((buf.b_flags & B_VMIO) === 0) return
    if (this.work !== null) this.work.busied(clearModify ? Site.bwrite : Site.bread, buf.b_xio.npages)
    if (clearModify) this.vfs_clean_pages(buf)
    else if ((buf.b_flags & B_CACHE) === 0) this.putBogus(buf)
  }

  /** The buffer's data is valid, and what is to be written of it is the buffer's business from now on. */
  vfs_clean_pages(buf: Buf): void {
    if ((buf.b_flags & B_VMIO) !== 0) this.setValidClean(buf, buf.b_bcount, false)
  }

  /** After a transfer: sets B_CACHE and the pages' valid bits for what was read, and puts the pages back. */
  finish(buf: Buf): void {
    if ((buf.b_flags & (B_READ | B_FREEBUF | B_INVAL | B_NOCACHE | B_ERROR)) === B_READ)
      buf.b_flags |= B_CACHE
    if (this.work !== null) this.work.done(buf.b_xio.npages)
    if ((buf.b_flags & B_READ) === 0) return
    this.setValidClean(buf, buf.b_bcount - buf.b_resid, true)
    this.removeBogus(buf)
  }

  /** The content of the buffer's pages is of no use. */
  invalidate(buf: Buf): void {
    const { offset, npages } = buf.b_xio
    const end = offset + buf.b_bufsize
    for (let i = 0; i < npages; i++) {
      const from = i === 0 ? offset : i * PAGE_SIZE
      const to = Math.min(end, (i + 1) * PAGE_SIZE)
      if (to > from) this.vm.vm_page_set_invalid(this.handleAt(buf, i), from - i * PAGE_SIZE, to - from)
    }
  }

  /** Where in `handles` that of a buffer's page is. */
  private placeOf(buf: Buf, index: number): number {
    return index * this.stride + buf.id
  }

  private handleAt(buf: Buf, index: number): number {
    return this.handles[this.placeOf(buf, index)]!
  }

  /** @param bytes from the start of the buffer @param skipBogus leave pages alone that the bogus page stands in for */
  private setValidClean(buf: Buf, bytes: number, skipBogus: boolean): void {
    const { vm, handles, stride } = this
    const { b_xio: xio } = buf
    const { offset, npages } = xio
    const bogus = skipBogus ? this.bogusPage : NONE
    let base = offset
    let left = bytes
    for (let i = 0, at = buf.id; i < npages; i++, at += stride) {
      const count = Math.min(left, PAGE_SIZE - base)
      if (bogus === NONE || xio.page(i) !== bogus) vm.vm_page_set_validclean(handles[at]!, base, count)
      left -= count
      base = 0
    }
  }

  private putBogus(buf: Buf): void {
    const { vm, handles, stride } = this
    const { b_xio: xio } = buf
    const { npages } = xio
    let replaced = 0
    for (let i = 0, at = buf.id; i < npages; i++, at += stride) {
      if (!vm.isWholeValid(handles[at]!)) continue
      xio.setPage(i, this.bogus())
      replaced++
    }
    if (replaced > 0) this.path.pagesChanged(buf)
  }

  /** Each page put back enters the whole buffer anew, as the kernel does. */
  private removeBogus(buf: Buf): void {
    if (this.bogusPage === NONE) return
    const { b_xio: xio } = buf
    const { npages } = xio
    for (let i = 0; i < npages; i++) {
      if (xio.page(i) !== this.bogusPage) continue
      xio.setPage(i, this.vm.frameOf(this.handleAt(buf, i)))
      this.path.pagesChanged(buf)
    }
  }

  /** One page for all, wired for good, whose content nobody reads. */
  private bogus(): number {
    if (this.bogusPage === NONE) {
      this.bogusPage = this.pages.alloc()
      if (this.bogusPage < 0) throw new SimulationFault('out of memory for the bogus page')
    }
    return this.bogusPage
  }
}
