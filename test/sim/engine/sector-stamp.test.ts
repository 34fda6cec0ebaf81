import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stampMatches, stampVersion, writeStamp } from '../../../src/sim/engine/sector-stamp.ts'

const sector = fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 2 ** 42 }))
const version = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 0xffffffff }))

function stamped(of: number, inVersion: number, base = 0): Int32Array {
  const words = new Int32Array(base + 128)
  writeStamp(words, base, of, inVersion)
  return words
}

describe('sector stamps', () => {
  it('match what they were made of, at any place', () => {
    fc.assert(
      fc.property(sector, version, fc.integer({ min: 0, max: 300 }), (of, inVersion, base) => {
        const words = stamped(of, inVersion, base)
        expect(stampMatches(words, base, of, inVersion)).toBe(true)
        expect(stampVersion(words, base, of)).toBe(inVersion)
        expect(words.subarray(0, base).every((word) => word === 0)).toBe(true)
      }),
    )
  })

  it('do not match with any single bit flipped', () => {
    const words = stamped(123_456_789_012, 77)
    for (let bit = 0; bit < 4096; bit++) {
      words[bit >> 5]! ^= 1 << (bit & 31)
      expect(stampMatches(words, 0, 123_456_789_012, 77)).toBe(false)
      expect(stampVersion(words, 0, 123_456_789_012)).toBe(-1)
      words[bit >> 5]! ^= 1 << (bit & 31)
    }
    expect(stampMatches(words, 0, 123_456_789_012, 77)).toBe(true)
  })

  it('do not match another sector or version', () => {
    fc.assert(
      fc.property(sector, version, sector, version, (of, inVersion, other, otherVersion) => {
        fc.pre(of !== other || inVersion !== otherVersion)
        expect(stampMatches(stamped(of, inVersion), 0, other, otherVersion)).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it('tell sectors 2^32 apart', () => {
    expect(stampMatches(stamped(5, 1), 0, 5 + 2 ** 32, 1)).toBe(false)
    expect(stampVersion(stamped(5, 1), 0, 5 + 2 ** 32)).toBe(-1)
  })

  it('do not match a sector cut and joined from two versions or two sectors', () => {
    for (let at = 1; at < 128; at++) {
      const cut = stamped(9, 1)
      cut.set(stamped(9, 2).subarray(at), at)
      // Word 0 is the sector number, the same in both versions.
      expect(stampVersion(cut, 0, 9)).toBe(at === 1 ? 2 : -1)
      cut.set(stamped(9, 1))
      cut.set(stamped(10, 1).subarray(at), at)
      expect(stampVersion(cut, 0, 9)).toBe(-1)
    }
  })
})
