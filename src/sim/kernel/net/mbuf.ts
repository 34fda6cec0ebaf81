import type { MbufChain } from '../busdma/mbuf.ts'

/** Bytes of a cluster. */
export const MCLBYTES = 2048

/** Gives back storage that does not belong to the mbuf pool, such as a page behind an sf_buf (ext_free). */
export type ExtFree = (arg: number) => void

/**
 * A packet: a header and its chain of mbufs, as parallel lists. Each mbuf's data lies in a cluster of the pool or in external
 * storage. Made by MbufPool, which takes it back with m_freem.
 */
export class Mbuf implements MbufChain {
  /** Length in the packet header. */
  packetLength = 0
  count = 0
  data = new Float64Array(8)
  len = new Int32Array(8)
  /** Cluster of each mbuf; -1 for external storage. */
  cluster = new Int32Array(8)
  readonly extFree: (ExtFree | null)[] = []
  readonly extArg: number[] = []
  /** Called with `tag` when the packet is freed (m_tag), however that comes about. */
  tagFree: ExtFree | null = null
  tag = 0
  /** Next packet of a queue. */
  nextpkt: Mbuf | null = null
  /** Handed out by the pool, and not freed. */
  inUse = false

  /** Appends an mbuf to the chain; the header's length follows. */
  append(address: number, bytes: number, cluster: number, free: ExtFree | null, arg: number): void {
    if (this.count === this.data.length) this.grow()
    this.data[this.count] = address
    this.len[this.count] = bytes
    this.cluster[this.count] = cluster
    this.extFree[this.count] = free
    this.extArg[this.count] = arg
    this.count++
    this.packetLength += bytes
  }

  private grow(): void {
    const size = this.data.length * 2
    const data = new Float64Array(size)
    const len = new Int32Array(size)
    const cluster = new Int32Array(size)
    data.set(this.data)
    len.set(this.len)
    cluster.set(this.cluster)
    this.data = data
    this.len = len
    this.cluster = cluster
  }
}
