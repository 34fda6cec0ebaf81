import { SECTOR_SIZE, SECTOR_WORDS } from '../machine/page.ts'
import { FAULT_ASTRAY, FAULT_LOST_INTERRUPT, FAULT_MEDIA, FAULT_NONE, FAULT_SHORT } from './faults.ts'
import type { Fault, FaultInjector, ScsiTrouble } from './faults.ts'
import type { Media } from './media.ts'
import type { SegmentList } from './segment-list.ts'
import type { ServiceModel } from './service-model.ts'

/** How a command ended. */
export const DRIVE_OK = 0
/** A sector could not be read or written; those before it were. */
export const DRIVE_MEDIA_ERROR = 1
/** The command names sectors that the drive does not have. */
export const DRIVE_OUT_OF_RANGE = 2
/** The bus refused the transfer, or the descriptors do not suit the command. */
export const DRIVE_BUS_ERROR = 3
/** The drive moved fewer bytes than the command asks for, and says so. */
export const DRIVE_SHORT = 4
export type DriveStatus = 0 | 1 | 2 | 3 | 4

/** Time to answer a command that touches no medium. */
const ANSWER_NS = 20_000

export interface DriveOptions {
  /** False: commands take their time and move nothing. */
  readonly holdsData: boolean
  /** Null: nothing goes wrong. */
  readonly faults?: FaultInjector | null
  /** Bytes of memory, where a transfer may go astray. */
  readonly memoryBytes?: number
  /** Commands for its medium that a SCSI drive takes at one time. */
  readonly queueDepth?: number | undefined
}

/** The drive behind a controller, whatever language the controller speaks: its medium, its time and its faults. */
export class Drive {
  readonly sectors: number
  private readonly media: Media
  private readonly model: ServiceModel
  private readonly holdsData: boolean
  private readonly faults: FaultInjector | null
  private readonly memoryBytes: number
  private inFlight = 0
  /** When a command last arrived or ended, ns. */
  private changedAt = 0
  private busyNs = 0
  /** Times of all commands so far, added up: each ns counts once for every command in flight. */
  private commandNs = 0
  private commands = 0
  private moved = 0
  private silent = false
  private ending: DriveStatus = DRIVE_OK
  private readonly queueDepth: number
  private readonly troubles: ScsiTrouble[] = []
  /** When the last of all commands so far ends, and the last of the ordered ones, ns. */
  private lastEnd = 0
  private orderedEnd = 0

  constructor(media: Media, model: ServiceModel, options: DriveOptions) {
    this.sectors = media.sectors
    this.media = media
    this.model = model
    this.holdsData = options.holdsData
    this.faults = options.faults ?? null
    this.memoryBytes = options.memoryBytes ?? 0
    this.queueDepth = options.queueDepth ?? Infinity
  }

  /**
   * A command for the medium arrives. An ordered one begins when all before it have ended, and those after it begin when it
   * has. @returns when it ends, ns
   */
  accept(write: boolean, sector: number, sectors: number, at: number, isOrdered = false): number {
    this.begin(at)
    const start = Math.max(at, isOrdered ? this.lastEnd : this.orderedEnd)
    const end = this.isInside(sector, sectors)
      ? this.model.complete(write, sector, sectors, start)
      : start + ANSWER_NS
    this.lastEnd = Math.max(this.lastEnd, end)
    if (isOrdered) this.orderedEnd = end
    return end
  }

  /** It has as many commands as it takes. */
  get isFull(): boolean {
    return this.inFlight >= this.queueDepth
  }

  /** The next commands for the medium that a SCSI device gets end like this, one after another. */
  plan(...troubles: readonly ScsiTrouble[]): void {
    this.troubles.push(...troubles)
  }

  /** What is planned for the command that arrives now; null for nothing. */
  takeTrouble(): ScsiTrouble | null {
    return this.troubles.shift() ?? null
  }

  /** A command arrives that the drive answers without its medium. @returns when it ends, ns */
  acceptQuick(at: number): number {
    this.begin(at)
    this.silent = false
    this.ending = DRIVE_OK
    return at + ANSWER_NS
  }

  /** Moves the data of a command for the medium, in the direction of its segments, and ends it. @param at now, ns */
  finish(sector: number, sectors: number, segments: SegmentList, at: number): DriveStatus {
    this.end(at)
    this.moved = 0
    this.silent = false
    if (!this.isInside(sector, sectors)) return DRIVE_OUT_OF_RANGE
    const fault = this.faults === null ? FAULT_NONE : this.faults.next()
    if (fault === FAULT_ASTRAY)
      segments.misdirect(this.faults!.pick(this.memoryBytes / SECTOR_SIZE) * SECTOR_SIZE)
    if (segments.isRefused || segments.totalBytes < sectors * SECTOR_SIZE) return DRIVE_BUS_ERROR
    const reached = this.reached(fault, sectors)
    if (this.holdsData && reached > 0) segments.moveSectors(this.media, sector, reached)
    this.moved = reached * SECTOR_SIZE
    this.silent = fault === FAULT_LOST_INTERRUPT
    if (fault === FAULT_MEDIA) return DRIVE_MEDIA_ERROR
    return reached < sectors ? DRIVE_SHORT : DRIVE_OK
  }

  /** Ends a command that needed no medium: sends its answer to memory. @param at now, ns */
  finishQuick(answer: Uint8Array, segments: SegmentList, at: number): DriveStatus {
    this.end(at)
    this.silent = false
    this.moved = 0
    if (segments.isRefused) return DRIVE_BUS_ERROR
    this.moved = segments.fill(answer)
    return DRIVE_OK
  }

  /**
   * A command for the medium arrives whose data goes through the drive's own buffer, part by part; endParts ends it.
   * @returns sectors that can be moved before it ends: fewer than asked for when something is wrong
   */
  acceptInParts(sector: number, sectors: number, at: number): number {
    this.begin(at)
    this.silent = false
    this.ending = DRIVE_OUT_OF_RANGE
    if (!this.isInside(sector, sectors)) return 0
    const fault = this.faults === null ? FAULT_NONE : this.faults.next()
    const reached = this.reached(fault, sectors)
    this.silent = fault === FAULT_LOST_INTERRUPT
    if (fault === FAULT_MEDIA) this.ending = DRIVE_MEDIA_ERROR
    else this.ending = reached < sectors ? DRIVE_SHORT : DRIVE_OK
    return reached
  }

  /** The medium turns to a part of a command, at `at` or as soon as it is free. @returns when it is done with it, ns */
  acceptPart(write: boolean, sector: number, sectors: number, at: number): number {
    return this.model.complete(write, sector, sectors, at)
  }

  /** Brings sectors from the medium into a buffer. */
  readPart(sector: number, sectors: number, words: Int32Array): void {
    if (!this.holdsData) return
    for (let i = 0; i < sectors; i++) this.media.read(sector + i, words, i * SECTOR_WORDS)
  }

  /** Brings sectors from a buffer to the medium. */
  writePart(sector: number, sectors: number, words: Int32Array): void {
    if (!this.holdsData) return
    for (let i = 0; i < sectors; i++) this.media.write(sector + i, words, i * SECTOR_WORDS)
  }

  /** Ends a command that came by acceptInParts, or one by acceptQuick whose answer the host fetches itself. */
  endParts(at: number): DriveStatus {
    this.end(at)
    return this.ending
  }

  /** Bytes that the command that ended last moved. */
  get movedBytes(): number {
    return this.moved
  }

  /** The interrupt of the command that ended last gets lost. */
  get losesInterrupt(): boolean {
    return this.silent
  }

  /** Simulated ns with at least one command since measuring began, up to `at`. */
  busyUntil(at: number): number {
    return this.busyNs + (this.inFlight > 0 ? at - this.changedAt : 0)
  }

  /** Mean time from the arrival to the end of a command since measuring began, ns; 0 without any. */
  get meanCommandNs(): number {
    return this.commands === 0 ? 0 : this.commandNs / this.commands
  }

  /** Starts measuring afresh, between commands. */
  resetMeasurement(): void {
    this.busyNs = 0
    this.commandNs = 0
    this.commands = 0
  }

  private isInside(sector: number, sectors: number): boolean {
    return sector >= 0 && sectors > 0 && sector + sectors <= this.sectors
  }

  /** Sectors that are moved before the command ends. */
  private reached(fault: Fault, sectors: number): number {
    return fault === FAULT_MEDIA || fault === FAULT_SHORT ? this.faults!.pick(sectors) : sectors
  }

  private begin(at: number): void {
    this.pass(at)
    this.inFlight++
  }

  private end(at: number): void {
    this.pass(at)
    this.inFlight--
    this.commands++
  }

  /** Arrivals may be out of order by what the processors' clocks differ. */
  private pass(at: number): void {
    const passed = Math.max(0, at - this.changedAt)
    if (this.inFlight > 0) this.busyNs += passed
    this.commandNs += this.inFlight * passed
    this.changedAt += passed
  }
}
