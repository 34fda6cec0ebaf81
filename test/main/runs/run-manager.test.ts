import { describe, expect, it } from 'vitest'
import { RunManager } from '../../../src/main/runs/run-manager.ts'
import { resolveScenario } from '../../../src/shared/project/resolve.ts'
import type { JobWorkload, RunSpec } from '../../../src/sim/lab/scenario.ts'
import { failureOf } from '../failure-of.ts'
import { smallProject } from '../small-project.ts'
import { tempFolder } from '../temp-folder.ts'
import { TELLS_WHO, fakeWorker } from './fake-worker.ts'

type Event = { readonly event: string; readonly payload: Record<string, unknown> }

const folder = tempFolder()
const scenario = resolveScenario(smallProject(), 'base')
const specs: RunSpec[] = [
  { scenario, path: 'mapped', seed: 0 },
  { scenario, path: 'direct', seed: 1 },
]

/** A manager whose only worker does `body` with each run, after `start`. */
function managerWith(body: string, start = '') {
  const workerFile = fakeWorker(folder, body, start)
  const events: Event[] = []
  const emit = (event: string, payload: unknown): void =>
    void events.push({ event, payload: payload as Record<string, unknown> })
  const manager = new RunManager({ resourcesDir: '/resources', workerFile, emit, jobs: 1 })
  const until = async (event: string): Promise<Event> => {
    for (;;) {
      const found = events.find((each) => each.event === event)
      if (found !== undefined) return found
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  return { manager, events, until }
}

const FOREVER = 'setInterval(() => undefined, 1000)'

describe('RunManager', () => {
  it('gives the worker its task, and passes on what it tells', async () => {
    const { manager, events, until } = managerWith(`
      if (seed === 0) post({ kind: 'progress', progress: { requestsDone: 3, requestsTotal: null, fraction: 0.5, simulatedNs: 9, wallMs: 1 } })
      const result = seed === 0 ? {} : { task: { ...task, cancel: cancel.byteLength } }
      post({ kind: 'result', result, series: { ipis: Float64Array.of(seed) } })`)
    const batch = manager.start(specs, '/project')
    await until('run.ended')
    expect(events).toEqual([
      {
        event: 'run.progress',
        payload: {
          batch,
          index: 0,
          scenario: 'base',
          path: 'mapped',
          requestsDone: 3,
          requestsTotal: null,
          fraction: 0.5,
          simulatedNs: 9,
          wallMs: 1,
        },
      },
      { event: 'run.result', payload: { batch, index: 0, result: {}, series: { ipis: Float64Array.of(0) } } },
      {
        event: 'run.result',
        payload: {
          batch,
          index: 1,
          result: { task: { spec: specs[1], projectDir: '/project', resourcesDir: '/resources', cancel: 4 } },
          series: { ipis: Float64Array.of(1) },
        },
      },
      { event: 'run.ended', payload: { batch, status: 'done' } },
    ])
  })

  it('tells the reason of the first run that failed, once the others are done', async () => {
    const { manager, events, until } = managerWith(`
      if (seed === 2) post({ kind: 'result', result: {}, series: {} })
      else post({ kind: 'failed', error: { code: 'run-failed', message: seed === 0 ? 'first' : 'second' } })`)
    // The second is the longest, and so fails before the first.
    const [mapped, direct] = specs as [RunSpec, RunSpec]
    const long = { ...scenario, workload: { ...scenario.workload, requests: 1_000_000 } as JobWorkload }
    const batch = manager.start([mapped, { ...direct, scenario: long }, { ...mapped, seed: 2 }], null)
    expect((await until('run.ended')).payload).toEqual({
      batch,
      status: 'failed',
      error: { code: 'run-failed', message: 'first' },
    })
    expect(events.map(({ event }) => event)).toEqual(['run.result', 'run.ended'])
  })

  it.each([
    ['throws', `throw new Error('out of luck')`, 'out of luck'],
    ['exits', 'process.exit(3)', 'exit code 3'],
    ['is not there', null, ''],
  ])('tells once that a worker %s', async (_what, body, reason) => {
    const { manager, events, until } = managerWith('', body ?? `await import('./nothing.mjs')`)
    manager.start(specs, null)
    const { payload } = await until('run.ended')
    expect(payload).toMatchObject({ status: 'failed', error: { code: 'run-failed' } })
    expect((payload.error as { message: string }).message).toContain(reason)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(events).toHaveLength(1)
  })

  it('has the runs of the next batch carried out by the worker that is there', async () => {
    const { manager, events } = managerWith(`${TELLS_WHO}; result()`)
    const workers = (): unknown[] =>
      events.filter(({ event }) => event === 'run.result').map(({ payload }) => payload.result)
    for (let batch = 1; batch <= 2; batch += 1) {
      manager.start(specs, null)
      await expect.poll(() => events.filter(({ event }) => event === 'run.ended')).toHaveLength(batch)
    }
    expect(workers()).toEqual(Array(4).fill(workers()[0]))
    await manager.close()
  })

  it('asks a worker to stop', async () => {
    const { manager, until } = managerWith(`
      const wait = () => (Atomics.load(cancel, 0) === 1 ? parentPort.close() : setTimeout(wait, 5))
      wait()`)
    const batch = manager.start(specs, null)
    expect(manager.cancel(batch)).toBe(true)
    expect((await until('run.ended')).payload).toEqual({ batch, status: 'cancelled' })
    expect(manager.cancel(batch)).toBe(false)
  })

  it('terminates a worker that does not listen, within a second', async () => {
    const { manager, until } = managerWith(
      `if (seed === 0) post({ kind: 'result', result: {}, series: {} }); else for (;;);`,
    )
    const batch = manager.start(specs, null)
    await until('run.result')
    const asked = Date.now()
    manager.cancel(batch)
    expect((await until('run.ended')).payload).toEqual({ batch, status: 'cancelled' })
    expect(Date.now() - asked).toBeLessThan(2000)
  })

  it('runs batches beside each other, up to a limit', async () => {
    const { manager, events } = managerWith(FOREVER)
    for (let index = 0; index < 4; index += 1) manager.start(specs, null)
    expect((await failureOf(() => manager.start(specs, null))).code).toBe('refused')
    await manager.close()
    await expect
      .poll(() => events.map((each) => each.payload.status))
      .toEqual(['cancelled', 'cancelled', 'cancelled', 'cancelled'])
  })
})
