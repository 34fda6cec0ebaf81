import type { Errno } from '../../errno.ts'
import { OK } from '../../errno.ts'
import type { BusDmamap, BusDmamapCallback2 } from '../map.ts'
import { BUSDMA_SITE_SEGMENT } from '../platform.ts'
import type { BusDmaState } from '../state.ts'

/** Tells the callback how the load of an mbuf chain or a uio went: its segments, or none and the error. @returns the error */
export function end_chain(
  state: BusDmaState,
  map: BusDmamap,
  callback: BusDmamapCallback2,
  arg: number,
  mapsize: number,
  error: Errno,
): Errno {
  if (error !== OK) {
    callback(arg, map, 0, 0, error)
    return error
  }
  state.platform.charge(BUSDMA_SITE_SEGMENT, map.nsegs)
  callback(arg, map, map.nsegs, mapsize, OK)
  return OK
}
