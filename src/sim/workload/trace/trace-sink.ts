import { RequestRing } from './request-ring.ts'
import { quote, TraceError } from './trace-error.ts'

const SECTOR = 512
const MIB = 1024 * 1024
const GIB = 1024 * MIB
const MOST_BYTES = 16 * MIB

/** The device that a trace is replayed on. */
export interface TraceTarget {
  /** Size of the device in bytes. */
  readonly deviceBytes: number
  /** How many files or disks the trace may name. Each gets an equal share of the device, a multiple of 1 MiB. */
  readonly units: number
}

/**
 * Puts each read and write of a trace on the device and into the ring.
 *
 * Places: the i-th distinct file or disk that is read or written starts at i shares. Ends that are not on a 512-byte
 * sector move outwards to the next one. Times count from the first request; one that lies before its predecessor is
 * moved up to it.
 */
export class TraceSink {
  readonly ring: RequestRing
  /** Lines that hold neither a read nor a write. */
  skipped = 0
  readonly #target: TraceTarget
  readonly #shareBytes: number
  readonly #bases = new Map<string, number>()
  #lastUnit: string | null = null
  #lastBase = 0
  #firstNs = 0
  #lastNs = 0

  constructor(capacity: number, target: TraceTarget) {
    this.ring = new RequestRing(capacity)
    this.#target = target
    this.#shareBytes = Math.floor(target.deviceBytes / target.units / MIB) * MIB
  }

  /**
   * Takes one read or write.
   * @param unit the file or disk that the trace names
   * @param atNs time on the trace's own clock, which may start anywhere
   * @throws TraceError when the request is empty, over 16 MiB, or has no place on the device
   */
  add(line: number, write: boolean, unit: string, offset: number, bytes: number, atNs: number): void {
    if (bytes === 0)
      throw new TraceError(line, 'the length is zero', 'Mend or remove this line of the trace.')
    const start = Math.floor(offset / SECTOR) * SECTOR
    const end = Math.ceil((offset + bytes) / SECTOR) * SECTOR
    if (end > Number.MAX_SAFE_INTEGER) {
      throw new TraceError(
        line,
        'offset and length together are too large',
        'Mend or remove this line of the trace.',
      )
    }
    if (end - start > MOST_BYTES) {
      throw new TraceError(
        line,
        `one request of ${bytes} bytes is over the most, 16 MiB`,
        'Split the request into smaller ones.',
      )
    }
    const base = this.#baseOf(unit, line)
    if (end > this.#shareBytes) this.#refuseEnd(line, unit, end)
    if (this.ring.appended === 0) this.#firstNs = atNs
    this.#lastNs = Math.max(this.#lastNs, atNs - this.#firstNs)
    this.ring.append(write, base + start, end - start, this.#lastNs)
  }

  #baseOf(unit: string, line: number): number {
    if (unit === this.#lastUnit) return this.#lastBase
    let base = this.#bases.get(unit)
    if (base === undefined) {
      if (this.#bases.size === this.#target.units) {
        throw new TraceError(
          line,
          `${quote(unit)} is one more file or disk than workload.units, ${this.#target.units}`,
          'Raise workload.units to the number of files or disks that the trace names.',
          'settings',
        )
      }
      base = this.#bases.size * this.#shareBytes
      this.#bases.set(unit, base)
    }
    this.#lastUnit = unit
    this.#lastBase = base
    return base
  }

  #refuseEnd(line: number, unit: string, end: number): never {
    const units = this.#target.units
    const place = units === 1 ? 'the device' : `the share of the device that ${quote(unit)} has`
    const need = Math.ceil((Math.ceil(end / MIB) * MIB * units) / GIB)
    throw new TraceError(
      line,
      `the request ends at byte ${end}, beyond ${place}, ${this.#shareBytes} bytes`,
      `Raise machine.diskGiB to ${need} or more${units === 1 ? '' : ', or lower workload.units if the trace names fewer'}.`,
      'settings',
    )
  }
}
