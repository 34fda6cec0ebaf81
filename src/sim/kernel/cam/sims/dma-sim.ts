import type { HistoryRecorder } from '../../../engine/history/history-recorder.ts'
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
import { EINPROGRESS, EIO, OK } from '../../errno.ts'
import { Happening } from '../../history-events.ts'
import type { MsfBufCalls } from '../../msf-buf/post.ts'
import type { PageAllocator } from '../../vm/page-allocator.ts'
import type { Pmap } from '../../vm/pmap.ts'
import type { DiskProtocol } from '../capacity.ts'
import type { Ccb } from '../ccb.ts'
import { bus_dmamap_load_ccb } from '../load-ccb.ts'
import type { CamSim, Xpt } from '../xpt.ts'
import { CommandSlot } from './command-slot.ts'
import { Watchdog } from './watchdog.ts'

/** What a driver is made from. */
export interface DmaSimParts {
  readonly machine: Machine
  readonly busdma: BusDma
  readonly msfs: MsfBufCalls
  readonly xpt: Xpt
  readonly counters: KernelCounters
  readonly pages: PageAllocator
  /** For drivers that look up pages themselves. */
  readonly pmap: Pmap
}

/** What can be chosen about a driver, from its device's profile. */
export interface DriverLimits {
  /** Tags, each made under the one before it; data is loaded with the last. */
  readonly tags: readonly BusDmaTagArgs[]
  /** Commands at the device at one time. */
  readonly slots: number
  readonly timeoutNs: number
}

/** The part of a DMA driver that writes descriptors and starts the hardware. */
export interface CommandStarter {
  readonly protocol: DiskProtocol
  /** As CamSim has it. */
  readonly ordersTags?: boolean
  /**
   * Starts the part of a request that is loaded: `bytes` of its data, from byte `from` on (always all of it, except where
   * the kernel splits requests). @param segments of the map
   */
  start(slot: number, ccb: Ccb, map: BusDmamap, segments: number, from: number, bytes: number): void
  /** Looks at the device for completed commands. */
  interrupt(): void
  /**
   * Asks the device about a command that takes too long, as an abort would. False: the device does not have it and never will
   * complete it. Drivers without it wait until the watchdog's patience ends.
   */
  hasCommand?(slot: number): boolean
}

/**
 * What the drivers of DMA engines have in common: command slots, each with a map; loading the data in whichever form it
 * comes; the two syncs; deferral; a request in parts; the watchdog; completion.
 */
export class DmaSim implements CamSim {
  readonly parts: DmaSimParts
  readonly protocol: DiskProtocol
  readonly ordersTags: boolean
  private readonly machine: Machine
  private readonly busdma: BusDma
  private readonly xpt: Xpt
  private readonly starter: CommandStarter
  private readonly tag: BusDmaTag
  private readonly slots: CommandSlot[] = []
  /** The free slots: the first `openings` of these, the last of which is taken first. */
  private readonly freeSlots: Int32Array
  private free: number
  /** When a slot's command was started at the device, ns; Infinity for none. */
  private readonly startedAt: Float64Array
  private readonly watchdog: Watchdog

  constructor(parts: DmaSimParts, starter: CommandStarter, limits: DriverLimits) {
    this.parts = parts
    this.machine = parts.machine
    this.busdma = parts.busdma
    this.xpt = parts.xpt
    this.protocol = starter.protocol
    this.ordersTags = starter.ordersTags === true
    this.starter = starter
    this.tag = makeTag(parts.busdma, limits.tags)
    for (let slot = 0; slot < limits.slots; slot++) {
      const { map } = parts.busdma.bus_dmamap_create(this.tag, BUS_DMA_WAITOK)
      if (map === null) throw new SimulationFault('bus_dmamap_create failed: no memory for bounce pages')
      this.slots.push(new CommandSlot(map))
    }
    this.freeSlots = Int32Array.from(this.slots, (_, slot) => limits.slots - 1 - slot)
    this.free = limits.slots
    this.startedAt = new Float64Array(limits.slots).fill(Infinity)
    this.watchdog = new Watchdog(parts.machine, parts.counters, limits.timeoutNs, {
      oldestStart: () => this.startedAt.reduce((oldest, at) => Math.min(oldest, at), Infinity),
      poll: () => starter.interrupt(),
      giveUp: (before, all) => this.giveUp(before, all),
    })
  }

  get openings(): number {
    return this.free
  }

  /** The request in a slot; null for a free or unknown slot, as a device that went astray may report. */
  ccbAt(slot: number): Ccb | null {
    return this.slots[slot]?.ccb ?? null
  }

  readonly action = (ccb: Ccb): void => {
    const slot = this.freeSlots[--this.free]!
    const command = this.slots[slot]!
    command.ccb = ccb
    command.done = 0
    ccb.clearResult()
    this.load(slot, command, ccb)
  }

  /**
   * The hardware finished a slot: brings the data home and completes the request, or goes on with its next part.
   * @param status EIO when the device reported an error
   * @param resid bytes of a part that ended well and were not moved
   */
  readonly complete = (slot: number, status: Errno = OK, resid = 0): void => {
    const command = this.slots[slot]
    const ccb = command?.ccb ?? null
    // A device that went astray may report what was never started, or was given up.
    if (command === undefined || ccb === null) return
    const { history } = this.machine
    const outer = history === null ? 0 : history.workFor(history.ccbs.of(ccb.id))
    this.finish(slot, command, ccb, status, resid)
    if (history !== null) history.workFor(outer)
  }

  private finish(slot: number, command: CommandSlot, ccb: Ccb, status: Errno, resid: number): void {
    const { map } = command
    const { busdma } = this
    const { history } = this.machine
    this.startedAt[slot] = Infinity
    if (history !== null) noteDeviceEnd(history, slot, map)
    busdma.bus_dmamap_sync(this.tag, map, ccb.isOut ? BUS_DMASYNC_POSTWRITE : BUS_DMASYNC_POSTREAD)
    const moved = map.loadedBytes
    busdma.bus_dmamap_unload(this.tag, map)
    if (status !== OK) this.parts.counters.deviceErrors++
    ccb.resid += resid
    command.done += moved
    if (status === OK && resid === 0 && command.done < ccb.dxferLen) {
      this.parts.counters.requestSplits++
      this.load(slot, command, ccb)
    } else this.end(slot, command, ccb, status)
  }

  private giveUp(before: number, all: boolean): void {
    for (let slot = 0; slot < this.startedAt.length; slot++)
      if (this.startedAt[slot]! <= before && !(this.starter.hasCommand?.(slot) ?? !all))
        this.complete(slot, EIO)
  }

  private load(slot: number, command: CommandSlot, ccb: Ccb): void {
    const { map, answers } = command
    const error = bus_dmamap_load_ccb(
      this.parts,
      this.tag,
      map,
      ccb,
      command.done,
      this.loaded,
      slot,
      BUS_DMA_WAITOK,
    )
    if (error === EINPROGRESS) {
      const { history } = this.machine
      if (history !== null)
        history.event(Happening['map waits'], slot, ccb.dxferLen, map.pagesneeded, map.pagesreserved)
      command.isDeferred = true
      this.xpt.xpt_freeze_simq()
    } else if (error !== OK && command.answers === answers) {
      this.end(slot, command, ccb, error)
    }
  }

  private readonly loaded = (slot: number, map: BusDmamap, segments: number, error: Errno): void => {
    const command = this.slots[slot]!
    const ccb = command.ccb!
    const { history } = this.machine
    const outer = history === null ? 0 : history.workFor(history.ccbs.of(ccb.id))
    command.answers = (command.answers + 1) | 0
    if (error === OK) {
      if (history !== null) noteLoaded(history, slot, map, segments)
      this.busdma.bus_dmamap_sync(this.tag, map, ccb.isOut ? BUS_DMASYNC_PREWRITE : BUS_DMASYNC_PREREAD)
      this.starter.start(slot, ccb, map, segments, command.done, map.loadedBytes)
      this.startedAt[slot] = this.machine.cpu.clock
      if (history !== null) history.event(Happening['device starts'], slot, map.loadedBytes, 0, 0)
      this.watchdog.started()
    }
    if (command.isDeferred) {
      command.isDeferred = false
      this.xpt.xpt_release_simq()
    }
    if (error !== OK) this.end(slot, command, ccb, error)
    if (history !== null) history.workFor(outer)
  }

  private readonly end = (slot: number, command: CommandSlot, ccb: Ccb, status: Errno): void => {
    command.ccb = null
    this.freeSlots[this.free++] = slot
    ccb.status = status
    this.xpt.xpt_done(ccb)
  }
}

/** Makes the tags of a driver, each under the one before it. @returns the last @throws SimulationFault when one is refused */
export function makeTag(busdma: BusDma, tags: readonly BusDmaTagArgs[]): BusDmaTag {
  let made: BusDmaTag | null = null
  for (const args of tags) {
    const { tag, error } = busdma.bus_dma_tag_create(made, args)
    if (tag === null) throw new SimulationFault(`bus_dma_tag_create failed with errno ${error}`)
    made = tag
  }
  if (made === null) throw new SimulationFault('a DMA driver needs a tag')
  return made
}

function noteLoaded(history: HistoryRecorder, slot: number, map: BusDmamap, segments: number): void {
  history.event(Happening['map loaded'], slot, map.loadedBytes, 0, segments)
  if (map.bpagesCount > 0)
    history.event(Happening['bounce pages taken'], slot, map.loadedBytes, 0, map.bpagesCount)
  for (let i = 0; i < segments; i++)
    history.event(Happening['segment loaded'], i, map.segAddr[i]!, 0, map.segLen[i]!)
}

function noteDeviceEnd(history: HistoryRecorder, slot: number, map: BusDmamap): void {
  history.event(Happening['device ends'], slot, map.loadedBytes, 0, 0)
  if (map.bpagesCount > 0)
    history.event(Happening['bounce pages given back'], slot, map.loadedBytes, map.bpagesCount, 0)
}

/** The status of a request whose command the device ended. */
export function statusOf(failed: boolean): Errno {
  return failed ? EIO : OK
}
