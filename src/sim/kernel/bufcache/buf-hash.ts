import type { Buf } from './buf.ts'
import { NONE } from './buf.ts'

/** Buffers by block number: chains through the buffers themselves. */
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

  find(lblkno: number): Buf | null {
    for (let id = this.heads[this.slot(lblkno)]!; id !== NONE;) {
      const buf = this.bufs[id]!
      if (buf.lblkno === lblkno) return buf
      id = buf.hashNext
    }
    return null
  }

  insert(buf: Buf): void {
    const slot = this.slot(buf.lblkno)
    buf.hashNext = this.heads[slot]!
    this.heads[slot] = buf.id
  }

  remove(buf: Buf): void {
    const slot = this.slot(buf.lblkno)
    if (this.heads[slot] === buf.id) {
      this.heads[slot] = buf.hashNext
      return
    }
    let previous = this.bufs[this.heads[slot]!]!
    while (previous.hashNext !== buf.id) previous = this.bufs[previous.hashNext]!
    previous.hashNext = buf.hashNext
  }

  private slot(lblkno: number): number {
    const high = Math.floor(lblkno / 0x100000000)
    return ((Math.imul(lblkno | 0, 0x9e376db1) ^ Math.imul(high, 0x85ebca6b)) >>> 7) & this.mask
  }
}
