import type { NicProfile } from '../../sim/lab/nic-profile.ts'
import { parseJsonText } from '../json-text.ts'
import { schemaFailure } from '../schema-failure.ts'
import { NIC_FORMAT, NIC_VERSION, nicSchema } from './nic.ts'

/**
 * Checks the value of an adapter file and fills in defaults.
 * @param fileName named in errors
 * @throws FailureError `bad-project` naming the file, the field and the remedy
 */
export function checkNic(value: unknown, fileName: string): NicProfile {
  const parsed = nicSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const remedy = `An adapter file says "format": "${NIC_FORMAT}", "version": ${NIC_VERSION}; copy one of the lab's and change it.`
  throw schemaFailure(parsed.error, fileName, remedy)
}

/**
 * Reads an adapter file's text.
 * @throws FailureError `bad-project` naming the file, the place and the remedy
 */
export function parseNic(text: string, fileName: string): NicProfile {
  return checkNic(parseJsonText(text, fileName), fileName)
}
