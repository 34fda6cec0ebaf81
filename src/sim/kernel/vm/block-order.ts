import type { Random } from '../../engine/random.ts'

/**
 * The order in which a zone's untouched blocks come into use: upwards, or, where memory is scattered, in steps that spread
 * over the whole zone, from a random one on. Each comes once.
 */
export class BlockOrder {
  private readonly first: number
  private readonly count: number
  private readonly start: number
  private readonly stride: number
  private step = 0

  constructor(first: number, count: number, scattered: boolean, random: Random) {
    this.first = first
    this.count = count
    this.start = scattered ? random.below(count) : 0
    this.stride = scattered ? coprimeNear(Math.floor(count * 0.381966), count) : 1
  }

  /** @returns the next block, or -1 when all came */
  next(): number {
    if (this.step === this.count) return -1
    return this.first + ((this.start + this.step++ * this.stride) % this.count)
  }
}

/** The smallest number from `start` on that has no common divisor with `size`, so that its multiples meet every residue. */
function coprimeNear(start: number, size: number): number {
  let candidate = Math.max(1, start)
  while (gcd(candidate, size) !== 1) candidate++
  return candidate
}

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}
