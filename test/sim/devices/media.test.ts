import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Media } from '../../../src/sim/devices/media.ts'
import { writeStamp } from '../../../src/sim/engine/sector-stamp.ts'

function read(media: Media, sector: number): Int32Array {
  const words = new Int32Array(128)
  media.read(sector, words, 0)
  return words
}

function stamp(sector: number, version: number): Int32Array {
  const words = new Int32Array(128)
  writeStamp(words, 0, sector, version)
  return words
}

describe('Media', () => {
  it('holds the stamp of version 0 where nothing was written', () => {
    expect(read(new Media(100), 42)).toEqual(stamp(42, 0))
  })

  it('keeps bytes that are no stamp, and stamps of other sectors, until they are overwritten', () => {
    const media = new Media(100)
    const foreign = Int32Array.from({ length: 128 }, (_, i) => i * 3)
    media.write(5, foreign, 0)
    foreign.fill(0)
    media.write(6, stamp(7, 2), 0)
    expect(read(media, 5)[100]).toBe(300)
    expect(read(media, 6)).toEqual(stamp(7, 2))
    media.write(5, stamp(5, 0), 0)
    expect(read(media, 5)).toEqual(stamp(5, 0))
  })

  it('gives back what was last written, as a map of sectors does', () => {
    const write = fc.record({
      sector: fc.oneof(fc.nat(5), fc.constant(2 ** 33 + 1)),
      content: fc.oneof(
        fc.nat(3).map((version) => ({ version })),
        fc.integer().map((fill) => ({ fill })),
      ),
      base: fc.constantFrom(0, 128),
    })
    fc.assert(
      fc.property(fc.array(write, { maxLength: 60 }), (writes) => {
        const media = new Media(2 ** 34)
        const model = new Map<number, Int32Array>()
        for (const { sector, content, base } of writes) {
          const words =
            'version' in content ? stamp(sector, content.version) : new Int32Array(128).fill(content.fill)
          const buffer = new Int32Array(300)
          buffer.set(words, base)
          media.write(sector, buffer, base)
          model.set(sector, words)
        }
        for (const [sector, words] of model) expect(read(media, sector)).toEqual(words)
      }),
    )
  })
})
