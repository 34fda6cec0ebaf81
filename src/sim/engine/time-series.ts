import { WIDE } from './wide.ts'

/**
 * Sums over equal bins of simulated time, for several curves at once. Memory is bounded: when time runs past the last
 * bin, neighbours are merged and bins become twice as wide.
 */
export class TimeSeries {
  /** Curve after curve, each with room for all bins. */
  private readonly sums: Float64Array
  private readonly curves: number
  private readonly bins: number
  private used = 0
  /** The bin that was added to last, and its times: most entries fall into the same. */
  private bin = 0
  private from = WIDE
  private to = WIDE

  /** Width of a bin, ns. */
  binNs = WIDE

  /** @param bins an even number of bins at most */
  constructor(curves: number, bins: number, firstBinNs: number) {
    this.bins = bins
    this.curves = curves
    this.sums = new Float64Array(curves * bins)
    this.binNs = firstBinNs
    this.from = 0
    this.to = 0
  }

  /** @param at simulated ns since the start of the series */
  add(curve: number, at: number, amount: number): void {
    if (!(at >= this.from && at < this.to)) this.seek(at)
    this.sums[curve * this.bins + this.bin]! += amount
  }

  /** A copy of one curve, as long as the series has run. */
  curve(curve: number): Float64Array {
    const first = curve * this.bins
    return this.sums.slice(first, first + this.used)
  }

  private seek(at: number): void {
    let bin = Math.floor(at / this.binNs)
    while (bin >= this.bins) {
      this.merge()
      bin = Math.floor(at / this.binNs)
    }
    if (bin >= this.used) this.used = bin + 1
    this.bin = bin
    this.from = bin * this.binNs
    this.to = this.from + this.binNs
  }

  private merge(): void {
    const half = this.bins >> 1
    for (let curve = 0; curve < this.curves; curve++) {
      const sums = this.sums.subarray(curve * this.bins, (curve + 1) * this.bins)
      for (let bin = 0; bin < half; bin++) sums[bin] = sums[2 * bin]! + sums[2 * bin + 1]!
      sums.fill(0, half)
    }
    this.used = (this.used + 1) >> 1
    this.binNs *= 2
  }
}
