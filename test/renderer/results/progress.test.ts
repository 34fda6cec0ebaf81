import { expect, it } from 'vitest'
import { describeProgress, percentOf } from '../../../src/renderer/results/progress.ts'
import type { RunRow } from '../../../src/renderer/stores/runs.ts'

const row = (state: RunRow['state'], own: Partial<RunRow['progress']> = {}): RunRow => ({
  scenario: 's',
  path: 'mapped',
  state,
  progress: {
    requestsDone: 5000,
    requestsTotal: 50_000,
    fraction: 0.1,
    simulatedNs: 64e6,
    wallMs: 100,
    ...own,
  },
})

it('tells requests, simulated time and speed', () => {
  expect(describeProgress(row('running'))).toBe(
    '5,000 of 50,000 requests · 64 ms simulated · 50,000 requests/s',
  )
})

it('leaves out what is not known', () => {
  expect(describeProgress(row('running', { requestsTotal: null, wallMs: 0 }))).toBe(
    '5,000 requests · 64 ms simulated',
  )
})

it('says how a run ended early', () => expect(describeProgress(row('cancelled'))).toMatch(/ · cancelled$/))
it('says that a run waits', () => expect(describeProgress(row('waiting'))).toBe('waiting'))

it.each([
  [0.999, 99],
  [1, 100],
  [1.2, 100],
  [-1, 0],
])('shows %d as %d per cent', (fraction, percent) => expect(percentOf(fraction)).toBe(percent))
