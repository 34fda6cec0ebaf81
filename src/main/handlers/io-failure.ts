import { FailureError } from '../../shared/ipc/failure.ts'

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'Check the permissions of the file and its folder.',
  EPERM: 'Check the permissions of the file and its folder.',
  EROFS: 'The folder is on a read-only file system; choose another one.',
  ENOSPC: 'The disk is full; free some space or choose another folder.',
  EDQUOT: 'Your disk quota is used up; free some space or choose another folder.',
  EISDIR: 'This is a folder; choose a file.',
  ENOTDIR: 'A part of the path is a file; choose another folder.',
  ENAMETOOLONG: 'Choose a shorter name.',
}

export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/**
 * A file system error as a failure that names the file.
 * @param doing `cannot be read`, `cannot be saved`
 */
export function ioFailure(error: unknown, path: string, doing: string): FailureError {
  const code = errorCode(error)
  if (code === 'ENOENT') {
    return new FailureError({
      code: 'not-found',
      place: path,
      message: `${doing}: it does not exist`,
      remedy: 'It may have been moved, renamed or deleted.',
    })
  }
  const why = code ?? (error instanceof Error ? error.message : String(error))
  return new FailureError({
    code: 'io-error',
    place: path,
    message: `${doing} (${why})`,
    remedy: REMEDIES[code ?? ''] ?? 'Try again, or choose another file.',
  })
}
