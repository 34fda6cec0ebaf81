import { NO_PAGE, type BounceZone } from '../../../kernel/busdma/bounce-zone.ts'
import type { BusDmamap } from '../../../kernel/busdma/map.ts'

/** [address, length] of the first `count` segments of a map. */
export function segmentsOf(map: BusDmamap, count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => [map.segAddr[i] as number, map.segLen[i] as number])
}

/** [total, free, reserved, active] of a zone; undefined without a zone. */
export function poolOf(zone: BounceZone | null): number[] | undefined {
  return zone === null ? undefined : [zone.total, zone.free, zone.reserved, zone.active]
}

export interface BounceRecord {
  readonly clientPaddr: number
  readonly bytes: number
  readonly busaddr: number
}

/** The bounce pages attached to a map, in the order of the data. */
export function bouncesOf(map: BusDmamap): BounceRecord[] {
  const zone = map.tag.zone
  const records: BounceRecord[] = []
  if (zone === null) return records
  for (let page = map.bpagesHead; page !== NO_PAGE; page = zone.next[page] as number) {
    records.push({
      clientPaddr: zone.dataPaddr[page] as number,
      bytes: zone.dataCount[page] as number,
      busaddr: zone.busaddr(page),
    })
  }
  return records
}
