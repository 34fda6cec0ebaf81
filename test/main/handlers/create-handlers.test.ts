import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createHandlers } from '../../../src/main/handlers/create-handlers.ts'
import type { Host, HostPick } from '../../../src/main/handlers/host.ts'
import { createLabFiles } from '../../../src/main/handlers/lab-files.ts'
import { RunManager } from '../../../src/main/runs/run-manager.ts'
import { INPUTS } from '../../../src/shared/ipc/contract.ts'
import type { IoPath } from '../../../src/shared/lab.ts'
import { failureOf } from '../failure-of.ts'
import { smallProject } from '../small-project.ts'
import { tempFolder } from '../temp-folder.ts'

const folder = tempFolder()
let nextPick: HostPick = { kind: 'cancelled' }
const exported: string[] = []

const host: Host = {
  info: { name: 'DMA Lab', version: '1.2.3', host: 'electron' },
  pickFile: () => Promise.resolve(nextPick),
  choosePath: (name) => join(folder, name),
  offersRecent: (path) => !path.includes('hidden'),
  saveExport: (name) => {
    exported.push(name)
    return Promise.resolve({ kind: 'saved', fileName: name })
  },
}
const runs = new RunManager({
  resourcesDir: folder,
  workerFile: join(folder, 'none.js'),
  emit: () => undefined,
})
const handlers = createHandlers(
  host,
  createLabFiles({ resourcesDir: folder, userDataDir: join(folder, 'data') }),
  runs,
)

async function tokenFrom(pick: HostPick): Promise<string> {
  nextPick = pick
  const answer = await handlers['files.pick']({ purpose: 'save' })
  if (answer.kind !== 'picked') throw new Error('not picked')
  return answer.token
}

describe('handlers', () => {
  it('answer every call of the contract', () => {
    expect(Object.keys(handlers).sort()).toEqual(Object.keys(INPUTS).sort())
  })

  it('tell what the host is', async () => {
    expect(await handlers['app.info']({})).toEqual({ name: 'DMA Lab', version: '1.2.3', host: 'electron' })
  })

  it('pass on that a dialog was cancelled, or that the page must ask', async () => {
    nextPick = { kind: 'cancelled' }
    expect(await handlers['files.pick']({ purpose: 'open' })).toEqual({ kind: 'cancelled' })
    nextPick = { kind: 'ask', folder, entries: [] }
    expect(await handlers['files.pick']({ purpose: 'open' })).toEqual({ kind: 'ask', folder, entries: [] })
  })

  it('save without asking again what the native dialog has asked', async () => {
    const path = join(folder, 'asked.dmalab')
    writeFileSync(path, 'old')
    const token = await tokenFrom({ kind: 'picked', path, replaceAgreed: true })
    expect(
      await handlers['project.save']({ token, project: { ...smallProject() }, overwrite: false }),
    ).toEqual({ token, fileName: 'asked.dmalab' })
  })

  it('ask when the dialog has not asked', async () => {
    const path = join(folder, 'not-asked.dmalab')
    writeFileSync(path, 'old')
    const token = await tokenFrom({ kind: 'picked', path, replaceAgreed: false })
    const failure = await failureOf(() =>
      handlers['project.save']({ token, project: { ...smallProject() }, overwrite: false }),
    )
    expect(failure.code).toBe('refused')
  })

  it('offer what was saved as a recent file, if the host may', async () => {
    for (const name of ['hidden.dmalab', 'shown.dmalab']) {
      const token = await tokenFrom({ kind: 'picked', path: join(folder, name), replaceAgreed: false })
      await handlers['project.save']({ token, project: { ...smallProject(name) }, overwrite: false })
    }
    const recent = await handlers['recent.list']({})
    expect(recent.map((each) => each.fileName)).toEqual(['shown.dmalab', 'asked.dmalab'])
    expect((await handlers['project.open']({ token: recent[0]?.token ?? '' })).project.title).toBe(
      'shown.dmalab',
    )
  })

  it('hand an export to the host, but no path', async () => {
    const data = new Uint8Array([1])
    expect(await handlers['export.save']({ suggestedName: 'chart.png', data })).toEqual({
      kind: 'saved',
      fileName: 'chart.png',
    })
    expect(
      (await failureOf(() => handlers['export.save']({ suggestedName: '../chart.png', data }))).code,
    ).toBe('bad-request')
    expect(exported).toEqual(['chart.png'])
  })

  it('start no run of a project, scenario or file that they do not know', async () => {
    const start = (changed: object): Promise<unknown> =>
      handlers['run.start']({
        project: { ...smallProject() },
        token: null,
        seed: 1,
        runs: [{ scenario: 'base', path: 'mapped' }],
        ...changed,
      })
    expect((await failureOf(() => start({ project: {} }))).code).toBe('bad-project')
    expect(
      await failureOf(() =>
        start({
          runs: [
            { scenario: 'base', path: 'mapped' },
            { scenario: 'other', path: 'direct' },
          ],
        }),
      ),
    ).toMatchObject({
      code: 'bad-project',
      message: '"other" does not exist',
    })
    expect((await failureOf(() => start({ token: '/etc/passwd' }))).code).toBe('refused')
    expect(existsSync(join(folder, 'none.js'))).toBe(false)
  })

  it('say what keeps runs from starting, each thing once', async () => {
    const project = { ...smallProject() }
    const check = (cacheMiB: number, paths: readonly IoPath[]): Promise<unknown> =>
      handlers['run.check']({
        project: {
          ...project,
          machines: [{ ...project.machines[0], kernelBits: 32, memoryMiB: 1024, cacheMiB }],
        },
        runs: paths.map((path) => ({ scenario: 'base', path })),
      })
    expect(await check(4, ['mapped', 'direct'])).toEqual([])
    expect(await check(4, ['mapped', 'direct-map'])).toMatchObject([
      { code: 'bad-project', place: 'scenario "base", machine.kernelBits' },
    ])
    expect(await check(600, ['mapped', 'direct'])).toMatchObject([
      { place: 'scenario "base", machine.cacheMiB' },
    ])
    expect(
      await handlers['run.check']({ project, runs: [{ scenario: 'other', path: 'direct' }] }),
    ).toMatchObject([{ message: '"other" does not exist' }])
    expect((await failureOf(() => handlers['run.check']({ project: {}, runs: [] }))).code).toBe('bad-project')
  })

  it('cancel only what runs', async () => {
    expect(await handlers['run.cancel']({ batch: 'none' })).toEqual({ cancelled: false })
  })
})
