import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useProject } from '../../../src/renderer/stores/project.ts'
import { useRunChoice } from '../../../src/renderer/stores/run-choice.ts'
import type { Failure } from '../../../src/shared/ipc/contract.ts'
import { failWith, fakeHost } from '../fake-bridge.ts'
import type { Replies } from '../fake-bridge.ts'
import { withStores } from '../with-stores.ts'

const TOO_MUCH: Failure = {
  code: 'bad-project',
  place: 'scenario "base", machine.cacheMiB',
  message: 'is too much',
  remedy: 'Lower it.',
}

function lab(check: NonNullable<Replies['run.check']>) {
  const host = fakeHost({ 'run.check': check })
  const stores = withStores(host, () => ({ projects: useProject(), choice: useRunChoice() }))
  stores.projects.startNew()
  return { host, ...stores }
}

/** Lets the host be asked, and answer. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(300)

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe('what the host says against the chosen runs', () => {
  it('is a problem of the project, and keeps it from running', async () => {
    const { choice } = lab(() => [TOO_MUCH])
    await settle()
    expect(choice.problems).toEqual([
      { place: 'Scenario "base", Buffer cache', message: 'is too much. Lower it.' },
    ])
    expect(choice.canRun).toBe(false)
  })

  it('is asked once for several edits in a row, and again for other paths', async () => {
    const { host, projects, choice } = lab(() => [])
    await settle()
    for (const cpus of [3, 4, 5]) {
      projects.project!.machines[0]!.cpus = cpus
      await vi.advanceTimersByTimeAsync(50)
    }
    await settle()
    expect(host.inputsOf('run.check')).toMatchObject([{}, { project: { machines: [{ cpus: 5 }] } }])
    choice.paths = ['direct-map']
    await settle()
    expect(host.inputsOf('run.check')).toHaveLength(3)
    expect(host.inputsOf('run.check')[2]).toMatchObject({ runs: [{ path: 'direct-map' }] })
    expect(choice.canRun).toBe(true)
  })

  it('is not asked while a field is invalid, and forgotten then', async () => {
    const { host, projects, choice } = lab(() => [TOO_MUCH])
    await settle()
    projects.project!.machines[0]!.cacheMiB = 0
    await settle()
    expect(host.inputsOf('run.check')).toHaveLength(1)
    expect(choice.problems.map(({ place }) => place)).toEqual(['Machine "machine", Buffer cache'])
  })

  it('does not count when it comes after another edit', async () => {
    const answers: ((failures: readonly Failure[]) => void)[] = []
    const { projects, choice } = lab(() => new Promise((resolve) => answers.push(resolve)))
    await settle()
    projects.project!.machines[0]!.cpus = 8
    await settle()
    answers[1]!([])
    answers[0]!([TOO_MUCH])
    await settle()
    expect(choice.problems).toEqual([])
  })

  it('is nothing when the host cannot be asked: starting the runs will tell', async () => {
    const { choice } = lab(failWith({ code: 'io-error', message: 'lost' }))
    await settle()
    expect([choice.problems, choice.canRun]).toEqual([[], true])
  })
})
