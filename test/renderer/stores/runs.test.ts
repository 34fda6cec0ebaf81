import { describe, expect, it, vi } from 'vitest'
import { flushPromises } from '@vue/test-utils'
import { useDialogs } from '../../../src/renderer/stores/dialogs.ts'
import { useProject } from '../../../src/renderer/stores/project.ts'
import { useRuns } from '../../../src/renderer/stores/runs.ts'
import { failWith, fakeHost } from '../fake-bridge.ts'
import type { FakeHost, Replies } from '../fake-bridge.ts'
import { direct, finished, mapped } from '../samples.ts'
import { withStores } from '../with-stores.ts'

function lab(replies: Replies = {}) {
  const host = fakeHost({
    'run.start': () => ({ batch: 'b1' }),
    'run.cancel': () => ({ cancelled: true }),
    ...replies,
  })
  return withStores(host, () => {
    const projects = useProject()
    projects.startNew()
    return { host, projects, runs: useRuns(), dialogs: useDialogs() }
  })
}

const start = (runs: ReturnType<typeof useRuns>) => runs.start(['scenario'], ['mapped', 'direct'])

function finish(host: FakeHost, index: number, batch = 'b1'): void {
  host.tell('run.result', { batch, index, ...finished(index === 0 ? mapped() : direct()) })
}

describe('runs', () => {
  it('asks for one run for each path, with the project and its seed', async () => {
    const { host, runs, projects } = lab()
    projects.project!.seed = 7
    await start(runs)
    expect(host.inputsOf('run.start')).toMatchObject([
      {
        seed: 7,
        token: null,
        project: { title: 'Untitled', seed: 7 },
        runs: [
          { scenario: 'scenario', path: 'mapped' },
          { scenario: 'scenario', path: 'direct' },
        ],
      },
    ])
  })

  it('shows progress of each run and of all', async () => {
    const { host, runs } = lab()
    await start(runs)
    const progress = { requestsDone: 5, requestsTotal: 10, fraction: 0.5, simulatedNs: 9, wallMs: 1 }
    host.tell('run.progress', { batch: 'b1', index: 1, scenario: 'scenario', path: 'direct', ...progress })
    expect(runs.rows.map((row) => row.state)).toEqual(['waiting', 'running'])
    expect(runs.fraction).toBe(0.25)
  })

  it('keeps results in the order of the paths and ends', async () => {
    const { host, runs } = lab()
    await start(runs)
    finish(host, 1)
    finish(host, 0)
    host.tell('run.ended', { batch: 'b1', status: 'done' })
    expect(runs.status).toBe('done')
    expect(runs.resultsOf('scenario').map((run) => run.result.path)).toEqual(['mapped', 'direct'])
  })

  it('keeps what is done when it is cancelled', async () => {
    const { host, runs } = lab()
    await start(runs)
    finish(host, 0)
    await runs.cancel()
    host.tell('run.ended', { batch: 'b1', status: 'cancelled' })
    expect(host.inputsOf('run.cancel')).toEqual([{ batch: 'b1' }])
    expect(runs.rows.map((row) => row.state)).toEqual(['done', 'cancelled'])
    expect(runs.resultsOf('scenario')).toHaveLength(1)
  })

  it('does not lose events that come before the answer', async () => {
    const { host, runs } = lab({
      'run.start': () => {
        finish(host, 0)
        finish(host, 0, 'another batch')
        host.tell('run.ended', { batch: 'b1', status: 'done' })
        return { batch: 'b1' }
      },
    })
    await start(runs)
    expect(runs.status).toBe('done')
    expect(runs.rows[0]?.state).toBe('done')
  })

  it('ignores events of batches that are over', async () => {
    const { host, runs } = lab()
    await start(runs)
    host.tell('run.ended', { batch: 'old', status: 'failed' })
    finish(host, 0, 'old')
    expect(runs.status).toBe('running')
    expect(runs.resultsOf('scenario')).toEqual([])
  })

  it('drops the other path’s result when it was made with other settings', async () => {
    const { host, runs, projects } = lab()
    await start(runs)
    finish(host, 0)
    finish(host, 1)
    host.tell('run.ended', { batch: 'b1', status: 'done' })
    projects.project!.machines[0]!.cpus = 8
    await runs.start(['scenario'], ['direct'])
    expect(runs.resultsOf('scenario')).toHaveLength(2)
    host.tell('run.result', { batch: 'b1', index: 0, ...finished(direct()) })
    expect(runs.resultsOf('scenario').map((run) => run.result.path)).toEqual(['direct'])
  })

  it('shows why a run could not start', async () => {
    const { runs, dialogs } = lab({
      'run.start': failWith({ code: 'bad-project', message: 'no', place: 'machines[0]' }),
    })
    await start(runs)
    expect(runs.status).toBe('failed')
    expect(dialogs.current).toMatchObject({
      kind: 'failure',
      failure: { message: 'no', place: 'machines[0]' },
    })
  })

  it('shows why a batch failed', async () => {
    const { host, runs, dialogs } = lab()
    await start(runs)
    host.tell('run.ended', {
      batch: 'b1',
      status: 'failed',
      error: { code: 'run-failed', message: 'trace ended' },
    })
    expect(runs.rows.map((row) => row.state)).toEqual(['failed', 'failed'])
    expect(dialogs.current).toMatchObject({ failure: { message: 'trace ended' } })
  })

  it('cancels a batch whose project was closed while it started', async () => {
    let answer = (_: { batch: string }): void => undefined
    const { host, runs } = lab({ 'run.start': () => new Promise((resolve) => (answer = resolve)) })
    void start(runs)
    await flushPromises()
    await runs.clear()
    answer({ batch: 'b1' })
    await flushPromises()
    expect(host.inputsOf('run.cancel')).toEqual([{ batch: 'b1' }])
    expect(runs.status).toBe('idle')
  })

  it('starts nothing while it runs', async () => {
    const reply = vi.fn(() => ({ batch: 'b1' }))
    const { runs } = lab({ 'run.start': reply })
    await start(runs)
    await start(runs)
    expect(reply).toHaveBeenCalledTimes(1)
  })
})
