import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { speedscope } from '../../../../src/sim/lab/history/speedscope.ts'
import { spec } from '../scenarios.ts'
import { VARIED_RUNS, historyOf, titleOf } from './recorded-run.ts'

/** What speedscope.app reads, of an evented profile. */
const FILE = z.strictObject({
  $schema: z.literal('https://www.speedscope.app/file-format-schema.json'),
  name: z.string(),
  exporter: z.string(),
  activeProfileIndex: z.number().int().nonnegative(),
  shared: z.strictObject({
    frames: z.array(
      z.strictObject({
        name: z.string(),
        file: z.string().optional(),
        line: z.number().optional(),
        col: z.number().optional(),
      }),
    ),
  }),
  profiles: z.array(
    z.strictObject({
      type: z.literal('evented'),
      name: z.string(),
      unit: z.enum(['none', 'nanoseconds', 'microseconds', 'milliseconds', 'seconds', 'bytes']),
      startValue: z.number(),
      endValue: z.number(),
      events: z.array(
        z.strictObject({
          type: z.enum(['O', 'C']),
          frame: z.number().int().nonnegative(),
          at: z.number(),
        }),
      ),
    }),
  ),
})

type Profile = z.infer<typeof FILE>['profiles'][number]

/** What the importer demands of an evented profile. @returns the time in each frame without what it called */
function checkProfile({ events, startValue, endValue }: Profile, frames: number): Map<number, number> {
  const self = new Map<number, number>()
  const stack: number[] = []
  const faults: object[] = []
  let at = startValue
  for (const event of events) {
    const top = stack.at(-1)
    if (top !== undefined) self.set(top, (self.get(top) ?? 0) + event.at - at)
    const closesTop = event.type === 'O' || stack.pop() === event.frame
    if (event.at < at || event.at > endValue || event.frame >= frames || !closesTop) faults.push(event)
    if (event.type === 'O') stack.push(event.frame)
    at = event.at
  }
  expect(faults).toEqual([])
  expect(stack).toEqual([])
  return self
}

describe('speedscope', () => {
  it.each(VARIED_RUNS.map((run) => ({ title: titleOf(run), run })))(
    'is what its viewer reads: $title',
    ({ run }) => {
      const history = historyOf(run)
      const pieces = [...speedscope(history, { name: 'a "run"', exporter: 'dmalab@1.2.3' })]
      const file = FILE.parse(JSON.parse(pieces.join('')))
      expect([file.name, file.exporter]).toEqual(['a "run"', 'dmalab@1.2.3'])
      expect(file.profiles.map(({ name }) => name)).toEqual(
        Array.from({ length: run.scenario.machine.cpus }, (_, cpu) => `cpu ${cpu}`),
      )
      let told = 0
      for (const profile of file.profiles)
        for (const ns of checkProfile(profile, file.shared.frames.length).values()) told += ns
      let roots = 0
      for (const record of history.records())
        if (record.kind === 'span' && record.depth === 0) roots += record.endNs - record.startNs
      expect(told).toBeGreaterThan(0)
      expect(Math.abs(told - roots)).toBeLessThan(1)
      expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(20_000)
    },
  )

  it('is well formed when only part of a run is held, and when nothing is', () => {
    for (const bytes of [65536, 100_000]) {
      const history = historyOf(spec('mapped', {}, { requests: 400 }), { bytes })
      expect(history.summary().droppedRequests).toBeGreaterThan(0)
      const file = FILE.parse(JSON.parse([...speedscope(history, { name: '', exporter: '' })].join('')))
      for (const profile of file.profiles) checkProfile(profile, file.shared.frames.length)
    }
  })
})
