import { readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { FolderEntry } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import type { Host } from '../handlers/host.ts'
import { ioFailure } from '../handlers/io-failure.ts'

const EXTENSION = '.dmalab'
/** Names that Windows keeps for devices, whatever their extension. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/i

/**
 * A name that was typed in the page, as a file name in the served folder, with `.dmalab` added when it is missing.
 * @throws FailureError `bad-request` for anything that is not a plain file name
 */
export function projectFileName(name: string): string {
  const trimmed = name.trim()
  const stem = trimmed.endsWith(EXTENSION) ? trimmed.slice(0, -EXTENSION.length) : trimmed
  const printable = [...stem].every((character) => character >= ' ' && character !== '\u007f')
  if (
    stem === '' ||
    /[/\\:*?"<>|]/.test(stem) ||
    stem.includes('..') ||
    stem.startsWith('.') ||
    !printable ||
    RESERVED.test(stem)
  ) {
    throw new FailureError({
      code: 'bad-request',
      place: name,
      message: 'is not a file name',
      remedy: 'Use letters, digits, spaces, - and _; no slashes or "..".',
    })
  }
  return `${stem}${EXTENSION}`
}

async function describeEntry(folder: string, name: string): Promise<FolderEntry[]> {
  try {
    const info = await stat(join(folder, name))
    return info.isFile() ? [{ name, modifiedMs: info.mtimeMs }] : []
  } catch {
    return []
  }
}

async function listFolder(folder: string): Promise<FolderEntry[]> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith(EXTENSION)).sort()
    return (await Promise.all(names.map((name) => describeEntry(folder, name)))).flat()
  } catch (error) {
    throw ioFailure(error, folder, 'cannot be read')
  }
}

/** The browser host's side of the handlers: project files of one folder, and downloads. */
export function createFolderHost(options: { readonly folder: string; readonly version: string }): Host {
  const folder = resolve(options.folder)
  return {
    info: { name: 'DMA Lab', version: options.version, host: 'browser' },
    pickFile: async () => ({ kind: 'ask', folder, entries: await listFolder(folder) }),
    choosePath: (name) => join(folder, projectFileName(name)),
    offersRecent: (path) => dirname(path) === folder,
    saveExport: () => Promise.resolve({ kind: 'download' }),
  }
}
