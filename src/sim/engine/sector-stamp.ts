/**
 * What a sector holds in the lab: 512 bytes made of its number and the version last written. The stamp can be checked
 * anywhere in the system without the original at hand, and a sector that went to the wrong place, came from the wrong
 * place, was cut, or is out of date does not match.
 *
 * Two words say number and version; then come 63 whole numbers in float64, from a hash of both in equal steps. As float64 they are
 * made and compared two words at a time, and all are so large that two that compare equal have the same bits.
 */

const WORDS = 128
const DOUBLES = WORDS / 2
const STEP = 0x9e3779b9
const STEP_2 = 2 * STEP
const STEP_3 = 3 * STEP
const STEP_4 = 4 * STEP
const STEP_5 = 5 * STEP
const STEP_6 = 6 * STEP
const STEP_7 = 7 * STEP

/** The first of the numbers. They stay below 2^53, so that all sums are exact. */
function seedOf(sector: number, version: number): number {
  let h = (sector | 0) ^ Math.imul(Math.floor(sector / 0x100000000) + 1, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad) ^ version
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return ((h ^ (h >>> 15)) >>> 0) * 0x100000 + 1
}

/** The same memory as float64, once for each array of words. */
const views = new WeakMap<Int32Array, Float64Array>()
/** The array that was asked for last: the sectors of a page follow one another. */
let lastWords: Int32Array = new Int32Array(0)
let lastView: Float64Array = new Float64Array(0)

function viewOf(words: Int32Array): Float64Array {
  return words === lastWords ? lastView : findView(words)
}

function findView(words: Int32Array): Float64Array {
  let view = views.get(words)
  if (view === undefined) {
    view = new Float64Array(words.buffer, words.byteOffset, words.length >> 1)
    views.set(words, view)
  }
  lastWords = words
  lastView = view
  return view
}

/** Holds a sector that begins in the middle of 8 bytes, where no float64 can be. */
const moved = new Int32Array(WORDS)

/** @param words from a multiple of 8 bytes on @param base index of the sector's first word */
export function writeStamp(words: Int32Array, base: number, sector: number, version: number): void {
  if ((base & 1) !== 0) {
    writeStamp(moved, 0, sector, version)
    words.set(moved, base)
    return
  }
  words[base] = sector | 0
  words[base + 1] = version | 0
  const doubles = viewOf(words)
  const first = base >> 1
  let number = seedOf(sector, version)
  for (let i = first + 1; i < first + DOUBLES; i += 7) {
    doubles[i] = number
    doubles[i + 1] = number + STEP
    doubles[i + 2] = number + STEP_2
    doubles[i + 3] = number + STEP_3
    doubles[i + 4] = number + STEP_4
    doubles[i + 5] = number + STEP_5
    doubles[i + 6] = number + STEP_6
    number += STEP_7
  }
}

/** Whether all 512 bytes are the stamp of this sector in this version. Arguments as those of writeStamp. */
export function stampMatches(words: Int32Array, base: number, sector: number, version: number): boolean {
  if (words[base] !== (sector | 0) || words[base + 1] !== (version | 0)) return false
  if ((base & 1) !== 0) {
    moved.set(words.subarray(base, base + WORDS))
    return stampMatches(moved, 0, sector, version)
  }
  const doubles = viewOf(words)
  const first = base >> 1
  let number = seedOf(sector, version)
  for (let i = first + 1; i < first + DOUBLES; i += 7) {
    if (
      doubles[i] !== number ||
      doubles[i + 1] !== number + STEP ||
      doubles[i + 2] !== number + STEP_2 ||
      doubles[i + 3] !== number + STEP_3 ||
      doubles[i + 4] !== number + STEP_4 ||
      doubles[i + 5] !== number + STEP_5 ||
      doubles[i + 6] !== number + STEP_6
    )
      return false
    number += STEP_7
  }
  return true
}

/** The version of a proper stamp of this sector, or -1 when the bytes are something else. */
export function stampVersion(words: Int32Array, base: number, sector: number): number {
  const version = words[base + 1]! >>> 0
  return stampMatches(words, base, sector, version) ? version : -1
}
