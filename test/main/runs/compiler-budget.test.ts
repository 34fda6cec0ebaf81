import { expect, it } from 'vitest'
import { inliningFor } from '../../../src/main/runs/compiler-budget.ts'

it('has more inlined for the first run of a thread if that is long, or may be', () => {
  const short = inliningFor(20_000, true)
  const long = inliningFor(1_000_000, true)
  expect(long.cumulative).toBeGreaterThan(short.cumulative)
  expect(inliningFor(Infinity, true)).toEqual(long)
  expect(inliningFor(999_999, true)).toEqual(short)
})

it('has no more inlined for later runs, however long', () => {
  expect(inliningFor(20_000_000, false)).toEqual(inliningFor(20_000, true))
})
