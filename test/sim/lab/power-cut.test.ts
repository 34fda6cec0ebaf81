import { afterEach, describe, expect, it, vi } from 'vitest'
import { Media } from '../../../src/sim/devices/media.ts'
import { Random } from '../../../src/sim/engine/random.ts'
import { DirtyBufs } from '../../../src/sim/kernel/bufcache/dirty-bufs.ts'
import type { MachineConfig, RunSpec } from '../../../src/sim/lab/scenario.ts'
import { methodOf } from './method-of.ts'
import { spec, startRun } from './scenarios.ts'
import type { Findings } from './write-record.ts'
import { WriteRecord } from './write-record.ts'

/** Cuts power at many moments: the disk's surface is looked at between two events, and the run goes on unharmed. */
const CUTS = 56
const SPAN_MIB = 2
const BLOCK_KIB = 16
const FAULTS = { mediaErrors: 50_000, shortTransfers: 50_000, lostInterrupts: 2000 }

afterEach(() => vi.restoreAllMocks())

function scenario(path: 'mapped' | 'direct', changes: Partial<MachineConfig>, seed: number): RunSpec {
  const job = { readPercent: 20, requestKiB: 12, queueDepth: 4, requests: 300, spanMiB: SPAN_MIB } as const
  return spec(path, { cacheMiB: 1, blockKiB: BLOCK_KIB, memoryMiB: 8192, ...changes }, job, seed)
}

function eventsOf(run: RunSpec): number {
  const lab = startRun(run)
  let events = 0
  while (!lab.advance(1)) events++
  return events
}

/** Cuts power at `CUTS` random events and at the end. @returns what was wrong */
function cutPower(run: RunSpec, findings: Findings): readonly string[] {
  const random = new Random(run.seed, 100)
  const total = eventsOf(run)
  const moments = Array.from({ length: CUTS }, () => 1 + random.below(total)).toSorted((a, b) => a - b)
  const record = new WriteRecord()
  const lab = startRun(run)
  record.watch(lab)
  let passed = 0
  for (const moment of moments) {
    if (moment > passed) lab.advance(moment - passed)
    passed = moment
    record.cut(SPAN_MIB * 2048, BLOCK_KIB * 2, findings)
  }
  while (!lab.advance(1000)) continue
  const atTheEnd = { ...findings, lost: 0 }
  record.cut(SPAN_MIB * 2048, BLOCK_KIB * 2, atTheEnd)
  expect(atTheEnd.lost).toBe(0)
  const { metrics } = lab.finish({ wallMs: 0, peakRssBytes: 0 }).result
  expect([metrics.io_errors, metrics.verify_errors, metrics.sanitizer_violations]).toEqual([0, 0, 0])
  vi.restoreAllMocks()
  return record.problems
}

const none = (): Findings => ({ early: 0, late: 0, partial: 0, lost: 0 })

describe.each([
  ['ahci-ssd', 1],
  ['ide-disk', 11],
  ['nvme-p4800x', 21],
])('after a power cut %s', (device, seed) => {
  it.each(['through', 'delayed'] as const)(
    'holds, with writes %s, of each sector what it reported or what was on its way',
    (writes) => {
      const clean = none()
      const faulty = none()
      expect(cutPower(scenario('mapped', { device, writes }, seed), clean)).toEqual([])
      expect(cutPower(scenario('direct', { device, writes }, seed + 1), clean)).toEqual([])
      expect(cutPower(scenario('direct', { device, writes, ...FAULTS }, seed + 2), faulty)).toEqual([])
      // Not for want of anything to see: writes were on their way, some half done, and memory was ahead of the disk.
      expect(clean.late).toBeGreaterThan(100)
      expect(clean.early).toBeGreaterThan(50)
      expect([clean.partial, faulty.partial > 0]).toEqual([0, true])
      expect(clean.lost > clean.late).toBe(writes === 'delayed')
    },
  )
})

describe('what a power cut finds shows', () => {
  it('a disk that tears a sector', () => {
    const write = methodOf(Media.prototype, 'write')
    vi.spyOn(Media.prototype, 'write').mockImplementation(function (this: Media, sector, words, base) {
      const bytes = words.slice(base, base + 128)
      if (sector % 64 === 5) bytes.fill(0, 100)
      write.call(this, sector, bytes, 0)
    })
    expect(problemsOf({ writes: 'through' })).toContainEqual(expect.stringMatching(/holds -1, not \d/))
  })

  it('a disk that reports a write and forgets it', () => {
    const write = methodOf(Media.prototype, 'write')
    let count = 0
    vi.spyOn(Media.prototype, 'write').mockImplementation(function (this: Media, sector, words, base) {
      if (++count % 1000 !== 0) write.call(this, sector, words, base)
    })
    expect(problemsOf({ writes: 'through' })).toContainEqual(expect.stringMatching(/holds \d+, not \d/))
  })

  it('a kernel that forgets that a buffer is dirty', () => {
    const bdirty = methodOf(DirtyBufs.prototype, 'bdirty')
    vi.spyOn(DirtyBufs.prototype, 'bdirty').mockImplementation(function (this: DirtyBufs, buf) {
      if (buf.b_lblkno !== 7) bdirty.call(this, buf)
    })
    expect(problemsOf({ writes: 'delayed' })).toContainEqual(
      expect.stringMatching(/neither on the disk nor about to be/),
    )
  })
})

/** The same on a machine with a bug, whose run may end in any way. */
function problemsOf(changes: Partial<MachineConfig>): readonly string[] {
  const record = new WriteRecord()
  const lab = startRun(scenario('direct', changes, 1))
  record.watch(lab)
  const findings = none()
  for (let i = 0; i < 20; i++) {
    lab.advance(200)
    record.cut(SPAN_MIB * 2048, BLOCK_KIB * 2, findings)
  }
  return record.problems
}
