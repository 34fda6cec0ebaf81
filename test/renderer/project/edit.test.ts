import { describe, expect, it } from 'vitest'
import type { Project } from '../../../src/shared/project/schema.ts'
import * as edit from '../../../src/renderer/project/edit.ts'
import { fingerprintOf } from '../../../src/renderer/project/fingerprint.ts'
import { newProject } from '../../../src/renderer/project/new-project.ts'
import { describeProblem, problemsOfProject } from '../../../src/renderer/project/problems.ts'
import { checkProject } from '../../../src/shared/project/parse.ts'

const names = (items: readonly { readonly name: string }[]): string[] => items.map((item) => item.name)

/** Two scenarios on one machine. */
function twoScenarios(): Project {
  const project = newProject()
  edit.duplicateScenario(project, 'scenario')
  return project
}

it('starts from a project that is valid', () => {
  expect(checkProject(newProject(), 'new')).toEqual(newProject())
})

describe('scenarios', () => {
  it('counts on to a free name', () => {
    expect(edit.freeName('a', [])).toBe('a')
    expect(edit.freeName('a', ['a'])).toBe('a 2')
    expect(edit.freeName('a 2', ['a', 'a 2', 'a 3'])).toBe('a 4')
  })

  it('duplicates with a shared machine, right after the original', () => {
    const project = twoScenarios()
    expect(names(project.scenarios)).toEqual(['scenario', 'scenario 2'])
    expect(project.scenarios[1]).toMatchObject({ machine: 'machine', workload: 'workload' })
    expect(project.machines).toHaveLength(1)
  })

  it('adds with a machine and workload of its own', () => {
    const project = newProject()
    expect(edit.addScenario(project, 'scenario')).toBe('scenario 2')
    expect(project.scenarios[1]).toMatchObject({ machine: 'machine 2', workload: 'workload 2' })
    project.machines[1]!.cpus = 8
    expect(project.machines[0]!.cpus).toBe(2)
  })

  it('removes the machine that only the removed scenario used', () => {
    const project = newProject()
    edit.addScenario(project, 'scenario')
    edit.removeScenario(project, 'scenario 2')
    expect(names(project.machines)).toEqual(['machine'])
    expect(names(project.workloads)).toEqual(['workload'])
  })

  it('keeps a machine that another scenario uses, and the last scenario', () => {
    const project = twoScenarios()
    edit.removeScenario(project, 'scenario')
    edit.removeScenario(project, 'scenario 2')
    expect(names(project.scenarios)).toEqual(['scenario 2'])
    expect(names(project.machines)).toEqual(['machine'])
  })
})

describe('names', () => {
  it('renames a machine together with what refers to it', () => {
    const project = twoScenarios()
    edit.renameItem(project, 'machine', 'machine', ' server ')
    expect(names(project.machines)).toEqual(['server'])
    expect(project.scenarios.map((scenario) => scenario.machine)).toEqual(['server', 'server'])
  })

  it('forbids empty, overlong and taken names', () => {
    const items = [{ name: 'a' }, { name: 'b' }]
    expect(edit.nameProblem(items, 'a', ' ')).toMatch(/empty/)
    expect(edit.nameProblem(items, 'a', 'x'.repeat(81))).toMatch(/80/)
    expect(edit.nameProblem(items, 'a', 'b')).toMatch(/used/)
    expect(edit.nameProblem(items, 'a', 'a ')).toBeNull()
  })
})

describe('overrides', () => {
  it('removes one, and the empty record with the last', () => {
    const scenario = newProject().scenarios[0]!
    scenario.set = { 'machine.cpus': 8, 'workload.queueDepth': 4 }
    expect(edit.overridesOf(scenario, 'machine')).toEqual({ cpus: 8 })
    edit.removeOverride(scenario, 'machine.cpus')
    expect(scenario.set).toEqual({ 'workload.queueDepth': 4 })
    edit.removeOverride(scenario, 'workload.queueDepth')
    expect('set' in scenario).toBe(false)
  })
})

describe('kinds of workload', () => {
  it('keeps the queue depth and gives the rest defaults', () => {
    const job = { ...newProject().workloads[0]!, queueDepth: 32 }
    const trace = edit.asKind(job, 'trace', 'builtin:web')
    expect(trace).toMatchObject({
      kind: 'trace',
      name: 'workload',
      file: 'builtin:web',
      queueDepth: 32,
      pace: 'asap',
    })
  })

  it('does not choke on an invalid queue depth', () => {
    const job = { ...newProject().workloads[0]!, queueDepth: 'x' as unknown as number }
    expect(edit.asKind(job, 'trace', 'builtin:web')).toMatchObject({ queueDepth: 8 })
  })
})

it('makes a kernel loop, and a job again, of the same name', () => {
  const [job] = newProject().workloads
  const loop = edit.asKind(job!, 'loop', '')
  expect(loop).toMatchObject({ kind: 'loop', name: 'workload', loop: 'pipe-pages', lists: 256 })
  expect(edit.asLoop(loop, 'vmap')).toMatchObject({ name: 'workload', loop: 'vmap', design: 'per-cpu' })
  expect(edit.asKind(loop, 'job', '')).toMatchObject({ kind: 'job', name: 'workload', queueDepth: 8 })
})

describe('fingerprintOf', () => {
  it('changes with what results depend on, and with nothing else', () => {
    const project = twoScenarios()
    const before = fingerprintOf(project, 'scenario')
    project.notes = 'more'
    project.title = 'other'
    project.scenarios[1]!.set = { 'machine.cpus': 8 }
    expect(fingerprintOf(project, 'scenario')).toBe(before)
    project.machines[0]!.cpus = 8
    expect(fingerprintOf(project, 'scenario')).not.toBe(before)
    project.machines[0]!.cpus = 2
    project.seed = 2
    expect(fingerprintOf(project, 'scenario')).not.toBe(before)
  })
})

describe('problemsOfProject', () => {
  it('is empty for a new project', () => expect(problemsOfProject(newProject())).toEqual([]))

  it('names machine, field and range', () => {
    const project = newProject()
    project.machines[0]!.cpus = 900
    expect(problemsOfProject(project).map(describeProblem)).toEqual([
      'Machine "machine", Processors: must be a whole number from 1 to 64',
    ])
  })

  it('names the project’s own fields', () => {
    const project = { ...newProject(), title: ' ', seed: 'x' as unknown as number }
    expect(problemsOfProject(project).map((problem) => problem.place)).toEqual([
      'Project, title',
      'Project, seed',
    ])
  })

  it('names an override that fits nothing', () => {
    const project = newProject()
    project.scenarios[0]!.set = { 'machine.wings': 2 }
    expect(problemsOfProject(project)[0]?.place).toBe('Scenario "scenario", machine.wings')
  })
})
