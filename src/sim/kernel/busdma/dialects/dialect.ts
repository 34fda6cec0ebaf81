import type { Errno } from '../../errno.ts'
import type { BounceZone } from '../bounce-zone.ts'
import type { BusDmamap, BusDmamapCallback2 } from '../map.ts'
import type { MbufChain } from '../mbuf.ts'
import type { BusDmaState } from '../state.ts'
import type { BusDmaTag, BusDmaTagArgs } from '../tag.ts'

/** Where kernels differ from one another behind the same BUSDMA interface. A dialect keeps no state of its own. */
export interface BusDmaDialect {
  readonly name: string
  /** Checks and adjusts the arguments of a new tag; an errno where this kernel refuses or panics. */
  checkTagArgs(args: BusDmaTagArgs): BusDmaTagArgs | Errno
  /** Takes over the parent's limits, and marks in `tag.flags` whether the tag can bounce at all. */
  restrictTag(state: BusDmaState, tag: BusDmaTag, parent: BusDmaTag | null): void
  /** The zone a bouncing tag draws from; made when there is none. */
  findZone(state: BusDmaState, tag: BusDmaTag): BounceZone
  /** Pages to add to the zone for a new tag with BUS_DMA_ALLOCNOW; 0 for none. */
  pagesForTag(tag: BusDmaTag, zone: BounceZone): number
  /** Pages to add to the zone for a new map; 0 for none. */
  pagesForMap(state: BusDmaState, tag: BusDmaTag, zone: BounceZone, flags: number): number
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
  unload(state: BusDmaState, map: BusDmamap): void
  /** `op`: BUS_DMASYNC_* bits. */
  sync(state: BusDmaState, map: BusDmamap, op: number): void
}
