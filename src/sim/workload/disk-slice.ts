import type { Vnode } from '../kernel/bufcache/vnode.ts'

/** A part of the disk with blocks of one size, as one file system on it has; or all of it. */
export interface DiskSlice {
  /** Its blocks, from the slice's start on. */
  readonly vnode: Vnode
  /** First byte of the disk, and the byte after the last: multiples of the largest chunk that requests work on at once. */
  readonly start: number
  readonly end: number
}
