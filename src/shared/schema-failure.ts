import type { z } from 'zod'
import { FailureError } from './ipc/failure.ts'
import { formatPlace } from './json-text.ts'

/** What a user is told of a file that breaks its schema: the first problem, where it is, and how many more there are. */
export function schemaFailure(error: z.ZodError, fileName: string, remedy: string): FailureError {
  const issue = error.issues[0]
  const more = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : ''
  const place = formatPlace(issue?.path ?? [])
  return new FailureError({
    code: 'bad-project',
    place: place === '' ? fileName : `${fileName}, ${place}`,
    message: `${issue?.message ?? 'is not valid'}${more}`,
    remedy,
  })
}
