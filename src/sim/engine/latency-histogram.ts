/** Bits of the mantissa that tell buckets apart: each bucket is 2^-7 of its lower edge wide. */
const MANTISSA_BITS = 7
const SHIFT = 20 - MANTISSA_BITS

const double = new Float64Array(1)
const halves = new Uint32Array(double.buffer)
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0

/** High half of 1.0; values below one nanosecond share bucket 0. */
const FIRST = 0x3ff00000 >>> SHIFT
/** Up to 2^62 ns. */
const BUCKETS = 62 << MANTISSA_BITS

/**
 * Distribution of durations in buckets under 0.8% wide. The exponent and leading mantissa bits of the float64 itself are
 * the bucket number, so recording costs a store and a shift.
 */
export class LatencyHistogram {
  private readonly counts = new Float64Array(BUCKETS)
  count = 0
  sum = 0
  max = 0

  record(ns: number): void {
    double[0] = ns
    const bucket = (halves[HIGH]! >>> SHIFT) - FIRST
    this.counts[bucket < 0 ? 0 : bucket]!++
    this.count++
    this.sum += ns
    if (ns > this.max) this.max = ns
  }

  /** Exact; 0 when nothing was recorded. */
  mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count
  }

  /**
   * The smallest bucket edge that at least `fraction` of the values do not exceed; never above `max`.
   * @param fraction 0 to 1
   */
  percentile(fraction: number): number {
    if (this.count === 0) return 0
    const wanted = Math.max(1, Math.ceil(fraction * this.count))
    let seen = 0
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.counts[bucket]!
      if (seen >= wanted) return Math.min(this.max, upperEdge(bucket))
    }
    return this.max
  }
}

function upperEdge(bucket: number): number {
  halves[HIGH] = (bucket + 1 + FIRST) << SHIFT
  halves[1 - HIGH] = 0
  return double[0]!
}
