/**
 * What a sector holds in the lab: 128 words made of its number and the version last written. The stamp can be checked
 * anywhere in the system without the original at hand, and a sector that went to the wrong place, came from the wrong
 * place, was cut, or is out of date does not match.
 */

const WORDS = 128
/** As signed numbers: sums then stay in integer arithmetic. Words are made and compared six at a time, 21 times for a sector. */
const STEP = 0x9e3779b9 | 0
const STEP_2 = Math.imul(STEP, 2)
const STEP_3 = Math.imul(STEP, 3)
const STEP_4 = Math.imul(STEP, 4)
const STEP_5 = Math.imul(STEP, 5)
const STEP_6 = Math.imul(STEP, 6)

function seedOf(sector: number, version: number): number {
  let h = (sector | 0) ^ Math.imul(Math.floor(sector / 0x100000000) + 1, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad) ^ version
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return h ^ (h >>> 15)
}

/** @param base index of the sector's first word */
export function writeStamp(words: Int32Array, base: number, sector: number, version: number): void {
  let word = seedOf(sector, version)
  words[base] = sector | 0
  words[base + 1] = version | 0
  for (let i = base + 2; i < base + WORDS; i += 6) {
    words[i] = word
    words[i + 1] = (word + STEP) | 0
    words[i + 2] = (word + STEP_2) | 0
    words[i + 3] = (word + STEP_3) | 0
    words[i + 4] = (word + STEP_4) | 0
    words[i + 5] = (word + STEP_5) | 0
    word = (word + STEP_6) | 0
  }
}

/** Whether all 512 bytes are the stamp of this sector in this version. */
export function stampMatches(words: Int32Array, base: number, sector: number, version: number): boolean {
  if (words[base] !== (sector | 0) || words[base + 1] !== (version | 0)) return false
  let word = seedOf(sector, version)
  // All words are looked at, and none compared by itself: that keeps the loop in integer arithmetic and without a branch.
  let differences = 0
  for (let i = base + 2; i < base + WORDS; i += 6) {
    differences |=
      (words[i]! ^ word) |
      (words[i + 1]! ^ (word + STEP)) |
      (words[i + 2]! ^ (word + STEP_2)) |
      (words[i + 3]! ^ (word + STEP_3)) |
      (words[i + 4]! ^ (word + STEP_4)) |
      (words[i + 5]! ^ (word + STEP_5))
    word = (word + STEP_6) | 0
  }
  return differences === 0
}

/** The version of a proper stamp of this sector, or -1 when the bytes are something else. */
export function stampVersion(words: Int32Array, base: number, sector: number): number {
  const version = words[base + 1]! >>> 0
  return stampMatches(words, base, sector, version) ? version : -1
}
