import type { BusDmamap } from '../../busdma/map.ts'
import type { Ccb } from '../ccb.ts'

/** A command slot of a driver: its map, and what is known of the request in it. */
export class CommandSlot {
  readonly map: BusDmamap
  /** Null: the slot is free. */
  ccb: Ccb | null = null
  /** Bytes of the request that earlier parts moved. */
  done = 0
  /** Its load waits for bounce pages. */
  isDeferred = false
  /** Callbacks that its loads have made, to tell an error that was called back from one that was only returned. */
  answers = 0

  constructor(map: BusDmamap) {
    this.map = map
  }
}
