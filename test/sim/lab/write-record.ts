import { vi } from 'vitest'
import { stampVersion } from '../../../src/sim/engine/sector-stamp.ts'
import type { Buf } from '../../../src/sim/kernel/bufcache/buf.ts'
import { B_DELWRI, B_READ, NONE } from '../../../src/sim/kernel/bufcache/buf.ts'
import { BufferCache } from '../../../src/sim/kernel/bufcache/buffer-cache.ts'
import { DiskPeripheral } from '../../../src/sim/kernel/cam/disk.ts'
import { OK } from '../../../src/sim/kernel/errno.ts'
import type { LabRun } from '../../../src/sim/lab/run.ts'
import { PAGE_SIZE, SECTOR_SIZE } from '../../../src/sim/machine/page.ts'
import type { PhysicalMemory } from '../../../src/sim/machine/physical-memory.ts'
import { methodOf } from './method-of.ts'
import { insideOf, onMedium, written } from './medium.ts'

/** A write between its start and the end that the buffer cache is told of. */
interface Flight {
  readonly sector: number
  /** What each sector held in memory when the write was issued, and what the disk was known to hold. */
  readonly issued: readonly number[]
  readonly before: readonly (number | null)[]
}

/** What a power cut finds, added up over many. */
export interface Findings {
  /** Sectors of writes in flight that hold the new version already, and that do not yet. */
  early: number
  late: number
  /** Writes in flight of which a part has reached the disk. */
  partial: number
  /** Sectors whose last version only memory held. */
  lost: number
}

/**
 * Which versions of each sector the disk may hold, from what was handed to it and what it reported: seen where the disk
 * peripheral takes a buffer and where the cache is told of the end. Install before a run; `vi.restoreAllMocks` ends it.
 */
export class WriteRecord {
  readonly problems: string[] = []
  private readonly candidates = new Map<number, Set<number>>()
  private readonly flights = new Map<number, Flight>()
  private lab: LabRun | null = null

  constructor() {
    const strategy = methodOf(DiskPeripheral.prototype, 'strategy')
    const biodone = methodOf(BufferCache.prototype, 'biodone')
    const issue = (buf: Buf): void => this.issue(buf)
    const end = (buf: Buf, failed: boolean): void => this.end(buf.id, failed)
    vi.spyOn(DiskPeripheral.prototype, 'strategy').mockImplementation(function (this: DiskPeripheral, buf) {
      issue(buf)
      strategy.call(this, buf)
    })
    vi.spyOn(BufferCache.prototype, 'biodone').mockImplementation(function (this: BufferCache, buf, error) {
      end(buf, error !== OK)
      biodone.call(this, buf, error)
    })
  }

  watch(lab: LabRun): void {
    this.lab = lab
  }

  /** Power is cut now: compares sectors 0 to `sectors` - 1 of the disk with what they may hold. */
  cut(sectors: number, blockSectors: number, findings: Findings): void {
    const lab = this.lab!
    const held = Array.from({ length: sectors }, (_, sector) => onMedium(lab, sector))
    held.forEach((version, sector) => {
      const allowed = this.of(sector)
      if (!allowed.has(version))
        this.problems.push(`sector ${sector} holds ${version}, not ${[...allowed].join(' or ')}`)
      if (version !== written(lab, sector)) {
        findings.lost++
        this.expectInMemory(sector, Math.floor(sector / blockSectors))
      }
    })
    for (const flight of this.flights.values()) this.checkFlight(flight, held, findings)
  }

  /** A disk moves the sectors of a command in order. */
  private checkFlight({ sector: first, issued, before }: Flight, held: number[], findings: Findings): void {
    let early = 0
    let late = 0
    issued.forEach((version, i) => {
      const old = before[i]
      if (old === null || old === version) return
      if (held[first + i] !== version) late++
      else if (late > 0) this.problems.push(`sector ${first + i} is there, and one before it is not`)
      else early++
    })
    findings.early += early
    findings.late += late
    if (early > 0 && late > 0) findings.partial++
  }

  /** What the disk lacks must be on its way, or in a buffer that is still to be written. */
  private expectInMemory(sector: number, block: number): void {
    const buf = insideOf(this.lab!).cache.bufs.find(
      ({ hashSlot, b_lblkno }) => hashSlot !== NONE && b_lblkno === block,
    )
    if (buf === undefined || !(this.flights.has(buf.id) || (buf.b_flags & B_DELWRI) !== 0))
      this.problems.push(`the last version of sector ${sector} is neither on the disk nor about to be`)
  }

  private issue(buf: Buf): void {
    if ((buf.b_flags & B_READ) !== 0) return
    const issued = this.contentOf(buf)
    const before = issued.map((version, i) => {
      const sector = buf.b_blkno + i
      if (version < 0 || version !== written(this.lab!, sector))
        this.problems.push(`sector ${sector} was sent as version ${version}`)
      const allowed = this.of(sector)
      const known = allowed.size === 1 ? [...allowed][0]! : null
      this.candidates.set(sector, new Set(allowed).add(version))
      return known
    })
    this.flights.set(buf.id, { sector: buf.b_blkno, issued, before })
  }

  private end(bufId: number, failed: boolean): void {
    const flight = this.flights.get(bufId)
    this.flights.delete(bufId)
    if (flight === undefined || failed) return
    flight.issued.forEach((version, i) => this.candidates.set(flight.sector + i, new Set([version])))
  }

  private of(sector: number): ReadonlySet<number> {
    return this.candidates.get(sector) ?? NEVER_WRITTEN
  }

  private contentOf({ b_xio: xio, b_blkno, b_bcount }: Buf): number[] {
    const { frames } = (this.lab as unknown as { machine: { memory: PhysicalMemory } }).machine.memory
    return Array.from({ length: b_bcount / SECTOR_SIZE }, (_, i) => {
      const place = xio.offset + i * SECTOR_SIZE
      const words = frames.words(xio.pages[Math.floor(place / PAGE_SIZE)]!)
      return stampVersion(words, frames.base + (place % PAGE_SIZE) / 4, b_blkno + i)
    })
  }
}

const NEVER_WRITTEN: ReadonlySet<number> = new Set([0])
