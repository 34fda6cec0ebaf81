import { z } from 'zod'
import type { Failure } from '../ipc/contract.ts'
import { FailureError } from '../ipc/failure.ts'
import { PROJECT_FORMAT, PROJECT_VERSION, projectSchema } from './schema.ts'
import type { Project } from './schema.ts'

const MAX_BYTES = 16 * 1024 * 1024

/** `machines[0].cpus` from a path of keys and indices. */
export function formatPlace(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  )
}

function fail(fileName: string, place: string, message: string, remedy: string): never {
  const failure: Failure = {
    code: 'bad-project',
    message,
    place: place === '' ? fileName : `${fileName}, ${place}`,
    remedy,
  }
  throw new FailureError(failure)
}

/** Offset that the engine names in its error; -1 for success or an error without a place. */
function namedOffset(text: string): number {
  try {
    JSON.parse(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    if (/end of JSON/.test(message)) return text.length
    const position = /position (\d+)/.exec(message)?.[1]
    return position === undefined ? -1 : Number(position)
  }
  return text.length
}

/**
 * Where JSON text stops making sense. V8 does not say for an unexpected token; then it is the end of the longest
 * beginning that could still go on, found by halving.
 */
function jsonErrorOffset(text: string): number {
  const named = namedOffset(text)
  if (named >= 0) return named
  let good = 0
  for (let bad = text.length; bad - good > 1;) {
    const middle = (good + bad) >> 1
    if (namedOffset(text.slice(0, middle)) === middle) good = middle
    else bad = middle
  }
  return good
}

/** Line and column, from 1. */
function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset)
  return `line ${before.split('\n').length}, column ${offset - before.lastIndexOf('\n')}`
}

function parseJson(text: string, fileName: string): unknown {
  if (text.length > MAX_BYTES) {
    fail(
      fileName,
      '',
      `is larger than ${MAX_BYTES / 1024 / 1024} MiB`,
      'A project file holds settings only; results stand beside it.',
    )
  }
  try {
    return JSON.parse(text) as unknown
  } catch {
    return fail(
      fileName,
      placeOf(text, jsonErrorOffset(text)),
      'is not complete, valid JSON',
      'The file may be cut short or edited by hand; restore it from a backup or mend the named place.',
    )
  }
}

function checkEnvelope(value: unknown, fileName: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fail(fileName, 'line 1', 'is not a project: a JSON object is expected', 'Open a .dmalab file.')
  }
  const { format, version } = value as { format?: unknown; version?: unknown }
  if (format !== PROJECT_FORMAT) {
    fail(
      fileName,
      'format',
      `is ${JSON.stringify(format) ?? 'missing'}; a project says "${PROJECT_FORMAT}"`,
      'Open a .dmalab file.',
    )
  }
  if (typeof version === 'number' && version > PROJECT_VERSION) {
    fail(
      fileName,
      'version',
      `is ${version}, newer than version ${PROJECT_VERSION}, which this program knows`,
      'Update DMA Lab, or save the project for the older version there.',
    )
  }
}

/** References by name must meet something, and names must be unambiguous. */
function checkNames(project: Project, fileName: string): void {
  for (const list of ['machines', 'workloads', 'scenarios'] as const) {
    const seen = new Set<string>()
    project[list].forEach((item, index) => {
      if (seen.has(item.name))
        fail(
          fileName,
          `${list}[${index}].name`,
          `"${item.name}" is used twice`,
          'Give each one a name of its own.',
        )
      seen.add(item.name)
    })
  }
  project.scenarios.forEach((scenario, index) => {
    for (const role of ['machine', 'workload'] as const) {
      const names = project[`${role}s`].map((item) => item.name)
      if (!names.includes(scenario[role])) {
        fail(
          fileName,
          `scenarios[${index}].${role}`,
          `names "${scenario[role]}", which does not exist`,
          `Use one of: ${names.join(', ')}.`,
        )
      }
    }
  })
}

/**
 * Checks a parsed project value and fills in defaults. Unknown fields are kept.
 * @param fileName named in errors
 * @throws FailureError `bad-project` naming the file, the place and the remedy
 */
export function checkProject(value: unknown, fileName: string): Project {
  checkEnvelope(value, fileName)
  const parsed = projectSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const more = parsed.error.issues.length > 1 ? ` (and ${parsed.error.issues.length - 1} more)` : ''
    return fail(
      fileName,
      formatPlace(issue?.path ?? []),
      `${issue?.message ?? 'is not valid'}${more}`,
      'Mend the named field; nothing was changed.',
    )
  }
  checkNames(parsed.data, fileName)
  return parsed.data
}

/**
 * Reads a project file's text.
 * @throws FailureError `bad-project` naming the file, the place and the remedy
 */
export function parseProject(text: string, fileName: string): Project {
  return checkProject(parseJson(text, fileName), fileName)
}

/** The text of a project file: readable JSON, one field a line, with a newline at the end. */
export function serializeProject(project: Project): string {
  return `${JSON.stringify(project, null, 2)}\n`
}

/** JSON Schema of the project file, for editors. */
export function projectJsonSchema(): unknown {
  return z.toJSONSchema(projectSchema, { io: 'input' })
}
