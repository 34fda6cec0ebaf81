import { IntMap } from '../../engine/int-map.ts'

const FIRST_CAPACITY = 64
const SIZE_CLASSES = 31
export const NO_SEGMENT = -1

/** The size class of a hole: all of 2^k to 2^(k+1) - 1 pages share one. */
export function sizeClass(pages: number): number {
  return 31 - Math.clz32(pages)
}

/**
 * The boundary tags of a vmem arena: a window cut into segments, allocated ones and holes, linked in address order; holes
 * also by size class, the last one freed first. A segment is a handle, an index into arrays.
 */
export class VmemSegments {
  first = new Int32Array(FIRST_CAPACITY)
  pages = new Int32Array(FIRST_CAPACITY)
  /** Next hole of the same class. */
  nextHole = new Int32Array(FIRST_CAPACITY)
  private prevHole = new Int32Array(FIRST_CAPACITY)
  private below = new Int32Array(FIRST_CAPACITY)
  private above = new Int32Array(FIRST_CAPACITY)
  private isHole = new Uint8Array(FIRST_CAPACITY)
  private readonly heads = new Int32Array(SIZE_CLASSES).fill(NO_SEGMENT)
  /** Bit k is set when class k has a hole. */
  private classes = 0
  /** First page to segment, of those allocated. */
  private readonly allocated = new IntMap()
  private spare = NO_SEGMENT
  private made = 0

  constructor(start: number, pages: number) {
    if (pages > 0) this.addHole(this.make(start, pages))
  }

  /** First hole of a class. */
  head(bin: number): number {
    return this.heads[bin] ?? NO_SEGMENT
  }

  /** The smallest class, at least `bin`, that has a hole; -1 when none has. */
  classFrom(bin: number): number {
    const bits = bin >= SIZE_CLASSES ? 0 : this.classes & (-1 << bin)
    return bits === 0 ? -1 : 31 - Math.clz32(bits & -bits)
  }

  /** The largest class that has a hole; -1 when there is no hole. */
  get topClass(): number {
    return 31 - Math.clz32(this.classes)
  }

  /** Allocates part of a hole; what is left on either side stays free. */
  cut(hole: number, first: number, pages: number): void {
    this.removeHole(hole)
    const end = this.first[hole]! + this.pages[hole]!
    if (first > this.first[hole]!) {
      const under = this.make(this.first[hole]!, first - this.first[hole]!)
      this.link(this.below[hole]!, under, hole)
      this.addHole(under)
    }
    if (end > first + pages) {
      const over = this.make(first + pages, end - first - pages)
      this.link(hole, over, this.above[hole]!)
      this.addHole(over)
    }
    this.first[hole] = first
    this.pages[hole] = pages
    this.allocated.set(first, hole)
  }

  /** Makes an allocated range a hole and joins it with its neighbours. @returns false when there is no such range */
  release(first: number, pages: number): boolean {
    const segment = this.allocated.get(first, NO_SEGMENT)
    if (segment === NO_SEGMENT || this.pages[segment] !== pages) return false
    this.allocated.delete(first)
    this.swallow(segment, this.above[segment]!)
    const below = this.below[segment]!
    if (below !== NO_SEGMENT && this.isHole[below] === 1) {
      this.first[segment] = this.first[below]!
      this.swallow(segment, below)
    }
    this.addHole(segment)
    return true
  }

  /** Adds a neighbour that is a hole to a segment. */
  private swallow(segment: number, hole: number): void {
    if (hole === NO_SEGMENT || this.isHole[hole] === 0) return
    this.removeHole(hole)
    this.pages[segment] = this.pages[segment]! + this.pages[hole]!
    this.join(this.below[hole]!, this.above[hole]!)
    this.nextHole[hole] = this.spare
    this.spare = hole
  }

  private join(under: number, over: number): void {
    if (under !== NO_SEGMENT) this.above[under] = over
    if (over !== NO_SEGMENT) this.below[over] = under
  }

  private link(under: number, segment: number, over: number): void {
    this.below[segment] = under
    this.above[segment] = over
    if (under !== NO_SEGMENT) this.above[under] = segment
    if (over !== NO_SEGMENT) this.below[over] = segment
  }

  private addHole(segment: number): void {
    const bin = sizeClass(this.pages[segment]!)
    const head = this.heads[bin]!
    this.isHole[segment] = 1
    this.nextHole[segment] = head
    this.prevHole[segment] = NO_SEGMENT
    if (head !== NO_SEGMENT) this.prevHole[head] = segment
    this.heads[bin] = segment
    this.classes |= 1 << bin
  }

  private removeHole(hole: number): void {
    const bin = sizeClass(this.pages[hole]!)
    const next = this.nextHole[hole]!
    const prev = this.prevHole[hole]!
    this.isHole[hole] = 0
    if (next !== NO_SEGMENT) this.prevHole[next] = prev
    if (prev !== NO_SEGMENT) this.nextHole[prev] = next
    else this.heads[bin] = next
    if (this.heads[bin] === NO_SEGMENT) this.classes &= ~(1 << bin)
  }

  private make(first: number, pages: number): number {
    let segment = this.spare
    if (segment === NO_SEGMENT) {
      if (this.made === this.first.length) this.grow()
      segment = this.made++
    } else {
      this.spare = this.nextHole[segment]!
    }
    this.first[segment] = first
    this.pages[segment] = pages
    this.below[segment] = NO_SEGMENT
    this.above[segment] = NO_SEGMENT
    return segment
  }

  private grow(): void {
    const longer = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(from.length * 2)
      to.set(from)
      return to
    }
    this.first = longer(this.first)
    this.pages = longer(this.pages)
    this.nextHole = longer(this.nextHole)
    this.prevHole = longer(this.prevHole)
    this.below = longer(this.below)
    this.above = longer(this.above)
    const isHole = new Uint8Array(this.isHole.length * 2)
    isHole.set(this.isHole)
    this.isHole = isHole
  }
}
