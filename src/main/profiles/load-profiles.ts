import { readFile } from 'node:fs/promises'
import { basename, isAbsolute, resolve } from 'node:path'
import { FailureError } from '../../shared/ipc/failure.ts'
import { BUILTIN_DEVICES } from '../../shared/profiles/builtin-devices.ts'
import { BUILTIN_DEVICE_NAMES } from '../../shared/profiles/device-files.ts'
import { parseDevice } from '../../shared/profiles/parse-device.ts'
import type { DeviceProfile } from '../../sim/lab/device-profile.ts'
import type { RunProfiles } from '../../sim/lab/run.ts'
import type { MachineConfig } from '../../sim/lab/scenario.ts'
import { errorCode, ioFailure } from '../handlers/io-failure.ts'

/**
 * The device that a machine names.
 * @param device name of one of the lab's devices, or a path of a device file, absolute or relative to the project file
 * @param projectDir folder of the project file; null while the project is not saved
 * @throws FailureError `not-found` or `bad-project`, naming what to do
 */
async function loadDevice(device: string, projectDir: string | null): Promise<DeviceProfile> {
  const builtin = BUILTIN_DEVICES.get(device)
  if (builtin !== undefined) return builtin
  const known = `Use one of: ${BUILTIN_DEVICE_NAMES.join(', ')}; or the path of a device file, which ends in .json.`
  if (!device.endsWith('.json')) {
    throw new FailureError({
      code: 'not-found',
      place: 'machine.device',
      message: `the lab has no device "${device}"`,
      remedy: known,
    })
  }
  if (!isAbsolute(device) && projectDir === null) {
    throw new FailureError({
      code: 'bad-project',
      place: 'machine.device',
      message: `"${device}" is relative to the project file, but the project is not saved yet`,
      remedy: 'Save the project first, or give the full path of the device file.',
    })
  }
  const path = resolve(projectDir ?? '', device)
  try {
    return parseDevice(await readFile(path, 'utf8'), basename(path))
  } catch (error) {
    if (error instanceof FailureError) throw error
    if (errorCode(error) === 'ENOENT') {
      throw new FailureError({
        code: 'not-found',
        place: path,
        message: 'the device file does not exist',
        remedy: `Mend machine.device. ${known}`,
      })
    }
    throw ioFailure(error, path, 'cannot be read')
  }
}

/**
 * Reads what a machine names and files describe.
 * @param projectDir folder of the project file; null while the project is not saved
 * @throws FailureError naming the file, the place and the remedy
 */
export async function loadProfiles(machine: MachineConfig, projectDir: string | null): Promise<RunProfiles> {
  return { device: await loadDevice(machine.device, projectDir) }
}
