/**
 * From here on, the address of an mbuf's data is a physical address plus this: the data lies in pages of a list that nobody
 * mapped (M_EXTPG, as FreeBSD has it since 2019). BUSDMA takes the address as it is; a processor that touches it faults.
 */
export const MBUF_PAGES_BASE = 0xc000_0000_0000

/** What the loader reads of an mbuf chain. Arrays may be longer than `count`. */
export interface MbufChain {
  /** Length in the packet header of the first mbuf, an int32. */
  readonly packetLength: number
  readonly count: number
  /** Kernel virtual address of each mbuf's data, or from MBUF_PAGES_BASE on. */
  readonly data: Float64Array
  /** Bytes of each mbuf; an empty one is skipped. */
  readonly len: Int32Array
}

/** Bytes of all mbufs, which need not be what the packet header says. */
export function bytesOfChain(chain: MbufChain): number {
  let bytes = 0
  for (let i = 0; i < chain.count; i++) bytes += chain.len[i] as number
  return bytes
}
