import type { Machine } from '../../../machine/machine.ts'
import { SimulationFault } from '../../../machine/physical-memory.ts'
import type { BusDma } from '../../busdma/busdma.ts'
import {
  BUS_DMASYNC_POSTREAD,
  BUS_DMASYNC_POSTWRITE,
  BUS_DMASYNC_PREREAD,
  BUS_DMASYNC_PREWRITE,
  BUS_DMA_WAITOK,
} from '../../busdma/constants.ts'
import type { BusDmamap } from '../../busdma/map.ts'
import type { BusDmaTag, BusDmaTagArgs } from '../../busdma/tag.ts'
import type { KernelCounters } from '../../counters.ts'
import type { Errno } from '../../errno.ts'
import { EINPROGRESS, OK } from '../../errno.ts'
import type { MsfBufCalls } from '../../msf-buf/post.ts'
import type { Ccb } from '../ccb.ts'
import type { CamSim, Xpt } from '../xpt.ts'

/** What a DMA driver is made from. */
export interface DmaSimParts {
  readonly machine: Machine
  readonly busdma: BusDma
  readonly msfs: MsfBufCalls
  readonly xpt: Xpt
  readonly counters: KernelCounters
}

/** The part of a DMA driver that writes descriptors and starts the hardware. */
export interface CommandStarter {
  start(slot: number, ccb: Ccb, map: BusDmamap, segments: number): void
}

/**
 * What the drivers of DMA engines have in common: command slots, each with a map; loading the data in whichever form it
 * comes; the two syncs; deferral; completion.
 */
export class DmaSim implements CamSim {
  readonly parts: DmaSimParts
  private readonly starter: CommandStarter
  private readonly tag: BusDmaTag
  private readonly maps: BusDmamap[] = []
  private readonly ccbs: (Ccb | null)[]
  private readonly freeSlots: number[]
  /** Slots whose load waits for bounce pages. */
  private readonly deferred: boolean[]

  constructor(parts: DmaSimParts, starter: CommandStarter, slots: number, tagArgs: BusDmaTagArgs) {
    this.parts = parts
    this.starter = starter
    const { tag } = parts.busdma.bus_dma_tag_create(null, tagArgs)
    if (tag === null) throw new SimulationFault('bus_dma_tag_create failed')
    this.tag = tag
    for (let slot = 0; slot < slots; slot++) {
      const { map } = parts.busdma.bus_dmamap_create(tag, BUS_DMA_WAITOK)
      if (map === null) throw new SimulationFault('bus_dmamap_create failed: no memory for bounce pages')
      this.maps.push(map)
    }
    this.ccbs = this.maps.map(() => null)
    this.deferred = this.maps.map(() => false)
    this.freeSlots = this.maps.map((_, slot) => slots - 1 - slot)
  }

  get openings(): number {
    return this.freeSlots.length
  }

  action(ccb: Ccb): void {
    const slot = this.freeSlots.pop()!
    this.ccbs[slot] = ccb
    const error = this.load(slot, ccb)
    if (error === EINPROGRESS) {
      this.deferred[slot] = true
      this.parts.xpt.xpt_freeze_simq()
    } else if (error !== OK) {
      this.end(slot, error)
    }
  }

  /** The hardware finished a slot: brings the data home and completes the request. */
  complete(slot: number): void {
    const map = this.maps[slot]!
    const { busdma } = this.parts
    busdma.bus_dmamap_sync(
      this.tag,
      map,
      this.ccbs[slot]!.operation === 'write' ? BUS_DMASYNC_POSTWRITE : BUS_DMASYNC_POSTREAD,
    )
    busdma.bus_dmamap_unload(this.tag, map)
    this.end(slot, OK)
  }

  private load(slot: number, ccb: Ccb): Errno {
    const { busdma, msfs, counters } = this.parts
    const map = this.maps[slot]!
    if (ccb.msf === null) {
      return busdma.bus_dmamap_load(
        this.tag,
        map,
        ccb.dataPtr,
        ccb.dxferLen,
        this.loaded,
        slot,
        BUS_DMA_WAITOK,
      )
    }
    const error = msfs.msf_require_xio(ccb.msf)
    if (error !== OK) return error
    counters.msfPassed++
    const xio = ccb.msf.xio!
    return busdma.bus_dmamap_load_pages(
      this.tag,
      map,
      xio.pages,
      xio.npages,
      xio.offset,
      xio.bytes,
      this.loaded,
      slot,
      BUS_DMA_WAITOK,
    )
  }

  private readonly loaded = (slot: number, map: BusDmamap, segments: number, error: Errno): void => {
    const ccb = this.ccbs[slot]!
    if (error === OK) {
      this.parts.busdma.bus_dmamap_sync(
        this.tag,
        map,
        ccb.operation === 'write' ? BUS_DMASYNC_PREWRITE : BUS_DMASYNC_PREREAD,
      )
      this.starter.start(slot, ccb, map, segments)
    }
    if (this.deferred[slot]) {
      this.deferred[slot] = false
      this.parts.xpt.xpt_release_simq()
    }
    if (error !== OK) this.end(slot, error)
  }

  private end(slot: number, status: Errno): void {
    const ccb = this.ccbs[slot]!
    this.ccbs[slot] = null
    this.freeSlots.push(slot)
    ccb.status = status
    this.parts.xpt.xpt_done(ccb)
  }
}
