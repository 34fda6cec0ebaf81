import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { IO_PATHS } from '../../../src/shared/lab.ts'
import type { Failure } from '../../../src/shared/ipc/contract.ts'
import { FailureError } from '../../../src/shared/ipc/failure.ts'
import { checkProject, parseProject } from '../../../src/shared/project/parse.ts'
import type { Override } from '../../../src/shared/project/resolve.ts'
import { resolveScenario } from '../../../src/shared/project/resolve.ts'
import { FAILING_EXAMPLES } from './failing-examples.ts'
import { startRun } from '../../sim/lab/scenarios.ts'

const FOLDER = join(import.meta.dirname, '../../../resources/projects')

const PROJECT = checkProject(
  {
    format: 'dmalab.project',
    version: 1,
    title: 'Test',
    machines: [{ name: 'pc', cpus: 4, colour: 'beige' }],
    workloads: [
      { kind: 'job', name: 'random' },
      { kind: 'trace', name: 'trace', file: 'builtin:x' },
      { kind: 'loop', name: 'kernel', loop: 'vmap' },
    ],
    scenarios: [
      { name: 'base', machine: 'pc', workload: 'random' },
      {
        name: 'set',
        machine: 'pc',
        workload: 'random',
        set: { 'machine.cpus': 8, 'workload.queueDepth': 2 },
      },
      { name: 'replay', machine: 'pc', workload: 'trace' },
      { name: 'loop', machine: 'pc', workload: 'kernel', set: { 'workload.threads': 4 } },
      { name: 'wrong', machine: 'pc', workload: 'trace', set: { 'workload.requests': 5 } },
    ],
  },
  'test',
)

function failureOf(scenario: string, overrides: readonly Override[]): Failure {
  try {
    resolveScenario(PROJECT, scenario, overrides)
  } catch (error) {
    if (error instanceof FailureError) return error.failure
    throw error
  }
  throw new Error('a failure was expected')
}

describe('resolveScenario', () => {
  it('fills in the machine and the workload', () => {
    const { name, machine, workload } = resolveScenario(PROJECT, 'base')
    expect(name).toBe('base')
    expect(machine).toMatchObject({ name: 'pc', cpus: 4, tlbEntries: 64, memoryMiB: 8192 })
    expect(workload).toMatchObject({ kind: 'job', name: 'random', queueDepth: 8 })
  })

  it('applies the scenario’s own values, then the overrides, last one first in rank', () => {
    expect(resolveScenario(PROJECT, 'set')).toMatchObject({
      machine: { cpus: 8 },
      workload: { queueDepth: 2 },
    })
    const overrides: Override[] = [
      ['machine.cpus', 2],
      ['machine.cpus', 16],
      ['machine.fidelity', 'metadata'],
    ]
    expect(resolveScenario(PROJECT, 'set', overrides)).toMatchObject({
      machine: { cpus: 16, fidelity: 'metadata' },
      workload: { queueDepth: 2 },
    })
    expect(resolveScenario(PROJECT, 'base', overrides).machine.cpus).toBe(16)
    expect(PROJECT.machines[0]!.cpus).toBe(4)
  })

  it('takes the fields of a trace for a trace', () => {
    expect(resolveScenario(PROJECT, 'replay', [['workload.limit', 500]]).workload).toMatchObject({
      limit: 500,
    })
  })

  it('takes the fields of its own loop for a kernel loop', () => {
    expect(resolveScenario(PROJECT, 'loop', [['workload.design', 'one-lock']]).workload).toMatchObject({
      loop: 'vmap',
      design: 'one-lock',
      threads: 4,
    })
  })

  it.each<[string, Override[], string, RegExp, RegExp]>([
    ['loop', [['workload.loop', 'pipe-pages']], 'workload.loop', /not a field/, /workload\.design/],
    ['loop', [['workload.lists', 5]], 'workload.lists', /not a field/, /workload\.design/],
    ['loop', [['workload.threads', 65]], 'workload.threads', /64/, /allowed range/],
    ['loop', [['workload.design', 'two-locks']], 'workload.design', /one-lock/, /allowed range/],
    ['none', [], 'scenario', /"none" does not exist/, /base, set, replay, loop, wrong/],
    ['base', [['cpus', 8]], 'cpus', /not a field/, /machine\. or workload\./],
    ['base', [['disk.size', 8]], 'disk.size', /not a field/, /machine\./],
    ['base', [['machine.cpu', 8]], 'machine.cpu', /not a field/, /machine\.cpus, /],
    ['base', [['machine.name', 'x']], 'machine.name', /not a field/, /machine\.cpus/],
    ['base', [['machine.__proto__', 1]], 'machine.__proto__', /not a field/, /machine\.cpus/],
    ['base', [['workload.kind', 'trace']], 'workload.kind', /not a field/, /workload\.pattern/],
    ['base', [['workload.limit', 5]], 'workload.limit', /not a field/, /workload\.requests/],
    ['wrong', [], 'workload.requests', /not a field/, /workload\.limit/],
    ['base', [['machine.cpus', 0]], 'machine.cpus', />=1|at least|1/, /allowed range/],
    ['base', [['machine.cpus', 'many']], 'machine.cpus', /number/, /allowed range/],
    ['base', [['machine.tlbWays', 3]], 'machine.tlbWays', /must divide tlbEntries/, /allowed range/],
    ['base', [['workload.pattern', 'zigzag']], 'workload.pattern', /sequential/, /allowed range/],
  ])('names what is wrong: %s %j', (scenario, overrides, place, message, remedy) => {
    const failure = failureOf(scenario, overrides)
    expect(failure).toMatchObject({ code: 'bad-project', place })
    expect(failure.message).toMatch(message)
    expect(failure.remedy).toMatch(remedy)
  })
})

describe('the example projects', () => {
  it.each(readdirSync(FOLDER))('%s: every scenario runs and reads what it wrote', (file) => {
    const project = parseProject(readFileSync(join(FOLDER, file), 'utf8'), file)
    expect(project.question).not.toBe('')
    expect(project.scenarios.length).toBeGreaterThan(1)
    for (const { name } of project.scenarios) {
      const scenario = resolveScenario(project, name)
      const { workload } = scenario
      if (workload.kind !== 'job') continue
      for (const path of IO_PATHS) {
        const limited = { ...scenario, workload: { ...workload, requests: 200 } }
        const run = startRun({ scenario: limited, path, seed: project.seed })
        while (!run.advance(1000)) continue
        const { metrics } = run.finish({ wallMs: 1, peakRssBytes: 1 }).result
        expect(metrics.requests).toBe(200)
        if (FAILING_EXAMPLES.includes(`${file}: ${name}`)) continue
        expect(metrics).toMatchObject({
          io_errors: 0,
          verify_errors: 0,
          tlb_stale_accesses: 0,
          sanitizer_violations: 0,
        })
      }
    }
  })
})
