import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Frames } from '../../../src/sim/machine/frames.ts'

it('keeps the bytes of frames far apart, and gives a forgotten frame’s memory to the next as zeros', () => {
  const frames = new Frames()
  const pfns = Array.from({ length: 300 }, (_, i) => i * 894_000)
  for (const pfn of pfns) frames.words(pfn)[frames.base + 7] = pfn
  for (const pfn of pfns) expect(frames.words(pfn)[frames.base + 7]).toBe(pfn)
  expect(frames.touched).toBe(300)
  const lost = pfns[5]!
  const bytes = frames.words(lost)
  frames.forget(lost)
  expect(frames.touched).toBe(299)
  expect(frames.words(123)).toBe(bytes)
  expect(bytes[frames.base + 7]).toBe(0)
  expect(frames.words(lost)[frames.base + 7]).toBe(0)
  frames.forget(77)
  expect(frames.touched).toBe(301)
})
it('gives a frame memory on first touch only, and keeps frames apart', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 26 - 1 }), { maxLength: 200 }), (list) => {
      const frames = new Frames()
      const seen = new Set<number>()
      for (const pfn of list) {
        const words = frames.words(pfn)
        if (seen.has(pfn)) continue
        seen.add(pfn)
        expect(words.subarray(frames.base, frames.base + 1024).every((word) => word === 0)).toBe(true)
        words.fill(pfn + 1, frames.base, frames.base + 1024)
      }
      expect(frames.touched).toBe(seen.size)
      for (const pfn of seen) {
        const words = frames.words(pfn)
        expect(words.subarray(frames.base, frames.base + 1024).every((word) => word === pfn + 1)).toBe(true)
      }
      expect(frames.touched).toBe(seen.size)
    }),
    { numRuns: 30 },
  )
})
