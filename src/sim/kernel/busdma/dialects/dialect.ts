import type { Errno } from '../../errno.ts'
import type { BounceZone } from '../bounce-zone.ts'
import type { BusDmamap, BusDmamapCallback2 } from '../map.ts'
import type { MbufChain } from '../mbuf.ts'
import type { BusDmaState } from '../state.ts'
import type { BusDmaTag, BusDmaTagArgs } from '../tag.ts'
import type { UioVector } from '../uio-vector.ts'

/** Where kernels differ from one another behind the same BUSDMA interface. A dialect keeps no state of its own. */
export interface BusDmaDialect {
  readonly name: string
  /** Most pages that map creation grows a zone to, as shipped. */
  readonly maxBouncePages: number
  /** Who runs loads that had to wait for bounce pages. */
  readonly deferredBy: 'soft-interrupt' | 'thread'
  /** A map is there although its creation returned an error. */
  readonly keepsFailedMap: boolean
  /** Physical addresses in a CCB go to the device as they are, whether it reaches them or not. */
  readonly trustsPhysicalLists: boolean
  /** Checks and adjusts the arguments of a new tag; an errno where this kernel refuses or panics. */
  checkTagArgs(state: BusDmaState, args: BusDmaTagArgs, parent: BusDmaTag | null): BusDmaTagArgs | Errno
  /** Takes over the parent's limits, and marks in `tag.flags` whether the tag can bounce at all. */
  restrictTag(state: BusDmaState, tag: BusDmaTag, parent: BusDmaTag | null): void
  /** The zone a bouncing tag draws from; made when there is none. */
  findZone(state: BusDmaState, tag: BusDmaTag): BounceZone
  /** Adds pages to the zone of a new bouncing tag with BUS_DMA_ALLOCNOW. ENOMEM: too few. */
  growForTag(state: BusDmaState, tag: BusDmaTag, zone: BounceZone): Errno
  /** Adds pages to the zone for a new map of a bouncing tag. An error makes map creation return it. */
  growForMap(state: BusDmaState, tag: BusDmaTag, zone: BounceZone, flags: number): Errno
  /** Runs the load recorded in the map and calls its callback, or defers it. */
  load(state: BusDmaState, map: BusDmamap, flags: number): Errno
  load_mbuf(
    state: BusDmaState,
    map: BusDmamap,
    chain: MbufChain,
    callback: BusDmamapCallback2,
    arg: number,
    flags: number,
  ): Errno
  load_uio(
    state: BusDmaState,
    map: BusDmamap,
    uio: UioVector,
    callback: BusDmamapCallback2,
    arg: number,
    flags: number,
  ): Errno
  unload(state: BusDmaState, map: BusDmamap): void
  /** `op`: BUS_DMASYNC_* bits. */
  sync(state: BusDmaState, map: BusDmamap, op: number): void
}
