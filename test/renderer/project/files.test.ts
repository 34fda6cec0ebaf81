import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { useProjectFiles } from '../../../src/renderer/project/files.ts'
import { newProject } from '../../../src/renderer/project/new-project.ts'
import { useDialogs } from '../../../src/renderer/stores/dialogs.ts'
import type { Dialog } from '../../../src/renderer/stores/dialogs.ts'
import { useProject } from '../../../src/renderer/stores/project.ts'
import { useUi } from '../../../src/renderer/stores/ui.ts'
import { failWith, fakeHost } from '../fake-bridge.ts'
import type { Replies } from '../fake-bridge.ts'
import { withStores } from '../with-stores.ts'

function lab(replies: Replies = {}) {
  const host = fakeHost({
    'files.pick': () => ({ kind: 'ask', folder: '/lab', entries: [{ name: 'old.dmalab', modifiedMs: 1 }] }),
    'files.choose': ({ name }) => ({ kind: 'picked', token: `token of ${name}`, fileName: name }),
    'project.save': ({ token }) => ({ token, fileName: 'saved.dmalab' }),
    'project.open': ({ token }) => ({
      project: { ...newProject(), title: token },
      token,
      fileName: 'opened.dmalab',
      notice: 'n',
    }),
    'examples.open': ({ id }) => ({ project: { ...newProject(), title: id }, token: null, fileName: null }),
    ...replies,
  })
  return withStores(host, () => ({
    host,
    files: useProjectFiles(),
    projects: useProject(),
    dialogs: useDialogs(),
    ui: useUi(),
  }))
}

async function dialogOf<K extends Dialog['kind']>(
  dialogs: ReturnType<typeof useDialogs>,
  kind: K,
): Promise<Extract<Dialog, { kind: K }>> {
  await flushPromises()
  const { current } = dialogs
  expect(current?.kind).toBe(kind)
  return current as Extract<Dialog, { kind: K }>
}

describe('save', () => {
  it('asks for a name the first time, and no more', async () => {
    const { host, files, projects, dialogs } = lab()
    await files.startNew()
    projects.project!.notes = 'changed'
    expect(projects.dirty).toBe(true)
    const saving = files.save()
    const dialog = await dialogOf(dialogs, 'file')
    expect(dialog).toMatchObject({ purpose: 'save', folder: '/lab', suggestedName: 'Untitled.dmalab' })
    dialog.answer('mine.dmalab')
    expect(await saving).toBe(true)
    expect(projects).toMatchObject({ dirty: false, fileName: 'saved.dmalab', token: 'token of mine.dmalab' })
    expect(await files.save()).toBe(true)
    expect(host.inputsOf('project.save')).toHaveLength(2)
    expect(host.inputsOf('project.save')[0]).toMatchObject({
      overwrite: false,
      project: { notes: 'changed' },
    })
  })

  it('replaces a file only after asking', async () => {
    const { host, files, dialogs } = lab({
      'project.save': ({ token, overwrite }) =>
        overwrite
          ? { token, fileName: 'f' }
          : failWith({ code: 'refused', message: 'exists', place: 'old.dmalab' })(),
    })
    await files.startNew()
    const refused = files.saveAs()
    ;(await dialogOf(dialogs, 'file')).answer('old.dmalab')
    const question = await dialogOf(dialogs, 'replace')
    expect(question.fileName).toBe('old.dmalab')
    question.answer(false)
    expect(await refused).toBe(false)
    expect(host.inputsOf('project.save')).toMatchObject([{ overwrite: false }])

    const accepted = files.saveAs()
    ;(await dialogOf(dialogs, 'file')).answer('old.dmalab')
    ;(await dialogOf(dialogs, 'replace')).answer(true)
    expect(await accepted).toBe(true)
    expect(host.inputsOf('project.save').at(-1)).toMatchObject({ overwrite: true })
  })

  it('stays dirty when writing fails, and says why', async () => {
    const { files, projects, dialogs } = lab({
      'project.save': failWith({ code: 'io-error', message: 'disk full' }),
    })
    await files.startNew()
    projects.project!.notes = 'changed'
    const saving = files.save()
    ;(await dialogOf(dialogs, 'file')).answer('x')
    const failure = await dialogOf(dialogs, 'failure')
    expect(failure).toMatchObject({ heading: 'The project was not saved', failure: { message: 'disk full' } })
    failure.answer(undefined)
    expect(await saving).toBe(false)
    expect(projects.dirty).toBe(true)
  })

  it('keeps edits that were made while it wrote unsaved', async () => {
    const { files, projects } = lab({
      'project.save': ({ token }) => {
        projects.project!.notes = 'later'
        return { token, fileName: 'f' }
      },
      'files.pick': () => ({ kind: 'picked', token: 't', fileName: 'f' }),
    })
    await files.startNew()
    await files.save()
    expect(projects.dirty).toBe(true)
  })
})

describe('open', () => {
  it('opens what was picked and shows its notice', async () => {
    const { files, projects, ui } = lab({
      'files.pick': () => ({ kind: 'picked', token: 't', fileName: 'f' }),
    })
    await files.open()
    expect(projects).toMatchObject({ fileName: 'opened.dmalab', token: 't', notice: 'n', dirty: false })
    expect(ui.view).toBe('lab')
  })

  it('leaves everything as it was when the dialog is cancelled', async () => {
    const { files, projects } = lab({ 'files.pick': () => ({ kind: 'cancelled' }) })
    await files.startNew()
    await files.open()
    expect(projects.project?.title).toBe('Untitled')
  })

  it('keeps the present project when the file is no project', async () => {
    const { files, projects, dialogs } = lab({
      'project.open': failWith({ code: 'bad-project', message: 'bad', place: 'f, line 3' }),
    })
    await files.startNew()
    void files.openRecent('t')
    expect((await dialogOf(dialogs, 'failure')).failure.place).toBe('f, line 3')
    expect(projects.project?.title).toBe('Untitled')
  })
})

describe('unsaved changes', () => {
  async function dirtyLab() {
    const parts = lab()
    await parts.files.startNew()
    parts.projects.project!.notes = 'changed'
    const leaving = parts.files.openExample('storm')
    return { ...parts, leaving, question: await dialogOf(parts.dialogs, 'unsaved') }
  }

  it('stays when the user cancels', async () => {
    const { projects, leaving, question } = await dirtyLab()
    question.answer('cancel')
    await leaving
    expect(projects.project?.notes).toBe('changed')
  })

  it('goes on when the user discards', async () => {
    const { projects, leaving, question, host } = await dirtyLab()
    question.answer('discard')
    await leaving
    expect(projects.project?.title).toBe('storm')
    expect(host.inputsOf('project.save')).toEqual([])
  })

  it('saves first when the user wants it', async () => {
    const { projects, leaving, question, host, dialogs } = await dirtyLab()
    question.answer('save')
    ;(await dialogOf(dialogs, 'file')).answer('mine')
    await leaving
    expect(host.inputsOf('project.save')).toMatchObject([{ project: { notes: 'changed' } }])
    expect(projects.project?.title).toBe('storm')
  })

  it('stays when saving is given up', async () => {
    const { projects, leaving, question, dialogs } = await dirtyLab()
    question.answer('save')
    ;(await dialogOf(dialogs, 'file')).answer(null)
    await leaving
    expect(projects.project?.notes).toBe('changed')
  })

  it('is not dirty once a change is undone by hand', async () => {
    const { files, projects } = lab()
    await files.startNew()
    projects.project!.seed = 2
    expect(projects.dirty).toBe(true)
    projects.project!.seed = 1
    expect(projects.dirty).toBe(false)
  })
})
