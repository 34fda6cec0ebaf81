import type { Machine } from '../../machine/machine.ts'
import type { BufferCache } from '../bufcache/buffer-cache.ts'
import { Vnode } from '../bufcache/vnode.ts'
import type { KernelCounters } from '../counters.ts'
import type { IoPathHooks } from '../path/io-path.ts'
import type { KernelThreads } from '../sleep-channel.ts'
import type { VmObject } from '../vm/vm-pages.ts'
import { BlockAlloc } from './block-alloc.ts'
import { BlockWalk } from './block-walk.ts'
import { FileLock } from './file-lock.ts'
import { FileVnode } from './file-vnode.ts'
import { InodeStat } from './inode-stat.ts'
import { InodeUpdate } from './inode-update.ts'
import type { FsLayout } from './layout.ts'
import { MetaBuf } from './meta-buf.ts'
import type { MetadataAudit } from './meta-view.ts'
import { MetaView } from './meta-view.ts'
import type { MetadataMirror } from './metadata-mirror.ts'

export interface FileSystemParts {
  readonly machine: Machine
  readonly counters: KernelCounters
  readonly path: IoPathHooks
  readonly cache: BufferCache
  readonly threads: KernelThreads
  readonly audit: MetadataAudit
  /** See MetaViewParts. */
  readonly mirror: MetadataMirror | null
  /** An object for the pages of another vnode. */
  readonly newObject: () => VmObject
  /** Most bytes of one transfer, for clusters of data. */
  readonly iosizeMax: number
}

/** What one thread needs to work on files, made once. It works on one thing at a time. */
export interface FsThread {
  readonly walk: BlockWalk
  readonly update: InodeUpdate
  readonly stat: InodeStat
}

/** A mounted file system: its files, and the part of the disk that it has. */
export class FileSystem {
  readonly layout: FsLayout
  readonly files: readonly FileVnode[]
  /** Where its metadata is read and written, in its blocks (devvp). */
  readonly devvp: Vnode
  private readonly parts: FileSystemParts
  private readonly view: MetaView
  private readonly delayedWrites: boolean

  /**
   * @param firstId number of its first vnode; those after it are its own
   * @param delayedWrites see MetaBufParts
   */
  constructor(parts: FileSystemParts, layout: FsLayout, firstId: number, delayedWrites: boolean) {
    this.parts = parts
    this.layout = layout
    this.delayedWrites = delayedWrites
    this.view = new MetaView(parts)
    this.devvp = new Vnode(firstId, layout.blockBytes, parts.newObject(), layout.firstSector)
    const wishes = new Uint8Array(parts.threads.next.length)
    this.files = Array.from({ length: layout.files }, (_, ino) => {
      const lock = new FileLock(parts.threads, wishes)
      return new FileVnode(firstId + 1 + ino, ino, layout, parts.newObject(), lock, parts.iosizeMax)
    })
  }

  /** A thread is going to use files. */
  attachThread(): FsThread {
    const { machine } = this.parts
    const { layout } = this
    const node = this.metaBuf()
    const alloc = new BlockAlloc(layout, this.metaBuf())
    return {
      walk: new BlockWalk(machine, layout, node, this.metaBuf(), alloc),
      update: new InodeUpdate(machine, layout, node),
      stat: new InodeStat(machine, layout, node),
    }
  }

  private metaBuf(): MetaBuf {
    const { layout, devvp, view, delayedWrites } = this
    const { cache, audit } = this.parts
    return new MetaBuf({ layout, cache, devvp, audit, delayedWrites, view })
  }
}
