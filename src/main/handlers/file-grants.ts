import { randomUUID } from 'node:crypto'
import { FailureError } from '../../shared/ipc/failure.ts'

/** A file that the user chose: where it is, and the content that the user has seen there. */
export interface FileGrant {
  readonly path: string
  /** Fingerprint of the content last opened, saved or agreed to be replaced; null before that. */
  seen: string | null
}

/**
 * The files that the page may touch. The page holds opaque tokens; a path that no dialog, folder listing or recent list
 * has granted cannot be named.
 */
export class FileGrants {
  readonly #grants = new Map<string, FileGrant>()

  /** Each choice gets a token of its own, so that two windows on one file notice each other's changes. */
  grant(path: string, seen: string | null = null): string {
    const token = randomUUID()
    this.#grants.set(token, { path, seen })
    return token
  }

  /** @throws FailureError `refused` for a token that was never granted */
  get(token: string): FileGrant {
    const grant = this.#grants.get(token)
    if (grant === undefined) {
      throw new FailureError({
        code: 'refused',
        message: 'This file was not chosen in this session',
        remedy: 'Choose it again with Open or Save as.',
      })
    }
    return grant
  }
}
