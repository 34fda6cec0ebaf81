import { PAGE_SIZE } from '../../machine/page.ts'
import { Site } from '../call-sites.ts'
import type { Errno } from '../errno.ts'
import { OK } from '../errno.ts'
import type { IoPathHooks } from '../path/io-path.ts'
import type { XioCalls } from '../xio.ts'
import { XIO_INTERNAL_PAGES } from '../xio.ts'
import type { Buf } from './buf.ts'
import { B_CALL, B_CLUSTER, B_ERROR, B_INVAL, B_READ } from './buf.ts'
import type { BufPages } from './buf-pages.ts'
import type { FreeBsdWork } from './freebsd-work.ts'
import { nswbufFor } from './sizing.ts'
import { PbufBudget } from './pbufs.ts'
import type { Pbufs } from './pbufs.ts'
import type { Transfers } from './transfers.ts'
import type { KernelThreads } from '../sleep-channel.ts'

export interface ClusterListParts {
  readonly path: IoPathHooks
  readonly xios: XioCalls
  readonly bufPages: BufPages
  readonly transfers: Transfers
  readonly threads: KernelThreads
  /** Null in a kernel without any, whose blocks all go one by one. */
  readonly pbufs: Pbufs | null
  /** Null: the kernel does none of it. */
  readonly work: FreeBsdWork | null
}

/**
 * The row of buffers that a cluster's pbuf stands for: how buffers join it, and what its end does to them (cluster_append,
 * cluster_callback). One cluster is put together at a time.
 */
export class ClusterList {
  private readonly parts: ClusterListParts
  /** Half of all pbufs (cluster_pbuf_freecnt). */
  private readonly budget: PbufBudget
  private readonly frames = new Int32Array(XIO_INTERNAL_PAGES)
  private count = 0

  constructor(parts: ClusterListParts, nbuf: number) {
    this.parts = parts
    this.budget = new PbufBudget(Math.floor(nswbufFor(nbuf) / 2), parts.threads)
  }

  /** Pages of the cluster that is being put together. */
  get npages(): number {
    return this.count
  }

  /** An empty cluster that begins where a buffer does. @returns null when no pbuf can be had without a sleep */
  begin(first: Buf, flags: number): Buf | null {
    const pbuf = this.parts.pbufs?.trypbuf(this.budget) ?? null
    if (pbuf === null) return null
    pbuf.b_flags = flags | B_CALL | B_CLUSTER
    pbuf.b_iodone = this.cluster_callback
    pbuf.b_vp = first.b_vp
    pbuf.b_lblkno = first.b_lblkno
    pbuf.b_blkno = first.b_blkno
    pbuf.b_offset = first.b_offset
    this.count = 0
    return pbuf
  }

  /** Whether a buffer of `pages` pages still fits under the vnode's largest transfer. */
  hasRoom(pages: number, iosizeMax: number): boolean {
    return (this.count + pages) * PAGE_SIZE <= iosizeMax
  }

  /** Adds a buffer behind the last one. */
  append(pbuf: Buf, buf: Buf, read: boolean): void {
    this.count = this.parts.bufPages.gather(buf, this.frames, this.count, read)
    pbuf.b_bcount += buf.b_bcount
    pbuf.b_bufsize += buf.b_bcount
    buf.clusterNext = null
    if (pbuf.clusterTail === null) pbuf.clusterHead = buf
    else pbuf.clusterTail.clusterNext = buf
    pbuf.clusterTail = buf
  }

  /** All buffers are in: gives the pbuf its page list, and the path the pbuf, which maps it or not. */
  finish(pbuf: Buf): void {
    const { xios, path, work } = this.parts
    const { b_xio: xio } = pbuf
    if (work !== null) work.clusterBuilt(siteOf(pbuf), this.count)
    xios.xio_append_pages(xio, this.frames, this.count)
    xio.offset = pbuf.clusterHead!.b_xio.offset
    xio.bytes = pbuf.b_bcount
    path.newBuffer(pbuf)
  }

  /** The cluster's transfer ended: so did that of each of its buffers, with its error if it has one. */
  private readonly cluster_callback = (pbuf: Buf): void => {
    const { path, xios, transfers, pbufs } = this.parts
    const error: Errno = (pbuf.b_flags & B_ERROR) !== 0 ? pbuf.b_error : OK
    path.reuse(pbuf)
    xios.xio_release(pbuf.b_xio)
    for (let buf = pbuf.clusterHead; buf !== null;) {
      const next = buf.clusterNext
      buf.clusterNext = null
      if (error === OK) buf.b_flags &= ~(B_ERROR | B_INVAL)
      transfers.biodone(buf, error)
      buf = next
    }
    pbuf.clusterHead = null
    pbuf.clusterTail = null
    pbuf.b_vp = null
    pbufs!.relpbuf(pbuf, this.budget)
  }
}

function siteOf(pbuf: Buf): number {
  return (pbuf.b_flags & B_READ) !== 0 ? Site.cluster_rbuild : Site.cluster_wbuild
}
