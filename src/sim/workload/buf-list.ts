import type { Buf } from '../kernel/bufcache/buf.ts'

/** Buffers that a thread has, in the order in which it got them. Emptied and filled for each request, it keeps its memory. */
export class BufList {
  private readonly bufs: Buf[] = []
  private used = 0

  get count(): number {
    return this.used
  }

  /** @param index below `count` */
  at(index: number): Buf {
    return this.bufs[index]!
  }

  add(buf: Buf): void {
    if (this.used === this.bufs.length) this.bufs.push(buf)
    else this.bufs[this.used] = buf
    this.used++
  }

  clear(): void {
    this.used = 0
  }
}
