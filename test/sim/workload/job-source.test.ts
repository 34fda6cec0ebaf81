import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/sim/engine/random.ts'
import type { JobPlan } from '../../../src/sim/workload/job-source.ts'
import { JobSource } from '../../../src/sim/workload/job-source.ts'
import type { IoRequest } from '../../../src/sim/workload/request-source.ts'

const PLAN: JobPlan = {
  pattern: 'sequential',
  randomPercent: 50,
  readPercent: 70,
  requestBytes: 4096,
  requests: 1000,
  spanBytes: 1024 * 1024,
  mix: [],
  files: 0,
}

function all(changes: Partial<JobPlan>, seed = 1): IoRequest[] {
  const source = new JobSource({ ...PLAN, ...changes }, new Random(seed, 1))
  const list: IoRequest[] = []
  for (;;) {
    const request = { kind: 0, write: false, offset: -1, bytes: -1, atNs: -1 }
    if (!source.next(request)) {
      expect(request).toEqual({ kind: 0, write: false, offset: -1, bytes: -1, atNs: -1 })
      return list
    }
    list.push(request)
  }
}

describe('JobSource', () => {
  it('goes through the span in order, and starts again', () => {
    const offsets = all({ requests: 600 }).map((request) => request.offset)
    expect(offsets).toEqual(Array.from({ length: 600 }, (_, i) => (i % 256) * 4096))
  })

  it('draws places evenly when random', () => {
    const list = all({ pattern: 'random', requests: 25_600 })
    const counts = new Map<number, number>()
    for (const { offset } of list) counts.set(offset, (counts.get(offset) ?? 0) + 1)
    expect(counts.size).toBe(256)
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(60)
  })

  it('continues where the last request ended, but for the random share', () => {
    const list = all({ pattern: 'mixed', randomPercent: 30, requests: 20_000, spanBytes: 2 ** 32 })
    const follows = list.filter((request, i) => i > 0 && request.offset === list[i - 1]!.offset + 4096)
    expect(follows.length / list.length).toBeGreaterThan(0.68)
    expect(follows.length / list.length).toBeLessThan(0.72)
    const pure = (percent: number): number[] =>
      all({ pattern: 'mixed', randomPercent: percent }).map((request) => request.offset)
    expect(pure(0)).toEqual(all({}).map((request) => request.offset))
    expect(new Set(pure(100)).size).toBeGreaterThan(200)
  })

  it.each([0, 25, 100])('reads %d percent', (readPercent) => {
    const list = all({ readPercent, requests: 20_000 })
    const share = list.filter((request) => !request.write).length / 200
    expect(Math.abs(share - readPercent)).toBeLessThanOrEqual(readPercent % 100 === 0 ? 0 : 1.5)
  })

  it('stays in its span and aligned, whatever the sizes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('sequential' as const, 'random' as const, 'mixed' as const),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(),
        (pattern, kib, mib, seed) => {
          const requestBytes = kib * 1024
          const list = all({ pattern, requestBytes, spanBytes: mib * 1024 * 1024, requests: 100 }, seed)
          expect(list.length).toBe(100)
          for (const { offset, bytes, atNs } of list) {
            expect([bytes, atNs, offset % requestBytes]).toEqual([requestBytes, 0, 0])
            expect(offset).toBeGreaterThanOrEqual(0)
            expect(offset + bytes).toBeLessThanOrEqual(mib * 1024 * 1024)
          }
        },
      ),
    )
  })

  it('gives each kind of request its share, and leaves the rest to block requests', () => {
    const list = all({
      mix: [
        { kind: 1, percent: 20 },
        { kind: 2, percent: 0 },
        { kind: 3, percent: 5 },
      ],
      requests: 20_000,
    })
    const share = (kind: number): number => list.filter((request) => request.kind === kind).length / 200
    expect(Math.abs(share(1) - 20)).toBeLessThan(1.5)
    expect(share(2)).toBe(0)
    expect(Math.abs(share(3) - 5)).toBeLessThan(1)
    expect(Math.abs(share(0) - 75)).toBeLessThan(1.5)
  })
})
