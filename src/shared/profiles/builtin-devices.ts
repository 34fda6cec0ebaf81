import type { DeviceProfile } from '../../sim/lab/device-profile.ts'
import { DEVICE_FILES } from './device-files.ts'
import { checkDevice } from './parse-device.ts'

/** The devices that ship with the lab, by name. */
export const BUILTIN_DEVICES: ReadonlyMap<string, DeviceProfile> = new Map(
  Object.entries(DEVICE_FILES).map(([name, content]) => [name, checkDevice(content, `${name}.json`)]),
)
