import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { OpenedProject } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import { checkProject, parseProject, serializeProject } from '../../shared/project/parse.ts'
import type { FileGrants } from './file-grants.ts'
import { errorCode, ioFailure } from './io-failure.ts'

/** A project holds settings only; a larger file is something else. */
export const MAX_PROJECT_BYTES = 16 * 1024 * 1024

export function fingerprint(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** Reads a file that a person named: an ordinary file of bounded size. */
export async function readProjectBytes(path: string): Promise<Buffer> {
  try {
    const info = await stat(path)
    if (!info.isFile()) {
      throw new FailureError({
        code: 'bad-project',
        place: path,
        message: 'is not an ordinary file',
        remedy: 'Open a .dmalab file.',
      })
    }
    if (info.size > MAX_PROJECT_BYTES) {
      throw new FailureError({
        code: 'bad-project',
        place: path,
        message: `is larger than ${MAX_PROJECT_BYTES / 1024 / 1024} MiB`,
        remedy: 'A project file holds settings only; open a .dmalab file.',
      })
    }
    return await readFile(path)
  } catch (error) {
    throw error instanceof FailureError ? error : ioFailure(error, path, 'cannot be read')
  }
}

/** Text of a project file; a byte order mark is dropped. */
export function decodeProjectText(bytes: Uint8Array, fileName: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new FailureError({
      code: 'bad-project',
      place: fileName,
      message: 'is not UTF-8 text',
      remedy: 'Open a .dmalab file, or save this one as UTF-8.',
    })
  }
}

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw ioFailure(error, path, 'cannot be replaced')
  }
}

/** Opens and saves the projects that were granted, and never replaces content that its user has not seen. */
export class ProjectFiles {
  readonly #grants: FileGrants
  /** Saves run one after another, so that a check and its write belong together. */
  #lastSave: Promise<unknown> = Promise.resolve()

  constructor(grants: FileGrants) {
    this.#grants = grants
  }

  /** @throws FailureError `refused`, `not-found`, `io-error`, or `bad-project` naming the file, the place and the remedy */
  async open(token: string): Promise<OpenedProject> {
    const grant = this.#grants.get(token)
    const fileName = basename(grant.path)
    const bytes = await readProjectBytes(grant.path)
    const project = parseProject(decodeProjectText(bytes, fileName), fileName)
    grant.seen = fingerprint(bytes)
    return { project, token, fileName }
  }

  /**
   * Saves a project in one step (a reader sees the old file or the new one) and keeps the previous content as `NAME.bak`.
   * @param overwrite false: refuse when the file holds anything else than what was last opened or saved under this token
   * @returns the file's name
   * @throws FailureError `refused`, `bad-project` or `io-error`; the file is then as it was
   */
  save(token: string, value: unknown, overwrite: boolean): Promise<string> {
    const saved = this.#lastSave.then(() => this.#save(token, value, overwrite))
    this.#lastSave = saved.catch(() => undefined)
    return saved
  }

  async #save(token: string, value: unknown, overwrite: boolean): Promise<string> {
    const grant = this.#grants.get(token)
    const fileName = basename(grant.path)
    const content = Buffer.from(serializeProject(checkProject(value, fileName)))
    const previous = await readIfThere(grant.path)
    if (previous !== null && !overwrite) this.#checkSeen(grant.seen, fingerprint(previous), fileName)
    try {
      if (previous !== null && !previous.equals(content)) await writeFileAtomic(`${grant.path}.bak`, previous)
      await writeFileAtomic(grant.path, content)
    } catch (error) {
      throw ioFailure(error, grant.path, 'cannot be saved')
    }
    grant.seen = fingerprint(content)
    return fileName
  }

  #checkSeen(seen: string | null, present: string, fileName: string): void {
    if (seen === present) return
    throw new FailureError({
      code: 'refused',
      place: fileName,
      message:
        seen === null ? 'exists already' : 'was changed by another program or window since it was opened',
      remedy:
        seen === null
          ? 'Replace it, or choose another name.'
          : 'Replace it, save under another name, or open it again.',
    })
  }
}
