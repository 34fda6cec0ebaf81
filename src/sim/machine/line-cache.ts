/**
 * Which cache lines of kernel structures are still in a processor's cache. What a processor moves pushes out what it touched
 * before: a line is there if less than the cache holds has passed since its last use. Neighbours in one line come together.
 */
export class LineCache {
  private readonly bytes: number
  private readonly lineBytes: number
  /** Bytes that have passed through the cache so far. */
  private passed = 0

  constructor(bytes: number, lineBytes: number) {
    this.bytes = bytes
    this.lineBytes = lineBytes
  }

  /** @param count elements of an array of structures @param elementBytes size of each @returns the array, all of it in memory */
  array(count: number, elementBytes: number): LineArray {
    const lines = Math.ceil((count * elementBytes) / this.lineBytes)
    return { elementBytes, lastUse: new Float64Array(lines).fill(-Infinity) }
  }

  /** Bytes pass that nobody looks for again. */
  stream(bytes: number): void {
    this.passed += bytes
  }

  /** @returns whether the line of an element has to come from memory */
  touch({ elementBytes, lastUse }: LineArray, index: number): boolean {
    const line = Math.floor((index * elementBytes) / this.lineBytes)
    const isCold = this.passed - lastUse[line]! > this.bytes
    if (isCold) this.passed += this.lineBytes
    lastUse[line] = this.passed
    return isCold
  }
}

/** An array of structures, by what passed through the cache before the last use of each of its lines. */
export interface LineArray {
  readonly elementBytes: number
  readonly lastUse: Float64Array
}
