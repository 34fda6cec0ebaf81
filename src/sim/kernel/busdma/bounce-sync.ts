import { NO_PAGE, type BounceZone } from './bounce-zone.ts'
import { BUS_DMASYNC_POSTREAD, BUS_DMASYNC_PREWRITE, PAGE_MASK, PAGE_SIZE } from './constants.ts'
import type { BusDmamap } from './map.ts'
import { BUSDMA_SITE_SYNC } from './platform.ts'
import type { BusDmaState } from './state.ts'

/**
 * bus_dmamap_sync of the BSD kernels. Bug 11, kept: in a call that asks for both directions the list cursor is spent
 * after the first, so only PREWRITE copies. Bug 10, kept: POSTREAD copies whole bounce pages, so what a short transfer
 * left in them from earlier use lands in the client's buffer.
 */
export function sync_first_direction(state: BusDmaState, map: BusDmamap, op: number): void {
  state.platform.charge(BUSDMA_SITE_SYNC, 1)
  if ((op & BUS_DMASYNC_PREWRITE) !== 0) copy_bounced(state, map, true)
  else if ((op & BUS_DMASYNC_POSTREAD) !== 0) copy_bounced(state, map, false)
}

/** Copies all that the map bounces, to the bounce pages or back to the client. */
export function copy_bounced(state: BusDmaState, map: BusDmamap, toDevice: boolean): void {
  const zone = map.tag.zone
  if (zone === null) return
  for (let page = map.bpagesHead; page !== NO_PAGE; page = zone.next[page] as number) {
    copy_record(state, zone, page, toDevice)
  }
}

/** A record may cross into the client's next page, and past the end of its bounce page where the kernel lets it. */
function copy_record(state: BusDmaState, zone: BounceZone, page: number, toDevice: boolean): void {
  let client = zone.dataPaddr[page] as number
  let bounce = zone.busaddr(page)
  let left = zone.dataCount[page] as number
  let nextPage = zone.dataNextPaddr[page] as number
  while (left > 0) {
    const bytes = Math.min(left, PAGE_SIZE - (client & PAGE_MASK), PAGE_SIZE - (bounce & PAGE_MASK))
    if (toDevice) state.platform.bounceCopy(client, bounce, bytes)
    else state.platform.bounceCopy(bounce, client, bytes)
    left -= bytes
    bounce += bytes
    client += bytes
    if ((client & PAGE_MASK) === 0 && nextPage !== 0) {
      client = nextPage
      nextPage = 0
    }
  }
}
