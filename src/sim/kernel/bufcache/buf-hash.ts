import type { Buf } from './buf.ts'
import { NONE } from './buf.ts'
import type { Vnode } from './vnode.ts'

/** Buffers by vnode and block (bufhashtbl): chains through the buffers themselves. */
export class BufHash {
  private readonly heads: Int32Array
  private readonly mask: number
  private readonly bufs: readonly Buf[]

  constructor(bufs: readonly Buf[]) {
    this.bufs = bufs
    let size = 16
    while (size < bufs.length) size *= 2
    this.heads = new Int32Array(size).fill(NONE)
    this.mask = size - 1
  }

  find(vp: Vnode, lblkno: number): Buf | null {
    for (let id = this.heads[this.slot(vp, lblkno)]!; id !== NONE;) {
      const buf = this.bufs[id]!
      if (buf.b_lblkno === lblkno && buf.b_vp === vp) return buf
      id = buf.hashNext
    }
    return null
  }

  insert(buf: Buf, vp: Vnode): void {
    const slot = this.slot(vp, buf.b_lblkno)
    buf.hashed = true
    buf.hashNext = this.heads[slot]!
    this.heads[slot] = buf.id
  }

  /** Takes a buffer out, if it is in, before its vnode or block changes. */
  remove(buf: Buf): void {
    if (!buf.hashed) return
    buf.hashed = false
    const slot = this.slot(buf.b_vp!, buf.b_lblkno)
    if (this.heads[slot] === buf.id) {
      this.heads[slot] = buf.hashNext
      return
    }
    let previous = this.bufs[this.heads[slot]!]!
    while (previous.hashNext !== buf.id) previous = this.bufs[previous.hashNext]!
    previous.hashNext = buf.hashNext
  }

  private slot(vp: Vnode, lblkno: number): number {
    const high = Math.floor(lblkno / 0x100000000)
    const mixed = Math.imul((lblkno + (vp.id << 9)) | 0, 0x9e376db1) ^ Math.imul(high, 0x85ebca6b)
    return (mixed >>> 7) & this.mask
  }
}
