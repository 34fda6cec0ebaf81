import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSound, MAGIC_INODE, sealOf, sealSector } from '../../../../src/sim/kernel/fs/meta-sector.ts'

const WORDS = 128
const BASE = 256

function sealed(content: readonly number[], self: number): Int32Array {
  const words = new Int32Array(1024).fill(7)
  words.set(content, BASE + 2)
  sealSector(words, BASE, MAGIC_INODE, self)
  return words
}

describe('a sector of metadata', () => {
  const content = fc.array(fc.integer(), { minLength: 125, maxLength: 125 })

  it('is sound once it is sealed, and for its own place and kind alone', () => {
    fc.assert(
      fc.property(content, fc.nat(1e9), (words, self) => {
        const sector = sealed(words, self)
        expect(isSound(sector, BASE, MAGIC_INODE, self)).toBe(true)
        expect(isSound(sector, BASE, MAGIC_INODE, self + 1)).toBe(false)
        expect(isSound(sector, BASE, MAGIC_INODE + 1, self)).toBe(false)
        expect(sector.subarray(0, BASE).every((word) => word === 7)).toBe(true)
        expect(sector[BASE + WORDS]).toBe(7)
      }),
    )
  })

  it('is not sound any more after any change', () => {
    fc.assert(
      fc.property(
        content,
        fc.nat(WORDS - 1),
        fc.integer({ min: 1, max: 0xffffffff }),
        (words, at, change) => {
          const sector = sealed(words, 5)
          sector[BASE + at]! ^= change
          expect(isSound(sector, BASE, MAGIC_INODE, 5)).toBe(false)
        },
      ),
    )
  })

  it('carries a checksum that tells an older content from a newer', () => {
    const older = sealed([1, 2, 3], 9)
    expect(sealOf(older, BASE)).not.toBe(sealOf(sealed([1, 2, 4], 9), BASE))
    expect(sealOf(older, BASE)).toBe(sealSector(older, BASE, MAGIC_INODE, 9))
  })
})
