import type { Random } from '../engine/random.ts'
import { SECTOR_SIZE } from '../machine/page.ts'

/** How long a drive takes. Called once a command, in the order of arrival. */
export interface ServiceModel {
  /** @returns the time at which the data is transferred, ns @param at time of arrival, ns */
  complete(write: boolean, sector: number, sectors: number, at: number): number
}

export interface FlashFigures {
  /**
   * Commands served side by side. One that is no whole number stands for a pipeline: as many commands as fit, which start at
   * least a service time over `servers` apart, so that throughput is `servers` over the service time and latency is not touched.
   */
  readonly servers: number
  readonly readNs: number
  readonly writeNs: number
  /** Rate of the one link that all data crosses. */
  readonly linkBytesPerSecond: number
}

/** An SSD: `servers` commands at a time, each for a fixed time, and then one after another over the link. */
export class FlashModel implements ServiceModel {
  private readonly figures: FlashFigures
  /** When each server is free, in order, from place `first` on and round: which of them it is makes no difference. */
  private readonly freeAt: Float64Array
  private first = 0
  /** Part of a service time that passes before the next command may start. */
  private readonly spacing: number
  private nextStart = 0
  private linkFreeAt = 0

  constructor(figures: FlashFigures) {
    const { servers } = figures
    this.figures = figures
    this.freeAt = new Float64Array(Math.ceil(servers))
    this.spacing = Number.isInteger(servers) ? 0 : 1 / servers
  }

  complete(write: boolean, _sector: number, sectors: number, at: number): number {
    const service = write ? this.figures.writeNs : this.figures.readNs
    const start = Math.max(at, this.freeAt[this.first]!, this.nextStart)
    const served = start + service
    this.nextStart = start + service * this.spacing
    this.occupyFirst(served)
    const end =
      Math.max(served, this.linkFreeAt) + (sectors * SECTOR_SIZE * 1e9) / this.figures.linkBytesPerSecond
    this.linkFreeAt = end
    return end
  }

  /** The first server is busy until `end`, mostly longer than all others. */
  private occupyFirst(end: number): void {
    const { freeAt, first } = this
    const servers = freeAt.length
    this.first = first + 1 === servers ? 0 : first + 1
    let place = first
    for (let i = 1; i < servers; i++) {
      const before = place === 0 ? servers - 1 : place - 1
      if (freeAt[before]! <= end) break
      freeAt[place] = freeAt[before]!
      place = before
    }
    freeAt[place] = end
  }
}

export interface DiskFigures {
  readonly trackToTrackNs: number
  /** Mean over random pairs of places. */
  readonly averageSeekNs: number
  readonly revolutionNs: number
  readonly mediaBytesPerSecond: number
  readonly busBytesPerSecond: number
}

/**
 * A disk with one arm: seek that grows with the square root of the distance, then a random part of a revolution, then the
 * data at the slower of medium and bus. A command that continues where the last one ended needs neither seek nor wait.
 */
export class DiskModel implements ServiceModel {
  private readonly figures: DiskFigures
  private readonly capacity: number
  private readonly random: Random
  private freeAt = 0
  private head = 0

  /** @param sectors capacity */
  constructor(figures: DiskFigures, sectors: number, random: Random) {
    this.figures = figures
    this.capacity = sectors
    this.random = random
  }

  complete(_write: boolean, sector: number, sectors: number, at: number): number {
    const { mediaBytesPerSecond, busBytesPerSecond } = this.figures
    const position =
      sector === this.head
        ? 0
        : this.seekNs(Math.abs(sector - this.head)) + this.random.unit() * this.figures.revolutionNs
    const transfer = (sectors * SECTOR_SIZE * 1e9) / Math.min(mediaBytesPerSecond, busBytesPerSecond)
    this.head = sector + sectors
    this.freeAt = Math.max(at, this.freeAt) + position + transfer
    return this.freeAt
  }

  private seekNs(distance: number): number {
    const { trackToTrackNs, averageSeekNs } = this.figures
    // The mean of sqrt(|x - y|) over the unit square is 8/15.
    const slope = (averageSeekNs - trackToTrackNs) / (8 / 15)
    return trackToTrackNs + slope * Math.sqrt(distance / this.capacity)
  }
}
