import type { Machine } from '../../machine/machine.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import type { Blocks } from './blocks.ts'
import type { Buf } from './buf.ts'
import { B_ASYNC, B_CACHE, B_DONE, B_RAM, NONE } from './buf.ts'
import type { BufHash } from './buf-hash.ts'
import type { BufRelease } from './buf-release.ts'
import type { ClusterBuild } from './cluster-rbuild.ts'
import type { Transfers } from './transfers.ts'
import type { Vnode } from './vnode.ts'

/** Most blocks read ahead (MAXRA). */
const MAXRA = 32

export interface ClusterReadParts {
  readonly machine: Machine
  readonly counters: KernelCounters
  readonly hash: BufHash
  readonly blocks: Blocks
  readonly release: BufRelease
  readonly transfers: Transfers
  readonly build: ClusterBuild
}

/** cluster_read (vfs_cluster.c): reads a block with those behind it, and ahead of a reader that goes on block by block. */
export class ClusterReads {
  private readonly parts: ClusterReadParts
  private readonly nbuf: number

  /** @param nbuf buffers of the cache */
  constructor(parts: ClusterReadParts, nbuf: number) {
    this.parts = parts
    this.nbuf = nbuf
  }

  /** See BufferCache.cluster_read. */
  cluster_read(
    vp: Vnode,
    filesize: number,
    lblkno: number,
    size: number,
    totread: number,
    seqcount: number,
  ): Buf | null {
    const { machine, blocks } = this.parts
    const buf = blocks.getblk(vp, lblkno, size, true)
    if (buf === null) return null
    machine.accounting.enter(Site.cluster_read)
    if ((buf.b_flags & B_CACHE) !== 0) this.goOn(vp, filesize, buf, size, totread, seqcount)
    else this.fetch(vp, filesize, buf, size, totread, seqcount)
    machine.accounting.leave()
    return buf
  }

  /** The block is there: reads ahead from the end of what is in memory, when the block has the mark that asks for it. */
  private goOn(vp: Vnode, filesize: number, buf: Buf, size: number, totread: number, seqcount: number): void {
    buf.b_flags |= B_DONE
    if (seqcount === 0 || (buf.b_flags & B_RAM) === 0) return
    buf.b_flags &= ~B_RAM
    const racluster = Math.max(1, Math.floor(vp.iosizeMax / size))
    const maxra = Math.min(2 * racluster + Math.floor(totread / size), MAXRA, Math.floor(this.nbuf / 8))
    let i = 1
    for (; i < maxra; i++) {
      const next = this.parts.hash.find(vp, buf.b_lblkno + i)
      if (next === null) break
      if (i % racluster === racluster - 1 || i === maxra - 1) next.b_flags |= B_RAM
    }
    if (i < maxra) this.readAhead(vp, filesize, buf.b_lblkno, buf.b_lblkno + i, size, totread, seqcount)
  }

  /** The block is not there: reads it, with the rest of what the caller is going to read, and then ahead. */
  private fetch(
    vp: Vnode,
    filesize: number,
    buf: Buf,
    size: number,
    totread: number,
    seqcount: number,
  ): void {
    const { transfers, build } = this.parts
    const { b_lblkno: lblkno } = buf
    const wanted = Math.min(totread, filesize - buf.b_offset)
    const most = Math.max(1, Math.floor(vp.iosizeMax / size))
    const blkno = vp.bmap(lblkno)
    const run =
      wanted > size && blkno !== NONE ? Math.min(Math.ceil(wanted / size), most, vp.runAfter(lblkno) + 1) : 1
    const cluster = run > 1 ? build.cluster_rbuild(vp, filesize, lblkno, blkno, size, run, buf) : null
    if (run === 1) buf.b_flags |= B_RAM
    if (cluster === null) transfers.startRead(buf)
    else transfers.startPbuf(cluster, false)
    const blocks = cluster === null ? 1 : Math.floor(cluster.b_bcount / size)
    this.readAhead(vp, filesize, lblkno, lblkno + blocks, size, totread, seqcount)
  }

  /** Reads from block `from` on without anybody waiting, unless it is as far as the reader's habit reaches. */
  private readAhead(
    vp: Vnode,
    filesize: number,
    origin: number,
    from: number,
    size: number,
    totread: number,
    seqcount: number,
  ): void {
    if (seqcount === 0 || from >= origin + seqcount || (from + 1) * size > filesize) return
    const blkno = vp.bmap(from)
    if (blkno === NONE) return
    const run = vp.runAfter(from) + 1
    const blocks = Math.min(run, Math.max(seqcount, Math.ceil(totread / size)))
    const { blocks: cache, build, counters, release, transfers } = this.parts
    const buf = cache.getblk(vp, from, size, false)
    if (buf === null) return
    if ((buf.b_flags & B_CACHE) !== 0) {
      release.bqrelse(buf)
      return
    }
    counters.readAheads++
    buf.b_flags |= B_ASYNC | B_RAM
    const cluster = run > 1 ? build.cluster_rbuild(vp, filesize, from, blkno, size, blocks, buf, true) : null
    if (cluster === null) transfers.startRead(buf)
    else transfers.startPbuf(cluster, false)
  }
}
