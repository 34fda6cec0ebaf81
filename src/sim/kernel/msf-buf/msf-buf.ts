import { CpuMask } from '../../machine/cpu-mask.ts'
import { Xio } from '../xio.ts'
import type { DmaBinding } from './dma-binding.ts'
import { MsfOwner } from './msf-counts.ts'

/** The KVA buffer is there: supplied, or made by msf_require_buf. */
export const HAS_BUF = 1
/** The page list is there: supplied, or made by a call. */
export const HAS_XIO = 2
/** msf_require_buf made the mapping, so msf_release undoes it. */
export const OWN_BUF = 4
/** A call made the page list and holds its pages, so msf_release lets them go. */
export const OWN_XIO = 8
/** Taken from the pool by a create call, so msf_release gives it back. */
export const POOLED = 16

/**
 * Data on its way between layers: a mapped kernel buffer, a page list, or both; and its way to a device, once asked for. What is
 * looked at of one that is never mapped comes first, for the host's caches.
 */
export class MsfBuf {
  /** Layer that it belongs to, a number of MsfOwner. */
  readonly owner: number
  flags = 0
  bytes = 0
  /** The page list in use: the creator's, or `ownXio`. */
  xio: Xio | null = null
  /** The load that msf_require_dma made; null without one. */
  dma: DmaBinding | null = null
  /** First page of the KVA slot that msf_require_buf reserved; -1 without one. */
  slot = -1
  /** Address of the first byte of data, when mapped. */
  kva = 0
  /** Pages entered in the slot. */
  mappedPages = 0
  private own: Xio | null = null
  /** Processors that see the mapping in the slot. */
  readonly cpus = new CpuMask()

  constructor(owner: number = MsfOwner.pool) {
    this.owner = owner
  }

  /** The list that calls make; most msf_bufs never need one. */
  get ownXio(): Xio {
    this.own ??= new Xio()
    return this.own
  }

  /** There is a KVA buffer. */
  get isMapped(): boolean {
    return (this.flags & HAS_BUF) !== 0
  }

  get hasPageList(): boolean {
    return (this.flags & HAS_XIO) !== 0
  }

  /** Neither created nor left over: a create call may take it. */
  get isFree(): boolean {
    return (this.flags & (HAS_BUF | HAS_XIO)) === 0
  }
}
