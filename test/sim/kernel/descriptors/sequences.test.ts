import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Tally } from './sequence.ts'
import { runSequence } from './sequence.ts'

const SEQUENCES = 1000
const STEPS = 300
/** A sequence to repeat, as the message of a failed one names it. */
const { SEQUENCE } = process.env

it('show the same bytes through every view, leak nothing, and never go through a stale TLB entry', () => {
  if (SEQUENCE !== undefined) {
    runSequence(Number(SEQUENCE), STEPS)
    return
  }
  const tally: Tally = {}
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      for (const [what, count] of Object.entries(runSequence(seed, STEPS)))
        tally[what] = (tally[what] ?? 0) + count
    }),
    { numRuns: SEQUENCES, endOnFailure: true },
  )
  const kinds = Object.keys(tally)
  expect(kinds.filter((what) => what.startsWith('opened'))).toHaveLength(17)
  expect(kinds.filter((what) => what.startsWith('read'))).toHaveLength(11)
  expect(Object.entries(tally).filter(([, count]) => count < SEQUENCES / 4)).toEqual([])
})
