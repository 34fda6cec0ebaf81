/**
 * Seeded random numbers: xoshiro128** (Blackman and Vigna, 2018), seeded through splitmix32. Integer arithmetic only, so
 * every platform draws the same numbers.
 */
export class Random {
  private a: number
  private b: number
  private c: number
  private d: number

  /** @param stream separates independent sequences of one seed, so that adding a consumer does not disturb another */
  constructor(seed: number, stream: number) {
    let state = (seed ^ Math.imul(stream + 1, 0x9e3779b9)) | 0
    const splitmix = (): number => {
      state = (state + 0x9e3779b9) | 0
      let z = state
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
      return (z ^ (z >>> 15)) >>> 0
    }
    this.a = splitmix()
    this.b = splitmix()
    this.c = splitmix()
    this.d = splitmix() | 1
  }

  /** A whole number, 0 to 2^32 - 1. */
  uint32(): number {
    const result = scrambled(this.b)
    const shifted = this.b << 9
    this.c ^= this.a
    this.d ^= this.b
    this.b ^= this.c
    this.a ^= this.d
    this.c ^= shifted
    this.d = (this.d << 11) | (this.d >>> 21)
    return result >>> 0
  }

  /** 0 inclusive to 1 exclusive, in steps of 2^-53: the upper bits of two numbers, drawn with the state at hand. */
  unit(): number {
    let { a, b, c, d } = this
    const high = scrambled(b) >>> 5
    let shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    const low = scrambled(b) >>> 6
    shifted = b << 9
    c ^= a
    d ^= b
    this.b = b ^ c
    this.a = a ^ d
    this.c = c ^ shifted
    this.d = (d << 11) | (d >>> 21)
    return (high * 67108864 + low) / 9007199254740992
  }

  /** A whole number, 0 to n - 1. @param n up to 2^53 */
  below(n: number): number {
    return Math.floor(this.unit() * n)
  }
}

/** The number that a state gives, as a signed one, which V8 hands from call to call without an allocation. */
function scrambled(b: number): number {
  const product = Math.imul(b, 5)
  return Math.imul((product << 7) | (product >>> 25), 9)
}
