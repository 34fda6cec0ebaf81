import { z } from 'zod'
import type { Failure } from '../ipc/contract.ts'
import { FailureError } from '../ipc/failure.ts'
import { parseJsonText } from '../json-text.ts'
import { schemaFailure } from '../schema-failure.ts'
import { PROJECT_FORMAT, PROJECT_VERSION, projectSchema } from './schema.ts'
import type { Project } from './schema.ts'

const MAX_BYTES = 16 * 1024 * 1024

function fail(fileName: string, place: string, message: string, remedy: string): never {
  const failure: Failure = {
    code: 'bad-project',
    message,
    place: place === '' ? fileName : `${fileName}, ${place}`,
    remedy,
  }
  throw new FailureError(failure)
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
  return parseJsonText(text, fileName)
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
  if (!parsed.success)
    throw schemaFailure(parsed.error, fileName, 'Mend the named field; nothing was changed.')
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
