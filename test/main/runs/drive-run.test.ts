import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RunProgress } from '../../../src/main/runs/drive-run.ts'
import { driveRun } from '../../../src/main/runs/drive-run.ts'
import type { Override } from '../../../src/shared/project/resolve.ts'
import { resolveScenario } from '../../../src/shared/project/resolve.ts'
import type { RunSpec } from '../../../src/sim/lab/scenario.ts'
import { failureOf } from '../failure-of.ts'
import { smallProject } from '../small-project.ts'
import { tempFolder } from '../temp-folder.ts'

const folder = tempFolder()
const options = { projectDir: folder, resourcesDir: folder }

function jobSpec(overrides: readonly Override[]): RunSpec {
  const scenario = resolveScenario(smallProject(), 'base', [['machine.fidelity', 'metadata'], ...overrides])
  return { scenario, path: 'direct', seed: 1 }
}

function traceSpec(file: string): RunSpec {
  const spec = jobSpec([])
  const workload = {
    kind: 'trace',
    name: 'trace',
    file,
    format: 'auto',
    pace: 'asap',
    queueDepth: 4,
    limit: 0,
    units: 1,
  } as const
  return { ...spec, scenario: { ...spec.scenario, workload } }
}

describe('driveRun', () => {
  it('runs a job to its end', async () => {
    const run = await driveRun(jobSpec([['workload.requests', 500]]), options)
    if (run === 'cancelled') throw new Error('not asked to')
    expect(run.result).toMatchObject({
      scenario: 'base',
      path: 'direct',
      seed: 1,
      metrics: { requests: 500, verify_errors: 0 },
    })
    expect(run.result.metrics.wall_ms).toBeGreaterThan(0)
    expect(run.result.metrics.peak_rss_bytes).toBeGreaterThan(10_000_000)
    expect(run.series.requests.reduce((sum, count) => sum + count, 0)).toBe(500)
  })

  it('tells its progress at most 20 times a second, and ends soon when it is cancelled', async () => {
    const seen: (RunProgress & { readonly at: number })[] = []
    let cancelledAt = 0
    const run = await driveRun(jobSpec([['workload.requests', 50_000_000]]), {
      ...options,
      onProgress: (progress) => seen.push({ ...progress, at: performance.now() }),
      shouldCancel: () => {
        if (seen.length < 4) return false
        cancelledAt ||= performance.now()
        return true
      },
    })
    expect(run).toBe('cancelled')
    expect(performance.now() - cancelledAt).toBeLessThan(100)
    expect(seen.map((each) => each.requestsTotal)).toEqual([50_000_000, 50_000_000, 50_000_000, 50_000_000])
    seen.slice(1).forEach((each, index) => {
      const before = seen[index]
      expect(each.at - (before?.at ?? 0)).toBeGreaterThanOrEqual(49)
      expect(each.requestsDone).toBeGreaterThan(before?.requestsDone ?? Infinity)
      expect(each.fraction).toBeCloseTo(each.requestsDone / 50_000_000)
    })
  })

  it('lets the event loop turn while it runs', async () => {
    let turns = 0
    const timer = setInterval(() => (turns += 1), 10)
    const shouldCancel = (): boolean => turns >= 3
    const outcome = await driveRun(jobSpec([['workload.requests', 2_000_000]]), { ...options, shouldCancel })
    clearInterval(timer)
    expect(outcome).toBe('cancelled')
  })

  it('replays a trace that lies beside the project', async () => {
    const lines = Array.from({ length: 3000 }, (_, index) => `/dev/sda read ${index * 4096} 4096`)
    const text = [
      'fio version 2 iolog',
      '/dev/sda add',
      '/dev/sda open',
      ...lines,
      '/dev/sda close',
      '',
    ].join('\n')
    writeFileSync(join(folder, 'own.iolog'), text)
    const run = await driveRun(traceSpec('own.iolog'), options)
    expect(run).toMatchObject({ result: { metrics: { requests: 3000, bytes: 3000 * 4096 } } })
  })

  it('names the line of a broken trace', async () => {
    writeFileSync(
      join(folder, 'bad.iolog'),
      'fio version 2 iolog\n/dev/sda add\n/dev/sda open\n/dev/sda read x 4096\n',
    )
    const failure = await failureOf(() => driveRun(traceSpec('bad.iolog'), options))
    expect(failure.place).toBe(`${join(folder, 'bad.iolog')}, line 4`)
  })

  it('says that a trace is not there', async () => {
    expect((await failureOf(() => driveRun(traceSpec('none.iolog'), options))).code).toBe('not-found')
  })

  it('names the fields of a scenario that do not fit together', async () => {
    const failure = await failureOf(() =>
      driveRun(
        jobSpec([
          ['machine.diskGiB', 1],
          ['workload.spanMiB', 4096],
        ]),
        options,
      ),
    )
    expect(failure).toMatchObject({ code: 'bad-project', place: 'scenario "base", workload.spanMiB' })
  })
})
