import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/sim/engine/random.ts'
import type { IoPath, MachineConfig, RunSpec } from '../../../src/sim/lab/scenario.ts'
import { fsckOf, wrongData } from './file-system.ts'
import { spec, startRun } from './scenarios.ts'

/** Cuts power at many moments: the disk's surface is checked between two events, and the run goes on unharmed. */
const CUTS = 30

function scenario(path: IoPath, device: string, changes: Partial<MachineConfig>, seed: number): RunSpec {
  return spec(
    path,
    { device, blockKiB: 4, cacheMiB: 1, readAhead: 8, ...changes },
    {
      target: 'files',
      files: 3,
      fileMiB: 5,
      // All that is written has to be given a block first, and most of it an indirect block.
      holePercent: 100,
      metadataPercent: 10,
      readPercent: 20,
      requestKiB: 12,
      queueDepth: 4,
      requests: 120,
    },
    seed,
  )
}

function eventsOf(run: RunSpec): number {
  const lab = startRun(run)
  let events = 0
  while (!lab.advance(1)) events++
  return events
}

/** @returns at each of the cuts, what is wrong and how many blocks nobody has; and the same at the end, with the data */
function cutPower(run: RunSpec) {
  const random = new Random(run.seed, 100)
  const total = eventsOf(run)
  const moments = Array.from({ length: CUTS }, () => 1 + random.below(total)).toSorted((a, b) => a - b)
  const lab = startRun(run)
  const problems: string[] = []
  let leaked = 0
  let growing = 0
  let passed = 0
  for (const moment of moments) {
    if (moment > passed) lab.advance(moment - passed)
    passed = moment
    const report = fsckOf(lab)
    problems.push(...report.problems)
    leaked += report.leaked.length
    growing = report.blocks.reduce((sum, blocks) => sum + blocks.size, 0)
  }
  while (!lab.advance(1000)) continue
  const report = fsckOf(lab)
  const { metrics } = lab.finish({ wallMs: 0, peakRssBytes: 0 }).result
  const atTheEnd = [...report.problems, ...report.leaked, ...wrongData(lab, report)]
  return { problems, leaked, growing, atTheEnd, metrics }
}

describe.each(['ahci-ssd', 'ide-disk', 'nvme-p4800x'])('after a power cut on %s', (device) => {
  it.each(['mapped', 'direct'] as const)(
    'files written through have sound metadata, and at worst free blocks that are called used, on the path %s',
    (path) => {
      const found = cutPower(scenario(path, device, { writes: 'through' }, 3))
      expect(found.problems).toEqual([])
      expect(found.atTheEnd).toEqual([])
      // Not for want of anything to see: blocks were on their way into files at many cuts.
      expect(found.leaked).toBeGreaterThan(5)
      expect(found.growing).toBeGreaterThan(100)
      expect([found.metrics.verify_errors, found.metrics.io_errors]).toEqual([0, 0])
    },
  )

  it('files whose writes are delayed are sound once they are synchronised, and only then', () => {
    const found = cutPower(scenario('direct', device, { writes: 'delayed' }, 4))
    expect(found.atTheEnd).toEqual([])
    expect([found.metrics.verify_errors, found.metrics.io_errors]).toEqual([0, 0])
  })
})
