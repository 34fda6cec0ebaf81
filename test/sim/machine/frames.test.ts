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
