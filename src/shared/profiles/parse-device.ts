import type { DeviceProfile } from '../../sim/lab/device-profile.ts'
import { parseJsonText } from '../json-text.ts'
import { schemaFailure } from '../schema-failure.ts'
import { DEVICE_FORMAT, DEVICE_VERSION, deviceSchema } from './device.ts'

/**
 * Checks the value of a device file and fills in defaults.
 * @param fileName named in errors
 * @throws FailureError `bad-project` naming the file, the field and the remedy
 */
export function checkDevice(value: unknown, fileName: string): DeviceProfile {
  const parsed = deviceSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const remedy = `A device file says "format": "${DEVICE_FORMAT}", "version": ${DEVICE_VERSION}; copy one of the lab's and change it.`
  throw schemaFailure(parsed.error, fileName, remedy)
}

/**
 * Reads a device file's text.
 * @throws FailureError `bad-project` naming the file, the place and the remedy
 */
export function parseDevice(text: string, fileName: string): DeviceProfile {
  return checkDevice(parseJsonText(text, fileName), fileName)
}
