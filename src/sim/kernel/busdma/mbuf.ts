/** What the loader reads of an mbuf chain. Arrays may be longer than `count`. */
export interface MbufChain {
  /** Length in the packet header of the first mbuf, an int32. */
  readonly packetLength: number
  readonly count: number
  /** Kernel virtual address of each mbuf's data. */
  readonly data: Float64Array
  /** Bytes of each mbuf; an empty one is skipped. */
  readonly len: Int32Array
}
