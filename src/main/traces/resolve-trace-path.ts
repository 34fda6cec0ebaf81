import { existsSync, readdirSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { FailureError } from '../../shared/ipc/failure.ts'
import { traceNotFound } from './trace-failure.ts'

const BUILTIN = 'builtin:'

function builtinPath(name: string, folder: string): string {
  const names = existsSync(folder) ? readdirSync(folder).filter((each) => each.endsWith('.gz')) : []
  if (names.includes(name)) return join(folder, name)
  throw new FailureError({
    code: 'not-found',
    place: 'workload.file',
    message: `the lab has no trace "${name}"`,
    remedy: `Use one of: ${names.map((each) => BUILTIN + each).join(', ')}.`,
  })
}

/**
 * The path of a trace workload's file.
 * @param file `builtin:NAME`, an absolute path, or a path relative to the project file
 * @param projectDir folder of the project file; null while the project is not saved
 * @param resourcesDir the lab's own resources; its traces lie in `traces`
 * @throws FailureError `not-found`, or `bad-project` for a relative path of a project that has no folder
 */
export function resolveTracePath(file: string, projectDir: string | null, resourcesDir: string): string {
  if (file.startsWith(BUILTIN)) return builtinPath(file.slice(BUILTIN.length), join(resourcesDir, 'traces'))
  if (!isAbsolute(file) && projectDir === null) {
    throw new FailureError({
      code: 'bad-project',
      place: 'workload.file',
      message: `"${file}" is relative to the project file, but the project is not saved yet`,
      remedy: 'Save the project first, or give the full path of the trace.',
    })
  }
  const path = resolve(projectDir ?? '', file)
  if (!existsSync(path)) throw traceNotFound(path)
  return path
}
