import type { Input } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import { ask } from '../bridge/connection.ts'
import { useConnection } from '../bridge/key.ts'
import { fileNameOf } from '../results/csv.ts'
import { useDialogs } from '../stores/dialogs.ts'
import { useProject } from '../stores/project.ts'
import { useRuns } from '../stores/runs.ts'
import { useUi } from '../stores/ui.ts'

export interface ProjectFiles {
  startNew(): Promise<void>
  open(): Promise<void>
  openRecent(token: string): Promise<void>
  openExample(id: string): Promise<void>
  /** @returns whether the project is saved now */
  save(): Promise<boolean>
  saveAs(): Promise<boolean>
}

/** New, Open and Save with all the questions they ask. Failures are shown, and leave the project as it was. */
export function useProjectFiles(): ProjectFiles {
  const { bridge } = useConnection()
  const dialogs = useDialogs()
  const projects = useProject()
  const runs = useRuns()
  const ui = useUi()

  async function pick(
    purpose: Input<'files.pick'>['purpose'],
    suggestedName: string,
  ): Promise<string | null> {
    const answer = await ask(
      bridge,
      'files.pick',
      purpose === 'save' ? { purpose, suggestedName } : { purpose },
    )
    if (answer.kind === 'picked') return answer.token
    if (answer.kind === 'cancelled') return null
    const name = await dialogs.askFile({
      purpose,
      suggestedName,
      folder: answer.folder,
      entries: answer.entries,
    })
    if (name === null) return null
    const chosen = await ask(bridge, 'files.choose', { purpose, name })
    return chosen.kind === 'picked' ? chosen.token : null
  }

  async function write(token: string): Promise<boolean> {
    try {
      await projects.saveTo(token, false)
      return true
    } catch (error) {
      if (!(error instanceof FailureError) || error.failure.code !== 'refused') throw error
      if (!(await dialogs.askReplace(error.failure.place ?? 'The file'))) return false
      await projects.saveTo(token, true)
      return true
    }
  }

  async function attempt(heading: string, action: () => Promise<boolean>): Promise<boolean> {
    try {
      return await action()
    } catch (error) {
      await dialogs.showFailure(heading, error)
      return false
    }
  }

  const notSaved = 'The project was not saved'

  async function saveAs(): Promise<boolean> {
    return attempt(notSaved, async () => {
      const token = await pick('save', `${fileNameOf(projects.project?.title ?? '') || 'project'}.dmalab`)
      return token !== null && (await write(token))
    })
  }

  async function save(): Promise<boolean> {
    const { token } = projects
    return token === null ? saveAs() : attempt(notSaved, () => write(token))
  }

  async function mayLeave(): Promise<boolean> {
    if (!projects.dirty) return true
    const answer = await dialogs.askUnsaved(projects.project?.title ?? '')
    return answer === 'discard' || (answer === 'save' && (await save()))
  }

  async function replaceBy(load: () => Promise<void>): Promise<void> {
    await attempt('The project was not opened', async () => {
      await load()
      await runs.clear()
      ui.view = 'lab'
      ui.tab = 'machine'
      return true
    })
  }

  async function leaveFor(load: () => Promise<void>): Promise<void> {
    if (await mayLeave()) await replaceBy(load)
  }

  async function open(): Promise<void> {
    if (!(await mayLeave())) return
    await attempt('The project was not opened', async () => {
      const token = await pick('open', '')
      if (token !== null) await replaceBy(() => projects.openFile(token))
      return token !== null
    })
  }

  return {
    startNew: () => leaveFor(() => Promise.resolve(projects.startNew())),
    open,
    openRecent: (token) => leaveFor(() => projects.openFile(token)),
    openExample: (id) => leaveFor(() => projects.openExample(id)),
    save,
    saveAs,
  }
}
