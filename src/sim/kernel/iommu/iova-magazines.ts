/** Ranges of one magazine, as in Linux. */
const MAGAZINE_SIZE = 127
/** Full magazines that the depot keeps for all processors. */
const DEPOT_SIZE = 32

class Magazine {
  private readonly ranges = new Int32Array(MAGAZINE_SIZE)
  private count = 0

  get isEmpty(): boolean {
    return this.count === 0
  }

  get isFull(): boolean {
    return this.count === MAGAZINE_SIZE
  }

  push(first: number): void {
    this.ranges[this.count++] = first
  }

  /** The range put in last of those that start at or below `last`, or -1. */
  pop(last: number): number {
    for (let at = this.count - 1; at >= 0; at--) {
      const first = this.ranges[at]!
      if (first > last) continue
      this.ranges[at] = this.ranges[--this.count]!
      return first
    }
    return -1
  }
}

/** A magazine in use and one in reserve: a processor at the edge of one does not go to the depot at each turn. */
interface Rack {
  loaded: Magazine
  previous: Magazine
}

/**
 * Freed IOVA ranges of one size, kept for reuse: two magazines for each processor, and a depot of full ones behind them
 * (Bonwick and Adams, "Magazines and Vmem", USENIX 2001; the iova caches of Linux).
 */
export class IovaMagazines {
  private readonly racks: Rack[]
  private readonly depot: Magazine[] = []
  private readonly empties: Magazine[] = []

  constructor(cpus: number) {
    this.racks = Array.from({ length: cpus }, () => ({ loaded: new Magazine(), previous: new Magazine() }))
  }

  /** @param last highest page that the range may start at. @returns its first I/O page, or -1 for none at hand */
  take(cpu: number, last: number): number {
    const rack = this.racks[cpu]!
    if (rack.loaded.isEmpty) {
      if (!rack.previous.isEmpty) {
        swap(rack)
      } else {
        const full = this.depot.pop()
        if (full === undefined) return -1
        this.empties.push(rack.loaded)
        rack.loaded = full
      }
    }
    return rack.loaded.pop(last)
  }

  /** @returns false when there is no room */
  put(cpu: number, first: number): boolean {
    const rack = this.racks[cpu]!
    if (rack.loaded.isFull) {
      if (!rack.previous.isFull) {
        swap(rack)
      } else {
        if (this.depot.length === DEPOT_SIZE) return false
        this.depot.push(rack.loaded)
        rack.loaded = this.empties.pop() ?? new Magazine()
      }
    }
    rack.loaded.push(first)
    return true
  }

  /** Takes any range of any processor: memory is tight. @returns -1 when none is left */
  drain(): number {
    for (const { loaded, previous } of this.racks) {
      if (!loaded.isEmpty) return loaded.pop(Infinity)
      if (!previous.isEmpty) return previous.pop(Infinity)
    }
    const full = this.depot.at(-1)
    if (full === undefined) return -1
    const first = full.pop(Infinity)
    if (full.isEmpty) this.empties.push(this.depot.pop()!)
    return first
  }
}

function swap(rack: Rack): void {
  const { loaded } = rack
  rack.loaded = rack.previous
  rack.previous = loaded
}
