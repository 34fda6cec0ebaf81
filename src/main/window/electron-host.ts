import { writeFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import type { App, BrowserWindow, Dialog, FileFilter } from 'electron'
import type { ExportAnswer } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import type { Host, HostPick } from '../handlers/host.ts'
import { ioFailure } from '../handlers/io-failure.ts'

const PROJECT_FILTERS: FileFilter[] = [{ name: 'DMA Lab project', extensions: ['dmalab'] }]

interface Parts {
  readonly app: Pick<App, 'getName' | 'getVersion' | 'getPath'>
  readonly dialog: Pick<Dialog, 'showOpenDialog' | 'showSaveDialog'>
  /** The window that dialogs belong to; null once it is closed. */
  readonly window: () => BrowserWindow | null
}

/** Some desktops' dialogs do not add the filter's extension. */
export function withExtension(path: string): string {
  return extname(path) === '' ? `${path}.dmalab` : path
}

async function openDialog({ dialog, window }: Parts): Promise<HostPick> {
  const options: Electron.OpenDialogOptions = { properties: ['openFile'], filters: PROJECT_FILTERS }
  const parent = window()
  const { canceled, filePaths } =
    parent === null ? await dialog.showOpenDialog(options) : await dialog.showOpenDialog(parent, options)
  const path = filePaths[0]
  return canceled || path === undefined
    ? { kind: 'cancelled' }
    : { kind: 'picked', path, replaceAgreed: false }
}

async function saveDialog(
  { app, dialog, window }: Parts,
  suggestedName: string,
  filters: FileFilter[],
): Promise<string | null> {
  const options: Electron.SaveDialogOptions = {
    defaultPath: join(app.getPath('documents'), basename(suggestedName)),
    filters,
    properties: ['createDirectory', 'showOverwriteConfirmation'],
  }
  const parent = window()
  const { canceled, filePath } =
    parent === null ? await dialog.showSaveDialog(options) : await dialog.showSaveDialog(parent, options)
  return canceled || filePath === '' ? null : filePath
}

async function saveProjectDialog(parts: Parts, suggestedName: string): Promise<HostPick> {
  const chosen = await saveDialog(parts, suggestedName, PROJECT_FILTERS)
  if (chosen === null) return { kind: 'cancelled' }
  const path = withExtension(chosen)
  // The dialog asked about the name that was typed, not about the one with the extension added.
  return { kind: 'picked', path, replaceAgreed: path === chosen }
}

async function saveExport(parts: Parts, suggestedName: string, data: Uint8Array): Promise<ExportAnswer> {
  const extension = extname(suggestedName).slice(1)
  const filters = extension === '' ? [] : [{ name: extension.toUpperCase(), extensions: [extension] }]
  const path = await saveDialog(parts, suggestedName, filters)
  if (path === null) return { kind: 'cancelled' }
  try {
    await writeFile(path, data)
  } catch (error) {
    throw ioFailure(error, path, 'cannot be saved')
  }
  return { kind: 'saved', fileName: basename(path) }
}

/** Electron's side of the handlers: native dialogs, and any file that the user chooses in them. */
export function createElectronHost(parts: Parts): Host {
  return {
    info: { name: 'DMA Lab', version: parts.app.getVersion(), host: 'electron' },
    pickFile: (purpose, suggestedName) =>
      purpose === 'open' ? openDialog(parts) : saveProjectDialog(parts, suggestedName ?? 'project.dmalab'),
    choosePath: () => {
      throw new FailureError({
        code: 'refused',
        message: 'Files are chosen in the native dialog here',
        remedy: 'Use Open or Save as.',
      })
    },
    offersRecent: () => true,
    saveExport: (suggestedName, data) => saveExport(parts, suggestedName, data),
  }
}
