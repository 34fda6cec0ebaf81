import type { Machine } from '../../machine/machine.ts'
import { PAGE_SIZE, SECTOR_SIZE } from '../../machine/page.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import type { Blocks } from './blocks.ts'
import type { Buf } from './buf.ts'
import { B_ASYNC, B_CACHE, B_LOCKED, B_RAM, B_READ, B_VMIO } from './buf.ts'
import type { BufHash } from './buf-hash.ts'
import type { BufPages } from './buf-pages.ts'
import type { BufRelease } from './buf-release.ts'
import type { ClusterList } from './cluster-list.ts'
import type { Transfers } from './transfers.ts'
import type { Vnode } from './vnode.ts'

export interface ClusterBuildParts {
  readonly machine: Machine
  readonly counters: KernelCounters
  readonly hash: BufHash
  readonly blocks: Blocks
  readonly bufPages: BufPages
  readonly release: BufRelease
  readonly transfers: Transfers
  readonly list: ClusterList
}

/** cluster_rbuild (vfs_cluster.c): one transfer for a row of blocks that are not in memory. */
export class ClusterBuild {
  private readonly parts: ClusterBuildParts

  constructor(parts: ClusterBuildParts) {
    this.parts = parts
  }

  /**
   * Puts a cluster together from a locked buffer that is to be read and the blocks behind it, as far as they can be had without
   * a sleep and hold no valid data. The transfer is the caller's to start.
   * @param blkno sector of the first block @param run most blocks, all of which follow one another on the disk
   * @param first buffer of the first block @param ahead nobody waits for any of them
   * @returns the cluster's pbuf; null when the buffer goes alone: its memory is its own, one block is all, or no pbuf is free
   */
  cluster_rbuild(
    vp: Vnode,
    filesize: number,
    lbn: number,
    blkno: number,
    size: number,
    run: number,
    first: Buf,
    ahead = false,
  ): Buf | null {
    const { machine, counters, list, transfers } = this.parts
    const blocks = Math.min(run, Math.floor(filesize / size) - lbn)
    if ((first.b_flags & B_VMIO) === 0 || blocks <= 1) return null
    machine.accounting.enter(Site.cluster_rbuild)
    first.b_blkno = blkno
    const pbuf = list.begin(first, B_ASYNC | B_READ)
    if (pbuf !== null) {
      counters.clustersRead++
      transfers.joinRead(first)
      list.append(pbuf, first, true)
      for (let i = 1; i < blocks; i++) {
        const buf = this.neighbour(vp, lbn + i, size, blkno + (i * size) / SECTOR_SIZE)
        if (buf === null) break
        if ((!ahead && i === 1) || i === blocks - 1) buf.b_flags |= B_RAM
        buf.b_flags |= B_ASYNC
        transfers.joinRead(buf)
        list.append(pbuf, buf, true)
        counters.blocksClustered++
      }
      list.finish(pbuf)
    }
    machine.accounting.leave()
    return pbuf
  }

  /** The next buffer of the row, locked; null where the row ends. */
  private neighbour(vp: Vnode, lblkno: number, size: number, blkno: number): Buf | null {
    const { hash, bufPages, blocks, release, list } = this.parts
    if (!list.hasRoom(Math.ceil(size / PAGE_SIZE), vp.iosizeMax)) return null
    const there = hash.find(vp, lblkno)
    if (there !== null && (there.locked || there.b_bcount !== size || bufPages.hasValid(there))) return null
    const buf = blocks.getblk(vp, lblkno, size, false)
    if (buf === null) return null
    const isFree = (buf.b_flags & (B_CACHE | B_LOCKED | B_VMIO)) === B_VMIO && !bufPages.hasValid(buf)
    if (isFree && buf.b_blkno === blkno) return buf
    release.bqrelse(buf)
    return null
  }
}
