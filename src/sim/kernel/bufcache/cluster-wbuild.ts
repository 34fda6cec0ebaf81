import type { Machine } from '../../machine/machine.ts'
import { SECTOR_SIZE } from '../../machine/page.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import type { Buf } from './buf.ts'
import {
  B_ASYNC,
  B_CLUSTEROK,
  B_DELWRI,
  B_DONE,
  B_INVAL,
  B_LOCKED,
  B_MALLOC,
  B_NOWDRAIN,
  B_VMIO,
} from './buf.ts'
import type { BufHash } from './buf-hash.ts'
import type { BufSpace } from './buf-space.ts'
import type { ClusterList } from './cluster-list.ts'
import { MAXPHYS } from './limits.ts'
import type { Transfers } from './transfers.ts'
import type { Vnode } from './vnode.ts'

/** What a dirty buffer of a cluster has set and clear. */
const DIRTY = B_DELWRI | B_CLUSTEROK
const MUST = DIRTY | B_VMIO
const MAY_NOT = B_INVAL | B_LOCKED

export interface ClusterWriteParts {
  readonly machine: Machine
  readonly counters: KernelCounters
  readonly hash: BufHash
  readonly space: BufSpace
  readonly transfers: Transfers
  readonly list: ClusterList
}

/** Delayed writes that go to the disk together with their neighbours (vfs_bio_awrite, cluster_wbuild). */
export class ClusterWrites {
  private readonly parts: ClusterWriteParts

  constructor(parts: ClusterWriteParts) {
    this.parts = parts
  }

  /** See BufferCache.vfs_bio_awrite. */
  vfs_bio_awrite(buf: Buf): number {
    const { b_vp: vp, b_lblkno: lblkno } = buf
    if (vp !== null && (buf.b_flags & (B_CLUSTEROK | B_INVAL)) === B_CLUSTEROK) {
      const size = vp.blockSize
      const most = Math.floor(MAXPHYS / size)
      let after = 1
      while (after < most && this.adjoins(vp, buf, after, size)) after++
      let before = 0
      while (after + before < most && before < lblkno && this.adjoins(vp, buf, -before - 1, size)) before++
      if (after + before > 1) return this.cluster_wbuild(vp, size, lblkno - before, after + before)
    }
    this.lockFree(buf)
    return this.writeAlone(buf)
  }

  /**
   * Starts writing the dirty blocks among `count` from `lbn` on: those that follow one another, in memory and on the disk, as
   * clusters, the others by themselves. Blocks that somebody has are left out.
   * @param size bytes of each
   * @returns bytes that go to the disk
   */
  cluster_wbuild(vp: Vnode, size: number, lbn: number, count: number): number {
    const { machine, hash } = this.parts
    let total = 0
    machine.accounting.enter(Site.cluster_wbuild)
    for (let at = lbn; at < lbn + count;) {
      const buf = hash.find(vp, at)
      if (buf === null || buf.locked || (buf.b_flags & (B_LOCKED | B_INVAL | B_DELWRI)) !== B_DELWRI) {
        at++
        continue
      }
      this.lockFree(buf)
      const pbuf = this.mayLead(buf, size, lbn + count - at)
        ? this.parts.list.begin(buf, B_ASYNC | (buf.b_flags & B_NOWDRAIN))
        : null
      if (pbuf === null) {
        total += this.writeAlone(buf)
        at++
      } else {
        at += this.fill(pbuf, buf, vp, size, lbn + count - at)
        total += pbuf.b_bufsize
        this.parts.transfers.startPbuf(pbuf, true)
      }
    }
    machine.accounting.leave()
    return total
  }

  /** @returns blocks in the cluster */
  private fill(pbuf: Buf, first: Buf, vp: Vnode, size: number, most: number): number {
    const { counters, hash, list, transfers } = this.parts
    const { b_lblkno: lbn } = first
    counters.clustersWritten++
    transfers.joinWrite(first)
    list.append(pbuf, first, false)
    let blocks = 1
    for (; blocks < most; blocks++) {
      const buf = hash.find(vp, lbn + blocks)
      if (buf === null || buf.locked || (buf.b_flags & (MUST | MAY_NOT)) !== MUST) break
      const follows = buf.b_blkno === pbuf.b_blkno + pbuf.b_bufsize / SECTOR_SIZE
      if (buf.b_bcount !== size || !follows || !list.hasRoom(buf.b_xio.npages, vp.iosizeMax)) break
      this.lockFree(buf)
      transfers.joinWrite(buf)
      list.append(pbuf, buf, false)
      counters.blocksClustered++
    }
    list.finish(pbuf)
    return blocks
  }

  private mayLead(buf: Buf, size: number, left: number): boolean {
    return (
      (buf.b_flags & (B_CLUSTEROK | B_MALLOC | B_VMIO)) === (B_CLUSTEROK | B_VMIO) &&
      buf.b_bcount === buf.b_bufsize &&
      buf.b_bcount === size &&
      left > 1
    )
  }

  /** Whether the block `distance` blocks away is dirty too, of full size, and as far away on the disk. */
  private adjoins(vp: Vnode, buf: Buf, distance: number, size: number): boolean {
    const other = this.parts.hash.find(vp, buf.b_lblkno + distance)
    return (
      other !== null &&
      !other.locked &&
      (other.b_flags & (DIRTY | B_INVAL)) === DIRTY &&
      other.b_bufsize === size &&
      other.b_blkno === buf.b_blkno + (distance * size) / SECTOR_SIZE
    )
  }

  private lockFree(buf: Buf): void {
    buf.locked = true
    this.parts.space.bremfree(buf)
    buf.b_flags &= ~B_DONE
  }

  private writeAlone(buf: Buf): number {
    buf.b_flags |= B_ASYNC
    const bytes = buf.b_bufsize
    this.parts.transfers.startWrite(buf)
    return bytes
  }
}
