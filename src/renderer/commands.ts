import { onScopeDispose } from 'vue'
import { useConnection } from './bridge/key.ts'
import { useProjectFiles } from './project/files.ts'
import { useDialogs } from './stores/dialogs.ts'
import { useProject } from './stores/project.ts'
import { useRunChoice } from './stores/run-choice.ts'
import { useRuns } from './stores/runs.ts'
import { useUi } from './stores/ui.ts'

/** Ids of everything that a menu or a key can do; the host's menu sends the same ids. */
export const COMMANDS = [
  'file.new',
  'file.open',
  'file.save',
  'file.saveAs',
  'run.start',
  'run.cancel',
  'view.theme',
] as const
export type CommandId = (typeof COMMANDS)[number]

/** The command of a key press, if it has one. Cmd counts as Ctrl. */
export function commandOfKey(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>,
): CommandId | null {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return null
  const key = event.key.toLowerCase()
  if (key === 's') return event.shiftKey ? 'file.saveAs' : 'file.save'
  if (event.shiftKey) return null
  if (key === 'o') return 'file.open'
  return key === 'enter' ? 'run.start' : null
}

/** What each command does, when it makes sense now. */
export function useCommands(): (id: CommandId) => void {
  const files = useProjectFiles()
  const projects = useProject()
  const runs = useRuns()
  const choice = useRunChoice()
  const ui = useUi()
  const actions: Record<CommandId, () => unknown> = {
    'file.new': () => files.startNew(),
    'file.open': () => files.open(),
    'file.save': () => projects.project !== null && files.save(),
    'file.saveAs': () => projects.project !== null && files.saveAs(),
    'run.start': () => choice.run(),
    'run.cancel': () => runs.cancel(),
    'view.theme': () => ui.nextTheme(),
  }
  return (id) => void actions[id]()
}

/** Connects keys, the host's menu and the closing of the window to the commands, as long as the caller's scope lives. */
export function useShortcuts(run: (id: CommandId) => void): void {
  const { bridge } = useConnection()
  const dialogs = useDialogs()
  const projects = useProject()

  const runUnlessAsking = (id: CommandId): void => {
    if (dialogs.current === undefined) run(id)
  }
  const onKey = (event: KeyboardEvent): void => {
    const id = commandOfKey(event)
    if (id === null) return
    event.preventDefault()
    runUnlessAsking(id)
  }
  const onClose = (event: BeforeUnloadEvent): void => {
    if (projects.dirty) event.preventDefault()
  }
  const unsubscribe = bridge.on('menu.command', ({ command }) => {
    const id = COMMANDS.find((each) => each === command)
    if (id !== undefined) runUnlessAsking(id)
  })
  window.addEventListener('keydown', onKey)
  window.addEventListener('beforeunload', onClose)
  onScopeDispose(() => {
    unsubscribe()
    window.removeEventListener('keydown', onKey)
    window.removeEventListener('beforeunload', onClose)
  })
}
