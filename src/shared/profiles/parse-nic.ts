import type { NicProfile } from '../../sim/lab/nic-profile.ts'
import { FailureError } from '../ipc/failure.ts'
import { formatPlace, parseJsonText } from '../json-text.ts'
import { NIC_FORMAT, NIC_VERSION, nicSchema } from './nic.ts'

/**
 * Checks the value of an adapter file and fills in defaults.
 * @param fileName named in errors
 * @throws FailureError `bad-project` naming the file, the field and the remedy
 */
export function checkNic(value: unknown, fileName: string): NicProfile {
  const parsed = nicSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const more = parsed.error.issues.length > 1 ? ` (and ${parsed.error.issues.length - 1} more)` : ''
  throw new FailureError({
    code: 'bad-project',
    place: `${fileName}, ${formatPlace(issue?.path ?? [])}`,
    message: `${issue?.message ?? 'is not valid'}${more}`,
    remedy: `An adapter file says "format": "${NIC_FORMAT}", "version": ${NIC_VERSION}; copy one of the lab's and change it.`,
  })
}

/**
 * Reads an adapter file's text.
 * @throws FailureError `bad-project` naming the file, the place and the remedy
 */
export function parseNic(text: string, fileName: string): NicProfile {
  return checkNic(parseJsonText(text, fileName), fileName)
}
