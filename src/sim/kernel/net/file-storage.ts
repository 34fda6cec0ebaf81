import type { CallReason } from '../sleep-channel.ts'
import type { ExtFree, Mbuf } from './mbuf.ts'
import type { MbufPool } from './mbuf-pool.ts'

/** How a kernel gives pages of a file to mbufs: that in which the I/O paths differ when a file is sent. */
export interface FileStorage {
  /** Most pages that one piece of storage is made of. */
  readonly mostPages: number
  /**
   * Makes pages, which the caller holds, the storage of mbufs. From then on the storage keeps them in place itself.
   * @param pages of which `count` are taken, from index `from` on
   * @returns a handle, or WOULD_BLOCK: asleep, to be called again as AFTER_WAKEUP
   */
  take(pages: Int32Array, from: number, count: number, reason: CallReason): number
  /** Appends bytes of the storage to a packet. They lie in one page. @param offset from the start of the first page */
  append(packet: Mbuf, storage: number, offset: number, bytes: number): void
  /** The sender appends no more of it. It goes when the last mbuf with a part of it is freed. */
  drop(storage: number): void
}

/** Pages that mbufs refer to where they lie. */
export interface ExternalPages {
  readonly mostPages: number
  /** Holds pages and finds addresses for them. @returns as FileStorage.take */
  open(pages: Int32Array, from: number, count: number, reason: CallReason): number
  /** What an mbuf says where a byte is. @param offset from the start of the first page */
  address(handle: number, offset: number): number
  /** Undoes open. */
  close(handle: number): void
}

/**
 * Storage without copying: each mbuf has a reference to the pages (m_ext), the sender has one while it makes mbufs, and the
 * last to go gives the pages back. For a frame on its way that is when the driver sees that it was sent.
 */
export class ExternalStorage implements FileStorage {
  readonly mostPages: number
  private readonly mbufs: MbufPool
  private readonly pages: ExternalPages
  private readonly refs: number[] = []
  private readonly handles: number[] = []
  private readonly spare: number[] = []
  private readonly unref: ExtFree = (storage) => this.drop(storage)

  constructor(mbufs: MbufPool, pages: ExternalPages) {
    this.mbufs = mbufs
    this.pages = pages
    this.mostPages = pages.mostPages
  }

  take(pages: Int32Array, from: number, count: number, reason: CallReason): number {
    const handle = this.pages.open(pages, from, count, reason)
    if (handle < 0) return handle
    const storage = this.spare.pop() ?? this.refs.length
    this.refs[storage] = 1
    this.handles[storage] = handle
    return storage
  }

  append(packet: Mbuf, storage: number, offset: number, bytes: number): void {
    this.refs[storage] = this.refs[storage]! + 1
    this.mbufs.m_extadd(
      packet,
      this.pages.address(this.handles[storage]!, offset),
      bytes,
      this.unref,
      storage,
    )
  }

  drop(storage: number): void {
    const left = this.refs[storage]! - 1
    this.refs[storage] = left
    if (left > 0) return
    this.pages.close(this.handles[storage]!)
    this.spare.push(storage)
  }
}
