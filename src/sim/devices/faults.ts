import type { Random } from '../engine/random.ts'

/** What can go wrong with a command on purpose. */
export const FAULT_NONE = 0
/** A sector cannot be read or written: the command ends there with an error. */
export const FAULT_MEDIA = 1
/** The command ends well, and nobody is told. */
export const FAULT_LOST_INTERRUPT = 2
/** The device moves fewer bytes than it was asked to. */
export const FAULT_SHORT = 3
/** The device sends the beginning of the data to an address that it was never given. */
export const FAULT_ASTRAY = 4
export type Fault = 0 | 1 | 2 | 3 | 4

/** How often, for each million commands. */
export interface FaultRates {
  readonly mediaErrors: number
  readonly lostInterrupts: number
  readonly shortTransfers: number
  readonly strayTransfers: number
}

/** What a SCSI device answers to a command on purpose. A recovered error is one that the device carried out nevertheless. */
export interface ScsiTrouble {
  readonly status: number
  /** Sense key, and additional sense code with its qualifier in bits 8 to 15, of a CHECK CONDITION. */
  readonly key: number
  readonly asc: number
}

const MILLION = 1_000_000

/** Chooses the commands that go wrong. One random number decides each, so that rates do not shift one another's victims. */
export class FaultInjector {
  private readonly random: Random
  private readonly thresholds: readonly number[]
  private started = false

  constructor(rates: FaultRates, random: Random) {
    this.random = random
    let sum = 0
    this.thresholds = [
      rates.mediaErrors,
      rates.lostInterrupts,
      rates.shortTransfers,
      rates.strayTransfers,
    ].map((rate) => (sum += rate))
  }

  /** Whether anything can go wrong at all. */
  static wanted(rates: FaultRates): boolean {
    return rates.mediaErrors + rates.lostInterrupts + rates.shortTransfers + rates.strayTransfers > 0
  }

  /** Commands so far went well, as while a machine starts; from now on they may not. */
  start(): void {
    this.started = true
  }

  /** The fate of the next command. */
  next(): Fault {
    if (!this.started) return FAULT_NONE
    const drawn = this.random.unit() * MILLION
    for (let kind = 0; kind < 4; kind++) if (drawn < this.thresholds[kind]!) return (kind + 1) as Fault
    return FAULT_NONE
  }

  /** A whole number from 0 to `limit` - 1. */
  pick(limit: number): number {
    return Math.floor(this.random.unit() * limit)
  }
}
