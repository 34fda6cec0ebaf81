import { describe, expect, it } from 'vitest'
import { checkScenario } from '../../../src/sim/lab/check-scenario.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import type { JobWorkload, MachineConfig, TraceWorkload } from '../../../src/sim/lab/scenario.ts'
import { scenarioErrorOf } from './scenario-error-of.ts'
import { machine, runToEnd, spec, startRun } from './scenarios.ts'

const TRACE: TraceWorkload = {
  kind: 'trace',
  name: 'trace',
  file: 'builtin:any',
  format: 'auto',
  pace: 'asap',
  queueDepth: 32,
  limit: 0,
  units: 1,
}

describe('checkScenario', () => {
  it.each<[Partial<MachineConfig>, Partial<JobWorkload>, string, string, string]>([
    [
      { cacheMiB: 1, blockKiB: 16 },
      { queueDepth: 9 },
      'machine.cacheMiB',
      '64 buffers',
      'Set it to 2 or more',
    ],
    [{ cacheMiB: 4, blockKiB: 64 }, { queueDepth: 33 }, 'machine.cacheMiB', 'can hold 66', 'Set it to 5'],
    [{ cacheMiB: 33, memoryMiB: 64 }, {}, 'machine.cacheMiB', 'more than half', 'raise machine.memoryMiB'],
    [
      { cacheMiB: 1, writes: 'delayed' },
      { queueDepth: 6 },
      'machine.cacheMiB',
      '46 buffers of 16 KiB beside those that stay dirty',
      'Set it to 2 or more',
    ],
    [
      { cacheMiB: 20, pageCacheMiB: 13, memoryMiB: 64 },
      {},
      'machine.pageCacheMiB',
      '33 MiB, more than half',
      'raise machine.memoryMiB',
    ],
    [{ diskGiB: 1 }, { spanMiB: 1025 }, 'workload.spanMiB', 'disk of 1 GiB', 'raise machine.diskGiB'],
    [{}, { spanMiB: 1, requestKiB: 1025 }, 'workload.requestKiB', 'span of 1 MiB', 'raise workload.spanMiB'],
    [
      { blockKiB: 4 },
      { target: 'files', files: 1, fileMiB: 4096 },
      'workload.fileMiB',
      'but a file can have 1001012',
      'raise machine.blockKiB',
    ],
    [
      { blockKiB: 4 },
      { metadataPercent: 1, files: 100, fileMiB: 1024 },
      'workload.fileMiB',
      'a file system 16777216',
      'Lower it or workload.files',
    ],
    [
      { diskGiB: 1 },
      { target: 'files', files: 16, fileMiB: 64 },
      'workload.fileMiB',
      '1 GiB',
      'machine.diskGiB',
    ],
    [
      { diskGiB: 1 },
      { metadataPercent: 1, files: 1, fileMiB: 64, spanMiB: 960 },
      'workload.fileMiB',
      'has room for',
      'machine.diskGiB',
    ],
    [
      {},
      { target: 'files', files: 1, fileMiB: 1, requestKiB: 1025 },
      'workload.requestKiB',
      'all 1 files of 1 MiB',
      'raise workload.files',
    ],
    [{}, { target: 'files', physioPercent: 1 }, 'workload.physioPercent', 'write over files', 'Set it to 0'],
    [{}, { target: 'files', sendfilePercent: 1 }, 'workload.sendfilePercent', 'disk itself', 'Set it to 0'],
    [{}, { metadataPercent: 60, physioPercent: 41 }, 'workload.metadataPercent', '101 of 100', 'Lower some'],
  ])('names the field: %j %j', (machineChanges, jobChanges, place, message, remedy) => {
    const run = spec('direct', machineChanges, jobChanges)
    const error = scenarioErrorOf(() => checkScenario(run.scenario, run.path))
    expect(error.place).toBe(place)
    expect(error.message).toContain(message)
    expect(error.remedy).toContain(remedy)
    expect(scenarioErrorOf(() => startRun(run)).place).toBe(place)
  })

  it.each<[Partial<MachineConfig>, Partial<JobWorkload>]>([
    [{ cacheMiB: 1, blockKiB: 16 }, { queueDepth: 8 }],
    [
      { cacheMiB: 1, writes: 'delayed' },
      { queueDepth: 5, readPercent: 0, requestKiB: 128 },
    ],
    [{ cacheMiB: 32, memoryMiB: 64 }, {}],
    [{ cacheMiB: 20, pageCacheMiB: 12, memoryMiB: 64 }, {}],
    [{ diskGiB: 1 }, { spanMiB: 1024 }],
    [{}, { spanMiB: 1, requestKiB: 1024 }],
  ])('lets pass what just fits, and it runs: %j %j', (machineChanges, jobChanges) => {
    const run = spec('mapped', machineChanges, { ...jobChanges, requests: 100 })
    expect(() => checkScenario(run.scenario, run.path)).not.toThrow()
    expect(runToEnd(run).metrics).toMatchObject({ requests: 100, verify_errors: 0 })
  })

  it('checks the machine of a trace too', () => {
    const scenario = { name: 'x', machine: { ...machine, cacheMiB: 1 }, workload: TRACE }
    expect(scenarioErrorOf(() => checkScenario(scenario, 'direct')).place).toBe('machine.cacheMiB')
    expect(() => checkScenario({ ...scenario, machine: { ...machine, cacheMiB: 4 } }, 'direct')).not.toThrow()
  })

  it('lets the direct map be asked of 64-bit kernels alone', () => {
    for (const path of IO_PATHS) {
      const run = spec(path, { kernelBits: 32 }, { requests: 20 })
      if (path === 'direct-map') {
        const { place, message, remedy } = scenarioErrorOf(() => startRun(run))
        expect([place, message, remedy]).toEqual([
          'machine.kernelBits',
          expect.stringContaining('is 32, but the path direct-map'),
          expect.stringContaining('Set it to 64'),
        ])
      } else expect(runToEnd(run).metrics).toMatchObject({ verify_errors: 0, sanitizer_violations: 0 })
    }
  })

  it('lets the cache take no more than a quarter of memory on the path copy, which takes as much again', () => {
    const run = (cacheMiB: number) => spec('copy', { cacheMiB, memoryMiB: 64 }, { requests: 100 })
    expect(scenarioErrorOf(() => startRun(run(17)))).toMatchObject({ place: 'machine.cacheMiB' })
    expect(runToEnd(run(16)).metrics).toMatchObject({ requests: 100, verify_errors: 0 })
  })
})
